import Sluice
import SluiceNetwork

/// What a step of a model takes on this machine, beside the same model with all weights as f32.
struct StepRatio {
  /// Steps of a sequence where the model reads backwards.
  private static let sequence = 64
  /// Nanoseconds that each model is measured for, but for a few calls at least.
  private static let budget: UInt64 = 30_000_000
  private static let fewest = 5

  let instructionSet: InstructionSet
  /// Nanoseconds of a step, and of the step with f32 weights; medians of calls that took turns.
  let nanoseconds: Double
  let nanosecondsOfF32: Double

  var ratio: Double { nanoseconds / nanosecondsOfF32 }

  /// Runs both by turns, so that a change of the machine's clock is no difference of theirs.
  init(_ model: borrowing Model, _ f32: borrowing Model) throws(ModelError) {
    instructionSet = model.instructionSet
    let sequence = model.isStreamable ? nil : Self.sequence
    var first = try ModelStream(model, blockSize: sequence)
    var second = try ModelStream(f32, blockSize: sequence)
    var work = NoiseWork(model, sequence: sequence)
    var times: (first: [Double], second: [Double]) = ([], [])
    // Calls between two looks at the clock: a tenth of a millisecond of them.
    let calls = max(1, Int(100_000 / Self.nanoseconds(of: 4, &first, &work)))
    let start = Clock.nanoseconds
    while times.first.count < Self.fewest || Clock.nanoseconds - start < 2 * Self.budget {
      times.first.append(Self.nanoseconds(of: calls, &first, &work))
      times.second.append(Self.nanoseconds(of: calls, &second, &work))
    }
    nanoseconds = Self.median(times.first) / Double(work.steps)
    nanosecondsOfF32 = Self.median(times.second) / Double(work.steps)
  }

  /// Nanoseconds of a call.
  private static func nanoseconds(
    of calls: Int, _ stream: inout ModelStream, _ work: inout NoiseWork
  ) -> Double {
    let start = Clock.nanoseconds
    for call in 0..<calls { work.run(call, &stream) }
    return Double(max(Clock.nanoseconds - start, 1)) / Double(calls)
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// For people, of a model whose weights are `name`.
  func text(of name: String) -> String {
    "a step with \(name) weights takes \(nanoseconds.fixed(0)) ns here, with f32 weights "
      + "\(nanosecondsOfF32.fixed(0)) ns: \(ratio.fixed(2)) of it (\(instructionSet))"
  }

  var json: JSON {
    .object([
      ("instructionSet", .string(instructionSet.rawValue)), ("nanoseconds", .double(nanoseconds)),
      ("f32Nanoseconds", .double(nanosecondsOfF32)), ("ratio", .double(ratio)),
    ])
  }
}
