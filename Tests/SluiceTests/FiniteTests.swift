import Sluice
import SluiceBlob
import TestSupport
import Testing

/// NaN and infinity are found in every unit, and nowhere else.
@Suite struct FiniteTests {
  /// Cells whose every activation takes infinity to a number.
  static let cells = Cell.allCases.filter { $0 != .rnnRelu }

  @Test(
    "an infinite input leaves NaN in padding alone", arguments: InstructionSet.runnable, cells)
  func infiniteInput(_ set: InstructionSet, _ cell: Cell) throws {
    for type in [StorageType.f32, .f16, .bf16] {
      for size in [9, 17] {
        var random = SeededRandom(seed: 71)
        let network = TestNetwork([
          .recurrent(RecurrentTensors(cell, inputSize: 3, hiddenSize: size, &random)),
          .recurrent(RecurrentTensors(cell, inputSize: size, hiddenSize: size, &random)),
          .dense(2, from: size, .identity, &random),
        ]).stored(as: type)
        let opened = try OpenedNetwork(network, set)
        var stream = try opened.stream()
        var other = try opened.stream()
        // So great a number does to every gate what infinity does.
        let infinite = stream.stepped([0.5, .infinity, -0.25], network)
        let great = other.stepped([0.5, 1e30, -0.25], network)
        #expect(infinite == great)
        var state = [UInt8](repeating: 0, count: stream.stateByteCount)
        for _ in 0..<20 {
          let x = random.floats(3)
          let isFinite = stream.isFinite
          #expect(isFinite, "\(type), \(size)")
          stream.save(into: &state)
          let y = stream.stepped(x, network)
          let expected = other.stepped(x, network)
          #expect(y == expected)
          try stream.restore(state)
          let again = stream.stepped(x, network)
          #expect(again == y)
        }
      }
    }
  }

  @Test("every unit is looked at", arguments: InstructionSet.runnable, [9, 16, 25, 79])
  func everyUnit(_ set: InstructionSet, _ size: Int) throws {
    let network = TestNetwork.recurrent(.lstm, inputSize: 2, hiddenSize: size, seed: 72)
    let opened = try OpenedNetwork(network, set)
    var stream = try opened.stream()
    _ = stream.stepped([0.5, -0.5], network)
    var h: [Float] = []
    let hasHidden = stream.copyHidden(ofLayer: 0, into: &h)
    #expect(hasHidden)
    var state = [UInt8](repeating: 0, count: stream.stateByteCount)
    for unit in 0..<size {
      for value in [Float.nan, -.infinity] {
        var wrong = h
        wrong[unit] = value
        stream.setHidden(ofLayer: 0, to: wrong.span)
        let wasFound = !stream.isFinite
        #expect(wasFound, "unit \(unit)")
        stream.save(into: &state)
        var wasRefused = false
        do throws(StateError) { try stream.restore(state) } catch {
          if case .notFinite = error { wasRefused = true }
        }
        #expect(wasRefused, "unit \(unit)")
        stream.setHidden(ofLayer: 0, to: h.span)
        let isFinite = stream.isFinite
        #expect(isFinite)
      }
    }
  }
}

extension ModelStream {
  fileprivate func save(into state: inout [UInt8]) {
    var bytes = state.mutableSpan
    var raw = unsafe bytes.mutableBytes
    save(into: &raw)
  }

  fileprivate mutating func restore(_ state: [UInt8]) throws(StateError) {
    try unsafe restore(state.span.bytes)
  }
}
