import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Streams by themselves: reset, independence, tokens, states.
@Suite struct StreamTests {
  static let networks: [TestNetwork] =
    Cell.allCases.map { .recurrent($0, inputSize: 5, hiddenSize: 19, withState: true, seed: 21) }
    + [.mixed(seed: 22, readingTokens: false)]

  @Test("reset gives the bits of a fresh stream", arguments: networks, InstructionSet.runnable)
  func reset(_ network: TestNetwork, _ set: InstructionSet) throws {
    let opened = try OpenedNetwork(network, set)
    var random = SeededRandom(seed: 23)
    let input = random.floats(40 * network.inputSize)
    let fresh = try opened.stepped(input)
    // An odd and an even number of steps, blocks, and a state that is all NaN.
    for before in [1, 2, 3, 64] {
      var stream = try opened.stream(blockSize: 8)
      _ = stream.stepped(random.floats(before * network.inputSize, bound: 3), network)
      _ = stream.processed(random.floats(before * network.inputSize), chunk: before, network)
      stream.reset()
      #expect(
        firstDifference(stream.stepped(input, network), fresh) == nil, "after \(before) steps")
    }
    var stream = try opened.stream()
    let poison = [Float](repeating: .nan, count: 3 * network.inputSize)
    _ = stream.processed(poison, chunk: 2, network)
    #expect(
      stream.stepped(Array(input.prefix(network.inputSize)), network).contains { $0.isNaN },
      "NaN must have reached the state, or this test proves nothing")
    stream.reset()
    #expect(firstDifference(stream.stepped(input, network), fresh) == nil, "after NaN")
  }

  @Test("streams of one model do not see each other", arguments: networks, InstructionSet.runnable)
  func independent(_ network: TestNetwork, _ set: InstructionSet) throws {
    let opened = try OpenedNetwork(network, set)
    var random = SeededRandom(seed: 24)
    let inputs = (0..<2).map { _ in random.floats(30 * network.inputSize) }
    let alone = try inputs.map { try opened.stepped($0) }
    try #require(firstDifference(alone[0], alone[1]) != nil, "different inputs, same outputs")
    var first = try opened.stream()
    var second = try opened.stream()
    var together: [[Float]] = [[], []]
    for step in 0..<30 {
      let range = step * network.inputSize..<(step + 1) * network.inputSize
      together[0] += first.stepped(Array(inputs[0][range]), network)
      together[1] += second.processed(Array(inputs[1][range]), chunk: 1, network)
    }
    #expect(firstDifference(together[0], alone[0]) == nil)
    #expect(firstDifference(together[1], alone[1]) == nil)
  }

  @Test("tokens: step, process, and ids that do not exist", arguments: InstructionSet.runnable)
  func tokens(_ set: InstructionSet) throws {
    let network = TestNetwork.mixed(seed: 25, readingTokens: true)
    let opened = try OpenedNetwork(network, set)
    let (readsTokens, count) = (opened.model.readsTokens, opened.model.inputSize)
    #expect(readsTokens && count == 11)
    var random = SeededRandom(seed: 26)
    let ids = (0..<50).map { _ in Int32(random.next() % 11) }
    var oracle = DoubleOracle(network)
    let exact = ids.flatMap { oracle.step(token: Int($0)) }

    let (bad, canary) = ([-1, 11, 12, Int.min, Int.max, 1 << 32], Float(-7.25))
    var stream = try opened.stream()
    var stepped: [Float] = []
    var y = [Float](repeating: 0, count: 3)
    for id in ids {
      for wrong in bad {
        y = [canary, canary, canary]
        let known = stream.step(token: wrong, into: &y)
        #expect(!known, "token \(wrong)")
        #expect(y == [canary, canary, canary], "token \(wrong) wrote")
      }
      let known = stream.step(token: Int(id), into: &y)
      #expect(known)
      stepped += y
    }
    #expect(maxDistance(stepped, exact) <= 5e-6, "\(set)")

    for blockSize in [1, 5, 32, 64] {
      for chunk in [1, 2, 7, 33, 50] {
        var stream = try opened.stream(blockSize: blockSize)
        var outputs: [Float] = []
        for start in stride(from: 0, to: 50, by: chunk) {
          let part = Array(ids[start..<min(start + chunk, 50)])
          var rows = [Float](repeating: canary, count: 3 * part.count)
          for wrong in [-1, 11, .min, .max] as [Int32] {
            // The wrong one comes last: everything before it must not have been run either.
            let known = stream.process(tokens: part.dropLast() + [wrong], into: &rows)
            #expect(!known, "token \(wrong)")
            #expect(rows.allSatisfy { $0 == canary }, "token \(wrong) wrote")
          }
          let known = stream.process(tokens: part, into: &rows)
          #expect(known)
          outputs += rows
        }
        #expect(
          firstDifference(outputs, stepped) == nil, "\(set), chunks \(chunk), blocks \(blockSize)")
      }
    }
  }

  @Test("an embedding alone, and its last row", arguments: InstructionSet.runnable)
  func embeddingAlone(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 27)
    let table = random.floats(6 * 5)
    let opened = try OpenedNetwork(
      TestNetwork([.embedding(table: table, tokenCount: 6, size: 5)]), set)
    var stream = try opened.stream(blockSize: 2)
    var y = [Float](repeating: 0, count: 5)
    for id in 0..<6 {
      let known = stream.step(token: id, into: &y)
      #expect(known)
      #expect(firstDifference(y, Array(table[5 * id..<5 * id + 5])) == nil)
    }
    var rows = [Float](repeating: 0, count: 30)
    let known = stream.process(tokens: [0, 1, 2, 3, 4, 5], into: &rows)
    #expect(known)
    #expect(firstDifference(rows, table) == nil)
  }

  @Test("states are those of the oracle, after steps and after blocks", arguments: Cell.allCases)
  func states(_ cell: Cell) throws {
    let network = TestNetwork.recurrent(
      cell, inputSize: 3, hiddenSize: 21, layers: 2, withState: true, seed: 28)
    var random = SeededRandom(seed: 29)
    for set in InstructionSet.runnable {
      let opened = try OpenedNetwork(network, set)
      for steps in [0, 1, 2, 5] {
        for inBlocks in [false, true] where steps > 0 || !inBlocks {
          let input = random.floats(steps * 3)
          var oracle = DoubleOracle(network)
          _ = oracle.run(input, inputSize: 3)
          var stream = try opened.stream(blockSize: 3)
          _ =
            inBlocks
            ? stream.processed(input, chunk: 4, network) : stream.stepped(input, network)
          for layer in 0..<2 {
            var h: [Float] = []
            let hasHidden = stream.copyHidden(ofLayer: layer, into: &h)
            #expect(hasHidden)
            #expect(maxDistance(h, oracle.hidden[layer]) <= 1e-6, "\(set) h, \(steps) steps")
            var c: [Float] = []
            let hasCell = stream.copyCell(ofLayer: layer, into: &c)
            #expect(hasCell == (cell == .lstm))
            if cell == .lstm {
              #expect(maxDistance(c, oracle.cell[layer]) <= 1e-6, "\(set) C, \(steps) steps")
            }
          }
          var untouched: [Float] = [7]
          for layer in [-1, 2, .max] {
            let copied = stream.copyHidden(ofLayer: layer, into: &untouched)
            #expect(!copied && untouched == [7], "layer \(layer)")
          }
        }
      }
    }
  }
}

extension TestNetwork: CustomTestStringConvertible {
  /// The sizes along the chain.
  var name: String {
    layers.map { layer in
      switch layer {
      case .embedding(_, let count, let size): "embedding \(count)x\(size)"
      case .recurrent(let tensors):
        "\(tensors.cell) \(tensors.inputSize)x\(tensors.hiddenSize)"
      case .dense(_, let biases, let inputSize, let activation):
        "dense \(inputSize)x\(biases.count) \(activation)"
      case .activation(let activation, let size): "\(activation) \(size)"
      }
    }.joined(separator: ", ")
  }

  /// The name under which a test's argument is reported.
  public var testDescription: String { name }
}
