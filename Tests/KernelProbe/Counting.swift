import Sluice
import SluiceBlob
import TestSupport

/// Fixed kernels, run so that callgrind can count each one's instructions.
///
/// Prints one name a line, in the order in which `measured...` functions are left: callgrind counts
/// within these alone and writes a profile whenever one returns.
enum Counting {
  /// Steps within one `measured...` function.
  static let steps = 16

  static func run() throws {
    for (cell, inputs, hidden) in [
      (Cell.lstm, 1, 8), (.lstm, 1, 20), (.lstm, 8, 32), (.lstm, 64, 64), (.lstm, 128, 128),
      (.gruResetAfter, 8, 32), (.gruResetAfter, 64, 64), (.gruResetBefore, 64, 64),
      (.rnnTanh, 64, 64),
    ] {
      let network = TestNetwork.recurrent(
        cell, inputSize: inputs, hiddenSize: hidden, seed: UInt64(hidden))
      try count("\(cell.rawValue)/\(inputs)x\(hidden)", network)
    }
    for (cell, inputs, hidden, type) in [
      (Cell.lstm, 1, 8, StorageType.int8), (.lstm, 8, 32, .int8), (.lstm, 64, 64, .int8),
      (.gruResetAfter, 64, 64, .int8), (.gruResetBefore, 64, 64, .int8),
      (.rnnTanh, 64, 64, .int8), (.lstm, 64, 64, .int4), (.lstm, 64, 64, .bf16),
      (.lstm, 64, 64, .f16),
    ] {
      let network = TestNetwork.recurrent(
        cell, inputSize: inputs, hiddenSize: hidden, seed: UInt64(hidden))
      try count("\(cell.rawValue)/\(inputs)x\(hidden)/\(type)", network.stored(as: type))
    }
    var random = SeededRandom(seed: 3)
    try count("dense/64x64", TestNetwork([.dense(64, from: 64, .relu, &random)]))
    try count("softmax/64", TestNetwork([.activation(.softmax, size: 64)]))
    try count("mixed", .mixed(seed: 4, readingTokens: false))
  }

  private static func count(_ name: String, _ network: TestNetwork) throws {
    let opened = try OpenedNetwork(network, .avx2)
    var random = SeededRandom(seed: 8)
    let input = random.floats(steps * network.inputSize)
    var output = [Float](repeating: 0, count: steps * network.outputSize)
    var stream = try opened.stream()
    var batch = try StreamBatch(opened.model, count: steps)
    var y = output.mutableSpan
    // Once outside, so that no symbol is left to be bound.
    stream.process(input.span, into: &y)
    print("\(name)/step")
    var row = [Float](repeating: 0, count: network.outputSize)
    var last = row.mutableSpan
    measuredSteps(&stream, input.span, inputs: network.inputSize, &last)
    print("\(name)/block")
    measuredBlock(&stream, input.span, &y)
    print("\(name)/batch")
    measuredBatch(&batch, input.span, &y)
  }

  @inline(never)
  private static func measuredSteps(
    _ stream: inout ModelStream, _ input: Span<Float>, inputs: Int,
    _ output: inout MutableSpan<Float>
  ) {
    for step in 0..<steps {
      stream.step(input.extracting(step * inputs..<(step + 1) * inputs), into: &output)
    }
  }

  @inline(never)
  private static func measuredBlock(
    _ stream: inout ModelStream, _ input: Span<Float>, _ output: inout MutableSpan<Float>
  ) {
    stream.process(input, into: &output)
  }

  @inline(never)
  private static func measuredBatch(
    _ batch: inout StreamBatch, _ input: Span<Float>, _ output: inout MutableSpan<Float>
  ) {
    batch.step(input, into: &output)
  }
}
