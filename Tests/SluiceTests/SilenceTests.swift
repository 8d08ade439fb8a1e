import Foundation
import Sluice
import SluiceBlob
import TestSupport
import Testing

/// States of integer layers that decay: down to silence, and with the same bits on every way.
@Suite struct SilenceTests {
  static let integers: [StorageType] = [.int8, .int4]
  static let cells: [Cell] = [.lstm, .gruResetAfter, .gruResetBefore, .rnnTanh]

  /// `size` units that feed themselves alone: of an RNN by `decay`, of the others by the candidate.
  static func loop(_ cell: Cell, size: Int, decay: Float) -> TestNetwork {
    let gates = cell.gateCount
    let row = cell == .rnnTanh ? 0 : 2
    var hidden = [Float](repeating: 0, count: gates * size * size)
    // Gates that are half open keep half of C or h, and let half of the candidate in.
    let weight = cell == .rnnTanh ? decay : 1.9 * decay
    for unit in 0..<size { hidden[(row * size + unit) * size + unit] = weight }
    let zeros = [Float](repeating: 0, count: gates * size)
    return TestNetwork([
      .recurrent(
        RecurrentTensors(
          cell: cell, inputSize: 1, hiddenSize: size,
          weightInput: [Float](repeating: 1, count: gates * size), weightHidden: hidden,
          biasInput: zeros, biasHidden: zeros))
    ])
  }

  /// 200 steps of noise, then 1,800 of silence.
  static var input: [Float] {
    var random = SeededRandom(seed: 5)
    return random.floats(200) + [Float](repeating: 0, count: 1800)
  }

  @Test("h falls silent, as it does not at a fixed scale", arguments: cells, integers)
  func silence(_ cell: Cell, _ type: StorageType) throws {
    for size in [1, 16, 40, 64] {
      for decay in [0.97, -0.97] as [Float] where decay > 0 || cell == .rnnTanh {
        let network = Self.loop(cell, size: size, decay: decay)
        for set in InstructionSet.runnable {
          let finer = try OpenedNetwork(network.stored(as: type, rounding: .finer), set)
          let fixed = try OpenedNetwork(network.stored(as: type), set)
          let last = try finer.stepped(Self.input).suffix(size)
          let stuck = try fixed.stepped(Self.input).suffix(size)
          #expect(last.allSatisfy { $0.magnitude < 1e-3 }, "\(size) units, \(decay), \(set)")
          #expect(stuck.contains { $0.magnitude > 1e-2 }, "\(size) units, \(decay), \(set)")
        }
      }
    }
  }

  @Test("what decays slowly is where it would be in float64", arguments: integers)
  func slowly(_ type: StorageType) throws {
    for decay in [0.9, 0.99, 0.995, 0.999, -0.999] as [Float] {
      let network = Self.loop(.rnnTanh, size: 1, decay: decay)
      for set in InstructionSet.runnable {
        let opened = try OpenedNetwork(network.stored(as: type, rounding: .finer), set)
        let outputs = try opened.stepped(Self.input)
        let exact = Self.input.reduce(0.0) { tanh(Double($1) + Double(decay) * $0) }
        // int4's weight, a binary16 scale times 7, is off by 2^-11 at most.
        let distance = abs(Double(outputs[outputs.count - 1]) - exact)
        #expect(distance < 1e-3 + 0.5 * abs(exact), "\(decay), \(set)")
      }
    }
  }

  @Test("step = block = batch, AVX-512 = AVX2, loud and quiet", arguments: cells, integers)
  func sameBits(_ cell: Cell, _ type: StorageType) throws {
    for (name, network) in HashedNetworks.finer
    where name.hasPrefix("\(cell.rawValue) ") && name.contains(" \(type) ") {
      var first: UInt64?
      for set in InstructionSet.runnableFused {
        let opened = try OpenedNetwork(network, set)
        for way in Way.allCases {
          for hash in try opened.outputHashes(way, steps: 200) {
            #expect(hash == first ?? hash, "\(name): \(set), \(way)")
            first = first ?? hash
          }
        }
      }
    }
    for size in [1, 7, 16, 24, 31, 40, 41, 64] {
      let network = Self.loop(cell, size: size, decay: 0.97).stored(as: type, rounding: .finer)
      let input = Self.input.dropFirst(150).prefix(250) + Self.input.prefix(50)
      var first: [Float]?
      for set in InstructionSet.runnableFused {
        let opened = try OpenedNetwork(network, set)
        let stepped = try opened.stepped(Array(input))
        for outputs in [stepped, try opened.processed(Array(input), chunk: 77)] {
          let difference = firstDifference(outputs, first ?? outputs)
          #expect(difference == nil, "\(size) units, \(set): output \(difference ?? 0)")
          first = first ?? outputs
        }
      }
    }
  }

