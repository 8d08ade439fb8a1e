import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Noise for a model, and the work of a stream that reads it: a step at a time, or whole sequences.
struct NoiseWork {
  /// Steps of a run: of one call.
  let steps: Int
  private let isWhole: Bool
  /// Rows of which each step reads one, or each sequence all.
  private let rows: Int
  private let features: [Float]
  private let ids: [Int32]
  private let inputSize: Int
  private let readsTokens: Bool
  private var output: [Float]

  /// - Parameter sequence: steps of each sequence; nil for steps one by one.
  init(_ model: borrowing Model, sequence: Int? = nil) {
    steps = sequence ?? 1
    isWhole = sequence != nil
    rows = sequence ?? 64
    inputSize = model.inputSize
    readsTokens = model.readsTokens
    var random = SplitMix64(state: 1)
    features = (0..<(readsTokens ? 0 : rows * inputSize)).map { _ in
      Float(random.next() >> 40) * 0x1p-23 - 1
    }
    let idCount = UInt64(inputSize)
    ids = (0..<rows).map { _ in Int32(random.next() % idCount) }
    let written = model.output == .last ? 1 : steps
    output = Array(repeating: 0, count: written * model.outputSize)
  }

  /// The call number `index`, from the state that the one before left.
  mutating func run(_ index: Int, _ stream: inout ModelStream) {
    if isWhole {
      Self.process(features, ids, readsTokens, &stream, &output)
    } else {
      Self.step(features, ids, readsTokens, inputSize, index & (rows - 1), &stream, &output)
    }
  }

  // What is read and what is written are two arguments: a span of one part of a value holds all of it.

  private static func process(
    _ features: [Float], _ ids: [Int32], _ readsTokens: Bool, _ stream: inout ModelStream,
    _ output: inout [Float]
  ) {
    var y = output.mutableSpan
    if readsTokens {
      stream.process(tokens: ids.span, into: &y)
    } else {
      stream.process(features.span, into: &y)
    }
  }

  private static func step(
    _ features: [Float], _ ids: [Int32], _ readsTokens: Bool, _ inputSize: Int, _ row: Int,
    _ stream: inout ModelStream, _ output: inout [Float]
  ) {
    var y = output.mutableSpan
    if readsTokens {
      stream.step(token: Int(ids[row]), into: &y)
    } else {
      let x = features.span.extracting(row * inputSize..<(row + 1) * inputSize)
      stream.step(x, into: &y)
    }
  }
}
