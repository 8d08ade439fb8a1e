import Sluice
import SluiceBlob

/// One way through the runtime. All must give a network's outputs the same bits.
public enum Way: String, Sendable, CaseIterable {
  /// One call of `step` a step.
  case step
  /// `process` in chunks of changing length, below, at and above the stream's block.
  case block
  /// Streams of one batch, two of which are fed the sequence: one among others that a kernel takes
  /// together, one that may be left over.
  case batch
  /// A stream that takes steps, one that takes chunks, and a batch, by turns in one workspace.
  case shared
}

/// FNV-1a of the bits of floats.
struct FloatHash {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ floats: Span<Float>) {
    for index in floats.indices {
      value = (value ^ UInt64(floats[index].bitPattern)) &* 0x100_0000_01B3
    }
  }
}

/// A step's features, for as many steps as anyone asks: a long row that begins again.
struct EndlessInput {
  let floats: [Float]
  private let size: Int
  // A prime, so that no chunk's length divides it.
  private static let period = 1009
  static let longest = 100

  init(size: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let once = random.floats(Self.period * size)
    floats = once + once[..<(Self.longest * size)]
    self.size = size
  }

  /// `count` steps from `step` on.
  func rows(at step: Int, count: Int = 1) -> Range<Int> {
    let start = step % Self.period * size
    return start..<start + count * size
  }
}

/// The networks whose bits are compared: every cell at sizes below, at and above those of panels.
public enum HashedNetworks {
  /// Units, and the features read beside them.
  static let sizes: [(hidden: Int, inputs: Int)] = [
    (1, 1), (7, 3), (8, 1), (20, 9), (31, 16), (64, 64), (128, 33), (300, 40),
  ]

  /// Units of those that are compared with fast activations too.
  private static let fastSizes = [8, 20, 31, 64]

  /// All of them, from the smallest.
  public static var all: [(name: String, network: TestNetwork)] {
    sizes.flatMap { hidden, inputs in
      Cell.allCases.flatMap { cell in
        let name = "\(cell.rawValue) \(inputs)x\(hidden)"
        let network = TestNetwork.recurrent(
          cell, inputSize: inputs, hiddenSize: hidden, withState: true, seed: UInt64(900 + hidden))
        guard cell != .rnnRelu, fastSizes.contains(hidden) else { return [(name, network)] }
        return [(name, network), ("\(name) fast", network.fast)]
      }
    }
  }

  /// Those whose bits are the same wherever products and sums are fused.
  public static var fused: [(name: String, network: TestNetwork)] {
    all + compact + finer + sparse
  }

  /// Every cell in every compact type, of one tile with padding, whole tiles, and an odd panel.
  public static var compact: [(name: String, network: TestNetwork)] {
    [StorageType.f16, .bf16, .int8, .int4].flatMap { type in
      [(20, 9), (64, 64), (129, 33)].flatMap { hidden, inputs in
        Cell.allCases.map { cell in
          (
            "\(cell.rawValue) \(inputs)x\(hidden) \(type)",
            TestNetwork.recurrent(
              cell, inputSize: inputs, hiddenSize: hidden, withState: true,
              seed: UInt64(900 + hidden)
            ).stored(as: type)
          )
        }
      }
    }
  }

  /// Integer weights with a finer rounding of quiet states, of which some of these are: small layers
  /// whose sums are computed together, and others.
  public static var finer: [(name: String, network: TestNetwork)] {
    [StorageType.int8, .int4].flatMap { type in
      [(7, 3), (16, 4), (20, 9), (31, 16), (40, 8), (64, 64), (129, 33)].flatMap { hidden, inputs in
        Cell.allCases.filter { $0 != .rnnRelu }.map { cell in
          (
            "\(cell.rawValue) \(inputs)x\(hidden) \(type) finer",
            TestNetwork.recurrent(
              cell, inputSize: inputs, hiddenSize: hidden, withState: true,
              seed: UInt64(900 + hidden)
            ).stored(as: type, rounding: .finer)
          )
        }
      }
    }
  }

  /// Layers that leave zero blocks out, of every share: of one tile with padding, whole tiles, an odd panel.
  public static var sparse: [(name: String, network: TestNetwork)] {
    [StorageType.int8, .f32].flatMap { type in
      [(7, 3, 0.5), (20, 9, 0.5), (64, 64, 0.25), (129, 33, 0.1), (40, 50, 0)].flatMap {
        hidden, inputs, share in
        Cell.allCases.filter { $0 != .gruResetBefore }.map { cell in
          (
            "\(cell.rawValue) \(inputs)x\(hidden) \(type) sparse",
            TestNetwork.recurrent(
              cell, inputSize: inputs, hiddenSize: hidden, withState: true,
              seed: UInt64(900 + hidden)
            ).stored(as: type, rounding: .finer).pruned(keeping: share)
          )
        }
      }
    }
  }

  /// Layers whose outputs are integer sums, each times one number: the baseline, which rounds products
  /// and sums apart, must have the bits of the others here. Of int4 a single group.
  public static var integerSums: [(name: String, network: TestNetwork)] {
    [(StorageType.int8, 300), (.int8, 7), (.int4, 32), (.int4, 5)].map { type, inputs in
      var random = SeededRandom(seed: UInt64(inputs))
      let layer = TestLayer.dense(
        weights: random.floats(inputs * 41), biases: [Float](repeating: 0, count: 41),
        inputSize: inputs, activation: .identity)
      return ("sums \(inputs)x41 \(type)", TestNetwork([layer]).stored(as: type))
    }
  }
}
