import Sluice
import SluiceNetwork

/// Everything that one run found.
struct Report {
  let machine: Machine
  let options: Options
  var results: [RowResult] = []

  /// The machine, in lines of text.
  var head: [String] {
    [
      "\(Machine.cpu), core \(machine.core.map { "\($0)" } ?? "not pinned"), "
        + "clock \(machine.clock.fixed(3)) GHz, \(machine.instructionSet.rawValue), "
        + "peak \(machine.peak.fixed(0)) GFLOP/s f32, \(machine.huge ? "huge" : "plain") pages",
      "Targets of steps from 64 units on are ratios to the limit, the time in which this core reads the weights; "
        + "others are cycles of a Zen 5 at \(Row.referenceClock) GHz, scaled by the clock measured beside each row, "
        + "and none on another family. Rows begin with the control word 1f80; the word column is what others of "
        + "1fa0, 1fbf and 9fc0 cost at most. Single calls are timed in steps of "
        + "\(machine.timer.step.fixed(1)) ns.",
    ]
  }

  /// One table a series that was measured.
  var tables: [Table] {
    var order: [String] = []
    for result in results where !order.contains(result.table) { order.append(result.table) }
    return order.compactMap { title in
      let members = results.filter { $0.table == title && $0.measurement != nil }
      guard let unit = members.first?.row.unit else { return nil }
      return Table(
        title: title,
        note: "ns \(unit == "element" ? "an" : "a") \(unit): in rows of calls (min, median), "
          + "and of calls timed one by one",
        heading: [
          "size", "verdict", "limit", "peer", "target", "min", "median", "cycles", "of limit",
          "word",
          "1: min", "1: median", "p99", "p99.9", "max",
        ], rows: members.compactMap { Report.cells($0) })
    }
  }

  private static func cells(_ result: RowResult) -> [String]? {
    guard let measurement = result.measurement else { return nil }
    let (rows, singles) = (measurement.rows, measurement.singles)
    return [
      result.row.size, result.mark, measurement.limit.short, result.peer.short, result.target.short,
      rows.min.short, rows.median.short, (rows.median * measurement.clock).short,
      measurement.limit.map { (rows.median / $0).fixed(2) } ?? "-", measurement.wordSpread.short,
      singles.min.short, singles.median.short, singles.quantile(0.99).short,
      singles.quantile(0.999).short, singles.max.short,
    ]
  }

  /// Read bandwidth at each working set.
  var bandwidths: Table {
    var seen: Set<Int> = []
    var rows: [[String]] = []
    let measured = results.compactMap(\.measurement).filter { $0.workingSet > 0 }
    for measurement in measured.sorted(by: { $0.workingSet < $1.workingSet })
    where seen.insert(measurement.workingSet).inserted {
      rows.append([
        "\((Double(measurement.workingSet) / 1024).fixed(1)) KiB",
        "", (measurement.bandwidth?.forwards).short, (measurement.bandwidth?.alternating).short,
      ])
    }
    return Table(
      title: "Reading, GB/s", note: "at exactly the bytes of a layer, the best of many passes",
      heading: ["bytes", "", "one way", "alternating"], rows: rows)
  }

  /// What was asked for and is not there, a line each.
  var absences: [String] {
    var lines: [String] = []
    for result in results {
      guard let reason = result.absence else { continue }
      let line = "absent: \(result.table): \(reason)"
      if !lines.contains(line) { lines.append(line) }
    }
    return lines
  }

  /// How many rows ended how.
  var summary: String {
    func count(_ verdict: RowResult.Verdict) -> Int {
      results.filter { $0.verdict == verdict }.count
    }
    return "\(count(.pass)) pass, \(count(.miss)) miss, \(count(.untargeted)) without a target, "
      + "\(count(.absent)) absent"
  }

  /// All of it as text.
  var text: String {
    (head + [""] + tables.map(\.text) + [bandwidths.text] + absences + [summary])
      .joined(separator: "\n")
  }

  /// All of it as JSON.
  var json: String {
    JSON.object([
      ("schema", .integer(1)),
      ("machine", .object(machine.facts.map { ($0.name, $0.value) })),
      ("reference_clock_ghz", .double(Row.referenceClock)), ("quick", .bool(options.isQuick)),
      ("seed", .integer(Int(options.seed))), ("rows", .array(results.map(\.json))),
    ]).text
  }
}
