/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed, everywhere.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator whose numbers follow from `seed` alone.
  public init(seed: UInt64) {
    state = seed
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` floats, uniform in -bound ..< bound, each a multiple of bound / 2^23.
  public mutating func floats(_ count: Int, bound: Float = 1) -> [Float] {
    (0..<count).map { _ in (Float(next() >> 40) / 8_388_608 - 1) * bound }
  }
}