  @Test(
    "a state saved in silence goes on with the same bits, in as many bytes", arguments: integers)
  func saved(_ type: StorageType) throws {
    for cell in Self.cells {
      for size in [16, 64] {
        let network = Self.loop(cell, size: size, decay: 0.97)
        let fixed = try OpenedNetwork(network.stored(as: type), .best)
        let opened = try OpenedNetwork(network.stored(as: type, rounding: .finer), .best)
        #expect(opened.model.stateByteCount == fixed.model.stateByteCount)
        var stream = try opened.stream()
        _ = stream.stepped(Array(Self.input.prefix(300)), network)
        var bytes = [UInt8](repeating: 0, count: stream.stateByteCount)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        stream.save(into: &raw)
        var other = try opened.stream(blockSize: 5)
        try unsafe other.restore(bytes.span.bytes)
        let rest = Array(Self.input[300..<340])
        let goesOn = other.processed(rest, chunk: 13, network)
        #expect(firstDifference(goesOn, stream.stepped(rest, network)) == nil, "\(cell), \(size)")
      }
    }
  }

  @Test("loud from 32 steps on: the bits of the fixed scale there", arguments: integers)
  func threshold(_ type: StorageType) throws {
    let limit = 32 * (Float(1) / 127)
    for cell in Self.cells {
      for size in [3, 16, 64] {
        var random = SeededRandom(seed: 8)
        let network = TestNetwork([
          .recurrent(RecurrentTensors(cell, inputSize: 2, hiddenSize: size, &random))
        ])
        for set in InstructionSet.runnable {
          let finer = try OpenedNetwork(network.stored(as: type, rounding: .finer), set)
          let fixed = try OpenedNetwork(network.stored(as: type), set)
          func stepped(_ opened: OpenedNetwork, _ greatest: Float) throws -> [Float] {
            var stream = try opened.stream()
            var h = (0..<size).map { Float($0 % 5) * 0.02 + 0.001 }
            h[size - 1] = -greatest
            let isSet = stream.setHidden(ofLayer: 0, to: h.span)
            #expect(isSet)
            return stream.stepped([0.1, 0.2], network)
          }
          for greatest in [limit, limit.nextUp, 0.5, 1] {
            let difference = firstDifference(
              try stepped(finer, greatest), try stepped(fixed, greatest))
            // r * h of a GRU that resets before may be quiet where h is loud.
            guard cell != .gruResetBefore || greatest == 1 else { continue }
            #expect(difference == nil, "\(cell), \(size), \(set), \(greatest)")
          }
          for greatest in [limit.nextDown, 0.1] {
            let (ours, theirs) = (try stepped(finer, greatest), try stepped(fixed, greatest))
            let isSame = ours == theirs
            #expect(!isSame, "\(cell), \(size), \(set), \(greatest)")
          }
        }
      }
    }
  }

  @Test("a state that is no number is not taken for a quiet one", arguments: integers)
  func notFinite(_ type: StorageType) throws {
    for cell in Self.cells {
      for size in [3, 16, 64] {
        let network = Self.loop(cell, size: size, decay: 0.97).stored(as: type, rounding: .finer)
        for set in InstructionSet.runnable {
          for place in [0, size - 1] {
            var stream = try OpenedNetwork(network, set).stream()
            var h = [Float](repeating: 0.01, count: size)
            h[place] = .nan
            _ = stream.setHidden(ofLayer: 0, to: h.span)
            let y = stream.stepped([0], network)
            #expect(y.allSatisfy { $0.isNaN }, "\(cell), \(size), \(set), \(place)")
          }
        }
      }
    }
  }
}
