/// The hash XXH64 of Yann Collet, written from its public specification.
///
/// It finds accidents, not attacks: whoever can write the file can write its hash.
public enum XXH64 {
  /// The hash of `bytes`, in one pass without allocating. Any alignment will do.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    unsafe hash(bytes, seed: seed, fourthWordMask: .max)
  }

  /// The hash of a blob: its own field, the fourth word of the file, counts as zero.
  public static func hash(ofBlob bytes: UnsafeRawBufferPointer) -> UInt64 {
    unsafe hash(bytes, seed: 0, fourthWordMask: 0)
  }

  /// The hash of eight bytes: two little-endian words.
  static func hash(of first: UInt32, _ second: UInt32, seed: UInt64) -> UInt64 {
    var word = UInt64(first) | UInt64(second) << 32
    return unsafe withUnsafeBytes(of: &word) { unsafe hash($0, seed: seed) }
  }

  private static var prime1: UInt64 { 0x9E37_79B1_85EB_CA87 }
  private static var prime2: UInt64 { 0xC2B2_AE3D_27D4_EB4F }
  private static var prime3: UInt64 { 0x1656_67B1_9E37_79F9 }
  private static var prime4: UInt64 { 0x85EB_CA77_C2B2_AE63 }
  private static var prime5: UInt64 { 0x27D4_EB2F_1656_67C5 }

  private static func hash(
    _ bytes: UnsafeRawBufferPointer, seed: UInt64, fourthWordMask: UInt64
  ) -> UInt64 {
    guard let base = bytes.baseAddress else { return avalanche(seed &+ prime5) }
    let count = bytes.count
    var at = 0
    var hash: UInt64
    if count >= 32 {
      // Four lanes whose multiplications overlap: one lane alone would wait for each.
      var a = seed &+ prime1 &+ prime2
      var b = seed &+ prime2
      var c = seed
      var d = seed &- prime1
      var mask = fourthWordMask
      while at <= count &- 32 {
        a = unsafe round(a, word(base, at))
        b = unsafe round(b, word(base, at &+ 8))
        c = unsafe round(c, word(base, at &+ 16))
        d = unsafe round(d, word(base, at &+ 24) & mask)
        mask = .max
        at &+= 32
      }
      hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
      hash = merge(merge(merge(merge(hash, a), b), c), d)
    } else {
      hash = seed &+ prime5
    }
    hash &+= UInt64(truncatingIfNeeded: count)
    return unsafe finish(hash, base + at, count &- at)
  }

  /// Takes in the last 0 to 31 bytes.
  private static func finish(_ start: UInt64, _ tail: UnsafeRawPointer, _ count: Int) -> UInt64 {
    var hash = start
    var at = 0
    while at <= count &- 8 {
      hash ^= unsafe round(0, word(tail, at))
      hash = rotate(hash, 27) &* prime1 &+ prime4
      at &+= 8
    }
    if at <= count &- 4 {
      let half = unsafe tail.loadUnaligned(fromByteOffset: at, as: UInt32.self)
      hash ^= UInt64(half) &* prime1
      hash = rotate(hash, 23) &* prime2 &+ prime3
      at &+= 4
    }
    while at < count {
      let byte = unsafe tail.load(fromByteOffset: at, as: UInt8.self)
      hash ^= UInt64(byte) &* prime5
      hash = rotate(hash, 11) &* prime1
      at &+= 1
    }
    return avalanche(hash)
  }

  @inline(__always)
  private static func word(_ base: UnsafeRawPointer, _ at: Int) -> UInt64 {
    unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self)
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    (value &<< bits) | (value &>> (64 &- bits))
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }

  private static func avalanche(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash &>> 33)) &* prime2
    hash = (hash ^ (hash &>> 29)) &* prime3
    return hash ^ (hash &>> 32)
  }
}
