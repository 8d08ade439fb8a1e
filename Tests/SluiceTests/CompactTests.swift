import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Layers of f16, bf16, int8 and int4 weights against the arithmetic that the format fixes.
@Suite struct CompactTests {
  static let types: [StorageType] = [.f16, .bf16, .int8, .int4]
  static let sizes = [1, 3, 7, 17, 31, 33, 64]

  @Test(
    "every cell and size, a step at a time, against the format's arithmetic",
    arguments: Cell.allCases, types)
  func oracle(_ cell: Cell, _ type: StorageType) throws {
    for rounding in [HiddenRounding.fixed, .finer] where rounding == .fixed || type.isInteger {
      try oracle(cell, type, rounding)
    }
  }

  private func oracle(_ cell: Cell, _ type: StorageType, _ rounding: HiddenRounding) throws {
    var greatest = 0.0
    for (index, size) in Self.sizes.enumerated() {
      let inputSize = Self.sizes[(index * 3 + 2) % Self.sizes.count]
      for inputStep in [0, 0.0625] as [Float] where inputStep == 0 || type.isInteger {
        var random = SeededRandom(seed: UInt64(700 + size))
        let tensors = RecurrentTensors(
          cell, inputSize: inputSize, hiddenSize: size, withState: true, &random)
        let network = TestNetwork([.recurrent(tensors)]).stored(
          as: type, inputStep: inputStep, rounding: rounding)
        let oracle = CompactOracle(
          tensors, as: type, inputStep: type.isInteger ? inputStep : 0,
          hiddenStep: network.contents().layers[0].record.hiddenScale, rounding: rounding)
        for set in InstructionSet.runnable {
          let opened = try OpenedNetwork(network, set)
          let distance = try distance(of: opened, from: oracle, cell: cell)
          greatest = max(greatest, distance)
          #expect(distance <= 2e-6, "\(type), \(inputSize)x\(size), \(set): \(distance)")
        }
      }
    }
    print("\(cell.rawValue) \(type) \(rounding): at most \(greatest.short) from the oracle")
  }

  /// The greatest distance of a step's h or C, in parts of 1 + its magnitude.
  private func distance(
    of opened: OpenedNetwork, from oracle: CompactOracle, cell: Cell
  ) throws -> Double {
    var stream = try opened.stream()
    var random = SeededRandom(seed: 33)
    let (inputs, size) = (opened.network.inputSize, opened.network.outputSize)
    var (h, c) = ([Float](), [Float](repeating: 0, count: size))
    var y = [Float](repeating: 0, count: size)
    var greatest = 0.0
    for _ in 0..<20 {
      let x = random.floats(inputs, bound: 4)
      _ = stream.copyHidden(ofLayer: 0, into: &h)
      _ = stream.copyCell(ofLayer: 0, into: &c)
      let exact = oracle.step(x, hidden: h, cell: c)
      stream.step(x, into: &y)
      var found = zip(y, exact.hidden).map { (Double($0), $1) }
      if stream.copyCell(ofLayer: 0, into: &c) {
        found += zip(c, exact.cell).map { (Double($0), $1) }
      }
      for (value, exact) in found {
        let distance = abs(value - exact) / (1 + abs(exact))
        greatest = distance <= greatest ? greatest : distance.isNaN ? .infinity : distance
      }
    }
    return greatest
  }

  @Test("f16 and bf16 have the bits of f32 weights that were rounded", arguments: Cell.allCases)
  func roundedWeights(_ cell: Cell) throws {
    for type in [StorageType.f16, .bf16] {
      for size in Self.sizes {
        let network = TestNetwork.recurrent(
          cell, inputSize: 9, hiddenSize: size, withState: true, seed: 5)
        var contents = network.contents()
        for (index, stored) in network.stored(as: type).contents().layers.enumerated() {
          let matrices = Packing.unpack(
            Packing.PackedWeights(weights: stored.weights, scales: stored.scales),
            of: stored.record)
          contents.layers[index].weights =
            Packing.pack(matrices, as: contents.layers[index].record).weights
        }
        let rounded = AlignedBytes(try contents.bytes())
        var random = SeededRandom(seed: 6)
        let input = random.floats(9 * 30)
        for set in InstructionSet.runnable {
          let model = unsafe try Model(bytes: rounded.raw, options: .init(instructionSet: set))
          var stream = try ModelStream(model)
          let expected = stream.stepped(input, network)
          let opened = try OpenedNetwork(network.stored(as: type), set)
          let difference = firstDifference(try opened.stepped(input), expected)
          #expect(difference == nil, "\(type), \(size) units, \(set): output \(difference ?? 0)")
        }
      }
    }
  }

  @Test("dense layers against the format's arithmetic", arguments: types)
  func dense(_ type: StorageType) throws {
    for size in Self.sizes {
      for inputs in Self.sizes {
        var random = SeededRandom(seed: UInt64(size * 100 + inputs))
        let weights = random.floats(size * inputs)
        let biases = random.floats(size)
        let layer = TestLayer.dense(
          weights: weights, biases: biases, inputSize: inputs, activation: .identity)
        let network = TestNetwork([layer]).stored(as: type)
        let matrix = CompactMatrix(weights, columns: inputs, as: type)
        let x = random.floats(inputs * 9, bound: 3)
        let exact = stride(from: 0, to: x.count, by: inputs).flatMap { start in
          zip(matrix.times(Array(x[start..<start + inputs]), step: 0), biases).map {
            $0 + Double($1)
          }
        }
        for set in InstructionSet.runnable {
          let opened = try OpenedNetwork(network, set)
          let stepped = try opened.stepped(x)
          let distance = maxDistance(stepped, exact)
          #expect(distance <= 2e-5, "\(type) \(inputs)x\(size), \(set): \(distance)")
          let processed = try opened.processed(x, chunk: 9)
          #expect(firstDifference(processed, stepped) == nil, "\(type) \(inputs)x\(size), \(set)")
        }
      }
    }
  }

  @Test("an embedding's rows are its integers times their scales", arguments: types)
  func embedding(_ type: StorageType) throws {
    for size in Self.sizes {
      var random = SeededRandom(seed: UInt64(size))
      let table = random.floats(5 * size)
      let network = TestNetwork([.embedding(table: table, tokenCount: 5, size: size)])
        .stored(as: type)
      let stored = network.contents().layers[0]
      let rows = Packing.unpack(
        Packing.PackedWeights(weights: stored.weights, scales: stored.scales), of: stored.record
      ).input
      let opened = try OpenedNetwork(network, .baseline)
      var stream = try opened.stream()
      var batch = try StreamBatch(opened.model, count: 5)
      var processed = [Float](repeating: 0, count: 5 * size)
      #expect(stream.process(tokens: [0, 1, 2, 3, 4], into: &processed))
      #expect(firstDifference(processed, rows) == nil, "\(type), \(size) features")
      var y = [Float](repeating: 0, count: size)
      for token in 0..<5 {
        #expect(stream.step(token: token, into: &y))
        #expect(firstDifference(y, Array(rows[token * size..<(token + 1) * size])) == nil)
      }
      #expect(!stream.step(token: 5, into: &y))
      var streams = [Float](repeating: 0, count: 5 * size)
      var span = streams.mutableSpan
      let ids: [Int32] = [4, 3, 2, 1, 0]
      let known = batch.step(tokens: ids.span, into: &span)
      #expect(known)
      for (index, id) in ids.enumerated() {
        let row = Array(rows[Int(id) * size..<(Int(id) + 1) * size])
        #expect(firstDifference(Array(streams[index * size..<(index + 1) * size]), row) == nil)
      }
    }
  }
}
