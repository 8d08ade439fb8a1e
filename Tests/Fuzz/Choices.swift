import SluiceBlob
import TestSupport

/// The input as a sequence of choices; where it ends, they follow from all of it.
struct Choices {
  private let input: [UInt8]
  private var position = 0
  private var rest: SeededRandom

  init(_ input: [UInt8]) {
    self.input = input
    var seed: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in input { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    rest = SeededRandom(seed: seed)
  }

  mutating func byte() -> UInt8 {
    guard position < input.count else { return UInt8(truncatingIfNeeded: rest.next()) }
    position += 1
    return input[position - 1]
  }

  mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

  mutating func next64() -> UInt64 {
    (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) }
  }

  /// Mostly small; some beyond the tiles of every kernel.
  mutating func size() -> Int {
    let size = 1 + Int(byte())
    return size <= 240 ? 1 + size % 40 : size / 2
  }

  /// Any float at all, NaN and infinity among them.
  mutating func feature() -> Float {
    let byte = byte()
    guard byte >= 192 else { return Float(byte) / 64 - 1.5 }
    return Float(bitPattern: UInt32(truncatingIfNeeded: next64()))
  }

  /// One of the functions that a layer may have, with parameters where it has some.
  mutating func function() -> ActivationFunction {
    let kind = Activation(rawValue: UInt32(below(13))) ?? .identity
    let parameters = (0..<2).map { $0 < kind.parameterCount ? Float(byte()) / 64 - 1 : 0 }
    return ActivationFunction(kind, alpha: parameters[0], beta: parameters[1])
  }

  /// A finite number: of the kind 0 any bits, 1 around one, 2 around the least normal one.
  mutating func number(_ kind: Int) -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: rest.next())
    let sign = bits & 0x807F_FFFF
    switch kind {
    case 0: return bits & 0x7F80_0000 == 0x7F80_0000 ? sign | 0x7F00_0000 : bits
    case 1: return sign | 0x3F80_0000 &- bits >> 24 & 7 << 23
    default: return sign | (bits >> 24 & 3) << 23
    }
  }
}
