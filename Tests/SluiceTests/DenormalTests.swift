import Sluice
import TestSupport
import Testing

/// A result below 2^-126 is zero, so that no state stays denormal, and slow.
@Suite struct DenormalTests {
  static let sizes = [1, 8, 17, 40]

  /// The outputs of `input` and the state after it, without biases: silence in, silence out.
  private func outputs(
    _ cell: Cell, _ size: Int, _ input: [Float], _ set: InstructionSet
  ) throws -> (stepped: [Float], blocks: [Float], batch: [Float]) {
    var random = SeededRandom(seed: UInt64(size))
    var tensors = RecurrentTensors(cell, inputSize: size, hiddenSize: size, &random)
    tensors.biasInput = tensors.biasInput.map { _ in 0 }
    tensors.biasHidden = tensors.biasInput
    let opened = try OpenedNetwork(TestNetwork([.recurrent(tensors)]), set)
    var batch = try StreamBatch(opened.model, count: 1)
    var y = [Float](repeating: 0, count: size)
    var rows: [Float] = []
    for start in stride(from: 0, to: input.count, by: size) {
      var span = y.mutableSpan
      batch.step(input.span.extracting(start..<start + size), into: &span)
      rows += y
    }
    return (try opened.stepped(input), try opened.processed(input, chunk: 7), rows)
  }

  @Test("denormal inputs come to nothing", arguments: Cell.allCases, InstructionSet.runnable)
  func inputs(_ cell: Cell, _ set: InstructionSet) throws {
    for size in Self.sizes {
      let tiny = (0..<30 * size).map { 0x1p-133 * Float($0 % 7 - 3) }
      let found = try outputs(cell, size, tiny, set)
      for values in [found.stepped, found.blocks, found.batch] {
        #expect(values.allSatisfy { $0 == 0 }, "\(size)")
      }
    }
  }

  @Test("a state dies away to zero", arguments: Cell.allCases, InstructionSet.runnable)
  func states(_ cell: Cell, _ set: InstructionSet) throws {
    for size in Self.sizes {
      // One sound, small enough that its trace ends soon, and silence.
      var input = [Float](repeating: 0, count: 400 * size)
      for index in 0..<size { input[index] = 1e-36 }
      let found = try outputs(cell, size, input, set)
      #expect(found.stepped.contains { $0 != 0 } && !found.stepped.contains { $0.isSubnormal })
      #expect(found.blocks == found.stepped && found.batch == found.stepped, "\(size)")
    }
  }
}
