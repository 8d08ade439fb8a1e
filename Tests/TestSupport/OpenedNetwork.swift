import Sluice
import SluiceBlob

/// A network's model together with the memory that it borrows.
///
/// Nobody writes the memory: threads may share it.
public final class OpenedNetwork: @unchecked Sendable {
  /// What was opened.
  public let network: TestNetwork
  /// Its model.
  public let model: Model
  private let bytes: AlignedBytes

  /// Packs and opens a network for one instruction set.
  public init(_ network: TestNetwork, _ set: InstructionSet) throws {
    self.network = network
    bytes = try network.blob()
    model = unsafe try Model(
      bytes: bytes.raw, options: .init(checkingHash: false, instructionSet: set))
  }

  /// A stream at the initial state.
  public func stream(blockSize: Int = 32) throws -> ModelStream {
    try ModelStream(model, blockSize: blockSize)
  }

  /// Every step's output, one call of `step` each.
  public func stepped(_ input: [Float]) throws -> [Float] {
    var stream = try stream()
    return stream.stepped(input, network)
  }

  /// Every step's output, through `process` in chunks of at most `chunk` steps.
  public func processed(_ input: [Float], chunk: Int, blockSize: Int = 32) throws -> [Float] {
    var stream = try stream(blockSize: blockSize)
    return stream.processed(input, chunk: chunk, network)
  }
}

extension ModelStream {
  /// Every step's output, one call of `step` each.
  public mutating func stepped(_ input: [Float], _ network: TestNetwork) -> [Float] {
    let size = network.inputSize
    var outputs: [Float] = []
    outputs.reserveCapacity(input.count / size * network.outputSize)
    var y = [Float](repeating: 0, count: network.outputSize)
    for start in stride(from: 0, to: input.count, by: size) {
      step(Array(input[start..<start + size]), into: &y)
      outputs += y
    }
    return outputs
  }

  /// Every step's output, through `process` in chunks of at most `chunk` steps.
  public mutating func processed(_ input: [Float], chunk: Int, _ network: TestNetwork) -> [Float] {
    let size = network.inputSize
    var outputs: [Float] = []
    for start in stride(from: 0, to: input.count, by: chunk * size) {
      let part = Array(input[start..<min(start + chunk * size, input.count)])
      let rows = network.output == .last ? 1 : part.count / size
      var y = [Float](repeating: 0, count: rows * network.outputSize)
      process(part, into: &y)
      outputs += y
    }
    return outputs
  }
}

extension InstructionSet {
  /// Those that must give the same bits: all with a fused multiply-add.
  public static var runnableFused: [InstructionSet] { runnable.filter { $0 != .baseline } }
}
