import Sluice
import SluiceBlob
import TestSupport
import Testing

/// The bits of compact layers: the same on every way, whatever is in the state or in the numbers.
@Suite struct CompactBitsTests {
  @Test(
    "step = block = batch, AVX-512 = AVX2, 200 steps", arguments: Cell.allCases,
    CompactTests.types)
  func sameBits(_ cell: Cell, _ type: StorageType) throws {
    for (name, network) in HashedNetworks.all where name.hasPrefix(cell.rawValue + " ") {
      for inputStep in [0, 0.01] as [Float] where inputStep == 0 || type.isInteger {
        var first: UInt64?
        for set in InstructionSet.runnableFused {
          let opened = try OpenedNetwork(network.stored(as: type, inputStep: inputStep), set)
          for way in Way.allCases {
            for hash in try opened.outputHashes(way, steps: 200) {
              #expect(hash == first ?? hash, "\(type) \(name): \(set), \(way)")
              first = first ?? hash
            }
          }
        }
      }
    }
  }

  @Test("integer sums are the same on the baseline too, 500 steps")
  func integerSums() throws {
    for (name, network) in HashedNetworks.integerSums {
      var first: UInt64?
      for set in InstructionSet.runnable {
        let opened = try OpenedNetwork(network, set)
        for way in Way.allCases {
          for hash in try opened.outputHashes(way, steps: 500) {
            #expect(hash == first ?? hash, "\(name): \(set), \(way)")
            first = first ?? hash
          }
        }
      }
    }
  }

  @Test("every kind of layer in one chain", arguments: CompactTests.types)
  func mixed(_ type: StorageType) throws {
    for readsTokens in [false, true] {
      let network = TestNetwork.mixed(seed: 8, readingTokens: readsTokens).stored(as: type)
      var random = SeededRandom(seed: 14)
      let steps = 40
      let input = random.floats(steps * network.inputSize)
      let tokens = (0..<steps).map { _ in Int32(random.next() % UInt64(network.inputSize)) }
      var first: [Float]?
      for set in InstructionSet.runnable {
        let opened = try OpenedNetwork(network, set)
        var stream = try opened.stream(blockSize: 7)
        var stepped: [Float] = []
        var y = [Float](repeating: 0, count: network.outputSize)
        for step in 0..<steps {
          if readsTokens {
            stream.step(token: Int(tokens[step]), into: &y)
          } else {
            let row = step * network.inputSize..<(step + 1) * network.inputSize
            stream.step(Array(input[row]), into: &y)
          }
          stepped += y
        }
        stream.reset()
        var processed = [Float](repeating: 0, count: steps * network.outputSize)
        if readsTokens {
          stream.process(tokens: tokens, into: &processed)
        } else {
          stream.process(input, into: &processed)
        }
        #expect(firstDifference(processed, stepped) == nil, "\(type), \(set)")
        let isFinite = stream.isFinite
        #expect(isFinite)
        guard set != .baseline else { continue }
        #expect(firstDifference(stepped, first ?? stepped) == nil, "\(type), \(set)")
        first = stepped
      }
    }
  }

  @Test("a saved state goes on with the same bits", arguments: CompactTests.types)
  func saved(_ type: StorageType) throws {
    let network = TestNetwork.mixed(seed: 10, readingTokens: false).stored(as: type)
    var random = SeededRandom(seed: 15)
    let input = random.floats(30 * network.inputSize)
    let (before, after) = (
      Array(input.prefix(17 * network.inputSize)), Array(input.suffix(13 * network.inputSize))
    )
    for set in InstructionSet.runnable {
      let opened = try OpenedNetwork(network, set)
      var stream = try opened.stream()
      _ = stream.stepped(before, network)
      var bytes = [UInt8](repeating: 0, count: stream.stateByteCount)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      stream.save(into: &raw)
      var other = try opened.stream(blockSize: 5)
      try unsafe other.restore(bytes.span.bytes)
      let continued = other.processed(after, chunk: 13, network)
      #expect(firstDifference(continued, stream.stepped(after, network)) == nil, "\(type), \(set)")
    }
  }

  @Test("NaN and infinity make every output NaN; a stored step cuts infinity off")
  func notFinite() throws {
    for cell in Cell.allCases {
      for type in CompactTests.types {
        for (inputStep, value) in [(0, Float.nan), (0, .infinity), (0.5, .nan), (0.5, -.infinity)]
          as [(Float, Float)] where inputStep == 0 || type.isInteger
        {
          let network = TestNetwork.recurrent(cell, inputSize: 5, hiddenSize: 20, seed: 3)
            .stored(as: type, inputStep: inputStep)
          for set in InstructionSet.runnable {
            let opened = try OpenedNetwork(network, set)
            var stream = try opened.stream()
            var y = [Float](repeating: 0, count: 20)
            stream.step([1, 2, value, 3, -1], into: &y)
            let name = "\(cell) \(type), step \(inputStep), \(value), \(set)"
            if type.isInteger, !value.isNaN, inputStep > 0 {
              #expect(y.allSatisfy { $0.isFinite }, "\(name)")
            } else if value.isNaN || type.isInteger {
              #expect(y.allSatisfy { $0.isNaN }, "\(name)")
            }
            stream.reset()
            let x: [Float] = [1, 2, 0.5, 3, -1]
            let after = stream.stepped(x, network)
            #expect(firstDifference(after, try opened.stepped(x)) == nil, "\(name), after reset")
          }
        }
      }
    }
  }

  @Test("zeros, and inputs too small for a step", arguments: [StorageType.int8, .int4])
  func zeros(_ type: StorageType) throws {
    let network = TestNetwork.recurrent(.gruResetAfter, inputSize: 5, hiddenSize: 9, seed: 3)
      .stored(as: type)
    for set in InstructionSet.runnable {
      let opened = try OpenedNetwork(network, set)
      let still = try opened.stepped([Float](repeating: 0, count: 10))
      #expect(still.allSatisfy { $0.isFinite })
      let small = try opened.stepped([Float](repeating: 0x1p-101, count: 10))
      #expect(firstDifference(small, still) == nil)
    }
  }

  @Test(
    "weights and inputs at the ends of their range: no sum saturates", arguments: [3, 256, 4096])
  func extremes(_ inputs: Int) throws {
    for type in [StorageType.int8, .int4] {
      for sign in [1, -1] as [Float] {
        // Integers of 127 (7) in each column, times 127 or -127: |sum| = 127 * 127 * inputs.
        let layer = TestLayer.dense(
          weights: [Float](repeating: 1, count: 40 * inputs),
          biases: [Float](repeating: 0, count: 40), inputSize: inputs, activation: .identity)
        let network = TestNetwork([layer]).stored(as: type, inputStep: 1 / 128)
        let limit: Float = type == .int8 ? 127 : 7
        let scale: Float = type == .int8 ? 1 / limit : Float(Float16(1 / limit))
        let exact = Double(sign / 128) * Double(scale) * Double(127 * limit) * Double(inputs)
        for set in InstructionSet.runnable {
          let opened = try OpenedNetwork(network, set)
          let x = [Float](repeating: sign * 100, count: 9 * inputs)
          for outputs in [try opened.stepped(x), try opened.processed(x, chunk: 9)] {
            for y in outputs {
              #expect(abs(Double(y) / exact - 1) <= 1e-5, "\(type) \(inputs), \(set): \(y)")
            }
          }
        }
      }
    }
  }
}
