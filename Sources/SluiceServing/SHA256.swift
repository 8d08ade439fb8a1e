/// SHA-256 (FIPS 180-4): by it an administrator names the models that may run.
package enum SHA256 {
  /// The hash in hexadecimal digits.
  package static func hex(of bytes: UnsafeRawBufferPointer) -> String {
    var state: [UInt32] = initial
    let whole = bytes.count / 64 * 64
    var at = 0
    while at < whole {
      unsafe compress(UnsafeRawBufferPointer(rebasing: bytes[at..<at + 64]), &state)
      at += 64
    }
    var tail = unsafe Array(bytes[whole...]) + [0x80]
    while tail.count % 64 != 56 { tail.append(0) }
    let bits = UInt64(bytes.count) * 8
    for byte in 0..<8 { tail.append(UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64(byte)))) }
    unsafe tail.withUnsafeBytes { tail in
      for start in stride(from: 0, to: tail.count, by: 64) {
        unsafe compress(UnsafeRawBufferPointer(rebasing: tail[start..<start + 64]), &state)
      }
    }
    let digits = Array("0123456789abcdef")
    var text = ""
    for word in state {
      for shift in stride(from: 28, through: 0, by: -4) {
        text.append(digits[Int(word >> UInt32(shift) & 15)])
      }
    }
    return text
  }

  private static func compress(_ block: UnsafeRawBufferPointer, _ state: inout [UInt32]) {
    var words = [UInt32](repeating: 0, count: 64)
    for index in 0..<16 {
      words[index] = UInt32(
        bigEndian: unsafe block.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
    for index in 16..<64 {
      let (early, late) = (words[index - 15], words[index - 2])
      let first = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
      let second = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
      words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let upper = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let one = h &+ upper &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
      let lower = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let two = lower &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ one, c, b, a, one &+ two)
    }
    for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
  }

  private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    word >> bits | word << (32 - bits)
  }

  /// The first 32 bits of the fractions of the roots of the first primes: square roots of 8, cube roots of 64.
  private static let initial: [UInt32] = primes.prefix(8).map { fraction($0, power: 2) }
  private static let constants: [UInt32] = primes.map { fraction($0, power: 3) }

  private static let primes: [UInt64] = {
    var found: [UInt64] = []
    var candidate: UInt64 = 2
    while found.count < 64 {
      if found.allSatisfy({ candidate % $0 != 0 }) { found.append(candidate) }
      candidate += 1
    }
    return found
  }()

  /// Bit by bit: the greatest root, of 36 bits, whose power does not exceed prime * 2^(32 * power).
  private static func fraction(_ prime: UInt64, power: Int) -> UInt32 {
    var root: UInt64 = 0
    for bit in stride(from: UInt64(35), through: 0, by: -1) {
      let candidate = root | 1 << bit
      // Below 2^36, so that its square stays below 2^72 and its cube below 2^108.
      let square = candidate.multipliedFullWidth(by: candidate)
      let wide = UInt128(square.high) << 64 | UInt128(square.low)
      let raised = power == 2 ? wide : wide * UInt128(candidate)
      if raised <= UInt128(prime) << UInt128(32 * power) { root = candidate }
    }
    return UInt32(truncatingIfNeeded: root)
  }
}
