import Sluice
import TestSupport
import Testing

/// The same bits whatever the chunking and the instruction set.
@Suite struct ChunkingTests {
  static let hiddenSizes = [1, 3, 7, 8, 15, 16, 17, 24, 31, 33, 40, 64, 100, 128, 256, 300]
  static let chunks = [1, 2, 3, 7, 32, 33, 70]
  static let blockSizes = [1, 5, 32]
  static let steps = 70

  @Test("process gives the bits of step, AVX-512 those of AVX2", arguments: Cell.allCases)
  func sizes(_ cell: Cell) throws {
    for (index, hiddenSize) in Self.hiddenSizes.enumerated() {
      // Odd input sizes, around the sizes of panels.
      let inputSize = [1, 5, 9, 17, 33][index % 5]
      let network = TestNetwork.recurrent(
        cell, inputSize: inputSize, hiddenSize: hiddenSize, withState: index % 2 == 1,
        seed: UInt64(300 + index))
      try check(network, chunks: Self.chunks)
    }
  }

  @Test("stacked layers of every kind", arguments: [1, 2] as [UInt64])
  func mixed(_ seed: UInt64) throws {
    try check(.mixed(seed: seed, readingTokens: false), chunks: Self.chunks)
  }

  @Test("stacked layers of one cell", arguments: Cell.allCases)
  func stacked(_ cell: Cell) throws {
    try check(
      .recurrent(cell, inputSize: 5, hiddenSize: 19, layers: 3, seed: 4), chunks: Self.chunks)
  }

  private func check(_ network: TestNetwork, chunks: [Int]) throws {
    let name = network.name
    var random = SeededRandom(seed: 11)
    let input = random.floats(Self.steps * network.inputSize)
    var oracle = DoubleOracle(network)
    let exact = oracle.run(input, inputSize: network.inputSize)
    var fused: [Float]?
    for set in InstructionSet.runnable {
      let opened = try OpenedNetwork(network, set)
      let stepped = try opened.stepped(input)
      let distance = maxDistance(stepped, exact)
      #expect(distance <= 5e-6, "\(name) \(set): \(distance) from the oracle")
      if set != .baseline {
        let difference = fused.flatMap { firstDifference($0, stepped) }
        #expect(difference == nil, "\(name): \(set) differs from AVX2 at output \(difference ?? 0)")
        fused = stepped
      }
      for chunk in chunks {
        for blockSize in Self.blockSizes {
          let processed = try opened.processed(input, chunk: chunk, blockSize: blockSize)
          let difference = firstDifference(processed, stepped)
          #expect(
            difference == nil,
            "\(name) \(set) chunks of \(chunk), blocks of \(blockSize): output \(difference ?? 0)")
        }
      }
    }
  }

  @Test("steps and blocks alternate on one stream", arguments: InstructionSet.runnable)
  func alternating(_ set: InstructionSet) throws {
    let network = TestNetwork.mixed(seed: 5, readingTokens: false)
    var random = SeededRandom(seed: 12)
    let input = random.floats(100 * network.inputSize)
    let opened = try OpenedNetwork(network, set)
    let expected = try opened.stepped(input)
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var stream = try opened.stream(blockSize: 7)
      var outputs: [Float] = []
      var rest = input[...]
      while !rest.isEmpty {
        let count = min(Int(random.next() % 13) + 1, rest.count / network.inputSize)
        let part = Array(rest.prefix(count * network.inputSize))
        rest = rest.dropFirst(part.count)
        outputs +=
          random.next() % 2 == 0
          ? stream.stepped(part, network) : stream.processed(part, chunk: count, network)
      }
      #expect(firstDifference(outputs, expected) == nil, "\(set), seed \(seed)")
    }
  }

  @Test("an output of the last step alone", arguments: InstructionSet.runnable)
  func last(_ set: InstructionSet) throws {
    var network = TestNetwork.mixed(seed: 6, readingTokens: false)
    var random = SeededRandom(seed: 13)
    let input = random.floats(Self.steps * network.inputSize)
    let all = try OpenedNetwork(network, set).stepped(input)
    network.output = .last
    let opened = try OpenedNetwork(network, set)
    let mode = opened.model.output
    #expect(mode == .last)
    #expect(firstDifference(try opened.stepped(input), all) == nil, "a step writes its output")
    let size = network.outputSize
    for chunk in Self.chunks {
      for blockSize in Self.blockSizes {
        let expected = stride(from: 0, to: Self.steps, by: chunk).flatMap {
          let last = min($0 + chunk, Self.steps) - 1
          return all[last * size..<(last + 1) * size]
        }
        let processed = try opened.processed(input, chunk: chunk, blockSize: blockSize)
        #expect(
          firstDifference(processed, expected) == nil,
          "\(set) chunks of \(chunk), blocks of \(blockSize)")
      }
    }
  }
}
