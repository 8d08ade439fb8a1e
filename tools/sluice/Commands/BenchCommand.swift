import Sluice
import SluiceBlob
import SluiceNetwork

/// `sluice bench`: what a step takes.
enum BenchCommand {
  private static let seconds = Syntax.Option(
    "--seconds", value: "S", help: "about how long to measure (1)")
  private static let steps = Syntax.Option(
    "--steps", value: "T",
    help: "whole sequences of T steps, as many in a call; 1,000 where the model reads backwards")
  private static let mostSteps = 100_000

  static let syntax = Syntax(
    name: "bench", summary: "Measures the latency of a step, or of sequences.",
    operands: "FILE.sluice",
    operandCount: 1...1, options: [seconds, steps, .json, .silent],
    details: """
      Each step starts from the state that the one before left, on the core that the tool runs on. The
      limit is the time in which this machine reads the weights once, measured in the same run; sequences
      have none, as a block of their steps reads most weights once. A model that reads backwards has no
      steps, but sequences.
      """,
    example: "SLUICE_ISA=avx2 sluice bench model.sluice")

  /// What was measured, in nanoseconds unless it says otherwise.
  private struct Report {
    let times: StepTimes
    /// Steps of each sequence; nil of steps one by one.
    let sequence: Int?
    let instructionSet: InstructionSet
    let core: Int?
    let clockCost: Double
    let weightBytes: Int
    /// Cycles in a nanosecond.
    let clock: Double?
    /// Bytes a nanosecond.
    let bandwidth: Double?

    static let quantiles = [
      ("min", 0), ("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1),
    ]
    var limit: Double? { sequence == nil ? bandwidth.map { Double(weightBytes) / $0 } : nil }
    /// The limit's share of a step in a row: 1 is the fastest that reading the weights allows.
    var share: Double? { limit.map { $0 / times.inARow } }
    var cycles: Double? { clock.map { $0 * times.inARow } }
  }

  static func run(_ arguments: Arguments) throws(ToolError) {
    let path = arguments.operands[0]
    let seconds = try arguments.positive(seconds) ?? 1
    guard seconds <= 3600 else { throw arguments.usage("'--seconds' goes up to 3600") }
    let steps = try arguments.positiveCount(steps, upTo: mostSteps)
    let model = try openModel(path)
    let sequence = steps ?? (model.isStreamable ? nil : 1000)
    var stream = try openStream(model, path, sequence: sequence)
    // Said before and not during it: the measurement has the core to itself.
    let notice = Notice(
      "measuring for about \(seconds.fixed(0)) s", shown: seconds > 1 && !arguments.isQuiet)
    let report = measure(model, &stream, sequence, budget: UInt64(seconds * 1e9))
    notice.finish()
    if arguments.isForPrograms {
      Console.print(json(report, path))
    } else {
      Console.print(table(report, path))
    }
  }

  private static func measure(
    _ model: borrowing Model, _ stream: inout ModelStream, _ sequence: Int?, budget: UInt64
  ) -> Report {
    let core = Machine.pin()
    // An embedding reads one row of its table at a step, not the table.
    let bytes = (0..<model.blob.layerCount).reduce(0) { sum, index in
      let record = model.blob.record(at: index)
      let isTable = record.kind == .embedding
      return sum + (isTable ? 4 * record.outputSize : Int(record.weights.length))
    }
    let work = NoiseWork(model, sequence: sequence)
    let times = StepTimes(&stream, of: work, budget: budget)
    return Report(
      times: times, sequence: sequence, instructionSet: model.instructionSet, core: core,
      clockCost: Machine.clockCost(), weightBytes: bytes, clock: Machine.cyclesPerNanosecond(),
      bandwidth: Machine.readBandwidth(byteCount: bytes, model.instructionSet))
  }

  private static func table(_ report: Report, _ path: String) -> String {
    let times = Report.quantiles.map { name, share in
      [name, report.times.quantile(share).grouped]
    }
    var rows = [["in a row", "\(report.times.inARow.fixed(1)) ns a step, without the clock"]]
    if let cycles = report.cycles, let clock = report.clock {
      rows.append(["cycles", "\(cycles.fixed(0)) at \(clock.fixed(2)) GHz"])
    }
    if let limit = report.limit, let share = report.share, let bandwidth = report.bandwidth {
      let read = "\(report.weightBytes.grouped) bytes of weights at \(bandwidth.fixed(1)) GB/s"
      rows.append(["limit", "\(limit.fixed(1)) ns: \(read)"])
      rows.append(["share", "\((100 * share).fixed(1)) % of the limit's speed"])
    }
    return """
      \(path.printable), \(report.instructionSet), \
      \(report.core.map { "on core \($0)" } ?? "not pinned"): \
      \(report.times.count.grouped) \(report.sequence.map { "sequences of \($0.grouped) steps" } ?? "steps"), \
      ns each, with \(report.clockCost.fixed(0)) ns of the clock

      \(Table(rows: times, numbers: [1]).text)

      \(Table(rows: rows).text)
      """
  }

  private static func json(_ report: Report, _ path: String) -> JSON {
    let quantiles = Report.quantiles.map { name, share in
      (name: name, value: JSON.integer(Int(report.times.quantile(share))))
    }
    return .object([
      ("file", .path(path)), ("instructionSet", .string(report.instructionSet.rawValue)),
      ("core", report.core.map { .integer($0) } ?? .null),
      (report.sequence == nil ? "steps" : "sequences", .integer(report.times.count)),
      ("stepsOfSequence", report.sequence.map { .integer($0) } ?? .null),
      ("nanoseconds", .object(quantiles + [("inARow", .double(report.times.inARow))])),
      ("clockNanoseconds", .double(report.clockCost)), ("cycles", JSON.optional(report.cycles)),
      ("gigahertz", JSON.optional(report.clock)), ("weightBytes", .integer(report.weightBytes)),
      ("gigabytesPerSecond", JSON.optional(report.bandwidth)),
      ("limitNanoseconds", JSON.optional(report.limit)),
      ("shareOfLimit", JSON.optional(report.share)),
    ])
  }
}
