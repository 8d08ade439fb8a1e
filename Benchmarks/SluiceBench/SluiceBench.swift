import Glibc
import Sluice

/// Microbenchmarks with the machine's limits measured in the same run.
@main struct SluiceBench {
  static func main() {
    do {
      exit(try run(Options(CommandLine.arguments.dropFirst())))
    } catch {
      print("SluiceBench: \(error)", to: .error)
      exit(2)
    }
  }

  /// Runs what was asked for; returns the exit status.
  private static func run(_ options: Options) throws -> Int32 {
    if options.isHelp {
      print(Options.usage)
      return 0
    }
    let series = Targets.all
    let chosen = series.flatMap { one in one.rows.map { (one.table, $0) } }
      .filter { matches($0.1, options) }
    if chosen.isEmpty {
      throw Absence(description: "--filter: no row's name matches; --list prints all names")
    }
    if options.isList {
      for (_, row) in chosen { print(row.id) }
      return 0
    }
    if let folder = options.blobs {
      for (_, row) in chosen { try save(row.blob(seed: options.seed), "\(folder)/\(row.blobName)") }
      return 0
    }
    let machine = try Machine(options)
    var report = Report(machine: machine, options: options)
    for (index, (table, row)) in chosen.enumerated() {
      if isatty(2) != 0 { print("\r\(index + 1)/\(chosen.count) \(row.id)   ", to: .error, "") }
      report.results.append(result(of: row, in: table, machine, options))
    }
    if isatty(2) != 0 { print("\r", to: .error, "") }
    try report.write()
    return options.isCheck && report.results.contains { $0.verdict == .miss } ? 1 : 0
  }

  private static func matches(_ row: Row, _ options: Options) -> Bool {
    guard let filter = options.filter else { return true }
    return (try? filter.firstMatch(in: row.id)) != nil
  }

  private static func result(
    of row: Row, in table: String, _ machine: Machine, _ options: Options
  ) -> RowResult {
    var (measurement, absence): (Measurement?, String?)
    do {
      measurement = try machine.measure(
        row, options.isQuick ? .quick : .full, seed: options.seed)
    } catch {
      absence = "\(error)"
    }
    return RowResult(
      table: table, row: row, measurement: measurement, absence: absence,
      instructionSet: machine.instructionSet, family: Machine.family)
  }
}
