import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Layers that leave zero blocks of weights out: the bits of the same layers with their zeros, and what is right.
@Suite struct SparseTests {
  static let types: [StorageType] = [.int8, .f32]
  static let cells = Cell.allCases.filter { $0 != .gruResetBefore }
  /// Units and features: less than a tile, a tile, an odd panel, several tiles and words in part.
  static let sizes = [(3, 1), (8, 5), (16, 16), (24, 7), (41, 33), (64, 30)]

  static func network(
    _ cell: Cell, _ type: StorageType, _ hidden: Int, _ inputs: Int, keeping share: Double
  ) -> TestNetwork {
    TestNetwork.recurrent(
      cell, inputSize: inputs, hiddenSize: hidden, withState: true, seed: UInt64(hidden)
    ).stored(as: type, rounding: .finer).pruned(keeping: share)
  }

  @Test(
    "the bits of the whole layer: step = block = batch, every instruction set", arguments: cells,
    types)
  func sameBits(_ cell: Cell, _ type: StorageType) throws {
    for (hidden, inputs) in Self.sizes {
      for share in [0, 0.1, 0.5, 1] {
        let network = Self.network(cell, type, hidden, inputs, keeping: share)
        #expect(network.contents().layers[0].record.isSparse)
        #expect(!network.whole.contents().layers[0].record.isSparse)
        try Self.expectTheBitsOfTheWhole(network, "\(inputs)x\(hidden), \(share) kept")
      }
    }
  }

  private static func expectTheBitsOfTheWhole(_ network: TestNetwork, _ name: String) throws {
    for set in InstructionSet.runnable {
      let wanted = try OpenedNetwork(network.whole, set).outputHashes(.step, steps: 40)[0]
      let opened = try OpenedNetwork(network, set)
      for way in Way.allCases {
        for hash in try opened.outputHashes(way, steps: 40) {
          #expect(hash == wanted, "\(name), \(set), \(way)")
        }
      }
    }
  }

  @Test("dense layers have the bits of whole ones", arguments: types)
  func dense(_ type: StorageType) throws {
    for (outputs, inputs) in Self.sizes + [(130, 70)] {
      var random = SeededRandom(seed: UInt64(outputs))
      let network = TestNetwork([.dense(outputs, from: inputs, .tanh, &random)])
        .stored(as: type).pruned(keeping: 0.4)
      try Self.expectTheBitsOfTheWhole(network, "\(inputs)x\(outputs)")
    }
  }

  @Test("near the float64 oracle", arguments: cells)
  func oracle(_ cell: Cell) throws {
    for (hidden, inputs) in Self.sizes {
      let network = Self.network(cell, .f32, hidden, inputs, keeping: 0.3)
      var oracle = DoubleOracle(network)
      var random = SeededRandom(seed: 2)
      let x = random.floats(20 * inputs)
      let wanted = (0..<20).flatMap { oracle.step(Array(x[$0 * inputs..<($0 + 1) * inputs])) }
      for set in InstructionSet.runnable {
        let found = try OpenedNetwork(network, set).stepped(x)
        let distance = zip(found, wanted).map { abs(Double($0) - $1) }.max() ?? .infinity
        #expect(distance < 2e-6, "\(inputs)x\(hidden), \(set): \(distance)")
      }
    }
  }

  @Test(
    "a chain of every kind of layer; a saved state goes on with the same bits", arguments: types)
  func saved(_ type: StorageType) throws {
    let network = TestNetwork.mixed(seed: 10, readingTokens: false).stored(as: type)
      .pruned(keeping: 0.5)
    var random = SeededRandom(seed: 15)
    let input = random.floats(30 * network.inputSize)
    let after = Array(input.suffix(13 * network.inputSize))
    for set in InstructionSet.runnable {
      let opened = try OpenedNetwork(network, set)
      var stream = try opened.stream()
      _ = stream.stepped(Array(input.prefix(17 * network.inputSize)), network)
      var bytes = [UInt8](repeating: 0, count: stream.stateByteCount)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      stream.save(into: &raw)
      // The zeros that are not stored are no part of the state.
      var other = try OpenedNetwork(network.whole, set).stream(blockSize: 5)
      #expect(other.stateByteCount == stream.stateByteCount)
      other = try opened.stream(blockSize: 5)
      try unsafe other.restore(bytes.span.bytes)
      let continued = other.processed(after, chunk: 13, network)
      #expect(firstDifference(continued, stream.stepped(after, network)) == nil, "\(type), \(set)")
    }
  }

  @Test("ends and words that change after opening lead nowhere else", arguments: types)
  func changed(_ type: StorageType) throws {
    // A single panel and an odd one; what is read lies at the end of memory.
    for (cell, hidden) in [(Cell.lstm, 8), (.gruResetAfter, 40), (.rnnTanh, 24)] {
      let network = Self.network(cell, type, hidden, 13, keeping: 0.5)
      let file = GuardedBytes(try network.contents().bytes())
      let raw = unsafe UnsafeRawBufferPointer(file.raw)
      for set in InstructionSet.runnable {
        let model = unsafe try Model(bytes: raw, options: .init(instructionSet: set))
        let record = model.blob.record(at: 0)
        let weights = unsafe model.blob.weights(of: record).baseAddress! - raw.baseAddress!
        var stream = try ModelStream(model, blockSize: 4)
        var batch = try StreamBatch(model, count: 9)
        let x = [Float](repeating: 0.5, count: 9 * 13)
        var y = [Float](repeating: 0, count: 9 * hidden)
        var row = [Float](repeating: 0, count: hidden)
        for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
          for at in weights..<weights + record.blockTableByteCount {
            let before = unsafe file.raw[at]
            unsafe file.raw[at] = value
            stream.step(Array(x.prefix(13)), into: &row)
            if at % 16 == 0 {
              stream.process(x, into: &y)
              var all = y.mutableSpan
              batch.step(x.span, into: &all)
            }
            unsafe file.raw[at] = before
          }
          let start = weights..<weights + record.blockTableByteCount
          let before = unsafe Array(file.raw[start])
          for at in start { unsafe file.raw[at] = value }
          stream.process(x, into: &y)
          var all = y.mutableSpan
          batch.step(x.span, into: &all)
          for (index, at) in start.enumerated() { unsafe file.raw[at] = before[index] }
        }
      }
      withExtendedLifetime(file) {}
    }
  }
}
