import Foundation
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

  /// - Parameter folder: where blobs and inputs go too, numbered from 0, beside a list of their names.
  static func run(writingTo folder: String? = nil) throws {
    var written: [String] = []
    func count(_ name: String, _ contents: BlobContents) throws {
      let bytes = try contents.bytes()
      let input = try measure(name, bytes)
      guard let folder else { return }
      let path = "\(folder)/\(written.count)"
      try Data(bytes).write(to: URL(fileURLWithPath: path + ".sluice"))
      let values = unsafe input.withUnsafeBytes { unsafe Data($0) }
      try values.write(to: URL(fileURLWithPath: path + ".f32"))
      written.append(name)
    }
    func count(_ name: String, _ network: TestNetwork) throws {
      try count(name, network.contents())
    }
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
    for (cell, type) in [
      (Cell.lstm, StorageType.int8), (.gruResetAfter, .int8), (.rnnTanh, .int8), (.lstm, .f32),
    ] {
      let network = TestNetwork.recurrent(cell, inputSize: 64, hiddenSize: 64, seed: 64)
      try count(
        "\(cell.rawValue)/64x64/\(type)/quarter",
        network.stored(as: type).pruned(keeping: 0.25))
    }
    var random = SeededRandom(seed: 3)
    try count("dense/64x64", TestNetwork([.dense(64, from: 64, .relu, &random)]))
    try count("softmax/64", TestNetwork([.activation(.softmax, size: 64)]))
    try count("mixed", .mixed(seed: 4, readingTokens: false))
    // As a model of 33 bands has them.
    for (name, record) in [
      (
        "along/33x8x4",
        LayerRecord.gru(inputSize: 8, hiddenSize: 4, variant: .resetAfter).over(33, .along)
      ),
      ("each/33x8x8", .gru(inputSize: 8, hiddenSize: 8, variant: .resetAfter).over(33, .each)),
      (
        "depthwise/99x16",
        .convolution(
          length: 99, inputChannels: 16, outputChannels: 16, kernelSize: 9, stride: 3, dilation: 1,
          before: 3, after: 3, padding: .zeros, activation: .identity, groups: 16)
      ),
      ("delay/528", .delay(size: 528, count: 5)),
      ("gather/528", .gather(inputSize: 528, outputSize: 528)),
    ] {
      try count(name, SampleBlobs.contents(of: [record], &random))
    }
    if let folder {
      let names = written.joined(separator: "\n") + "\n"
      try Data(names.utf8).write(to: URL(fileURLWithPath: folder + "/names"))
    }
  }

  /// Measures each way, and returns the inputs.
  private static func measure(_ name: String, _ blob: [UInt8]) throws -> [Float] {
    let bytes = AlignedBytes(blob)
    defer { withExtendedLifetime(bytes) {} }
    let model = unsafe try Model(
      bytes: bytes.raw, options: .init(checkingHash: false, instructionSet: .avx2))
    let (inputSize, outputSize) = (model.inputSize, model.outputSize)
    var random = SeededRandom(seed: 8)
    let input = random.floats(steps * inputSize)
    var output = [Float](repeating: 0, count: steps * outputSize)
    var stream = try ModelStream(model)
    var batch = try StreamBatch(model, count: steps)
    var y = output.mutableSpan
    // Once outside, so that no symbol is left to be bound.
    stream.process(input.span, into: &y)
    print("\(name)/step")
    var row = [Float](repeating: 0, count: outputSize)
    var last = row.mutableSpan
    measuredSteps(&stream, input.span, inputs: inputSize, &last)
    print("\(name)/block")
    measuredBlock(&stream, input.span, &y)
    print("\(name)/batch")
    measuredBatch(&batch, input.span, &y)
    return input
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
