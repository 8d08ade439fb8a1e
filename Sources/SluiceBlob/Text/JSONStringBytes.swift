/// The bytes of a string in JSON text, in UTF-8, its escapes resolved.
@safe
package struct JSONStringBytes {
  private let text: UnsafeRawPointer
  private let end: Int
  private var at: Int
  /// Bytes of an escape that are still to be given, the first one lowest.
  private var pending: UInt32 = 0

  init(_ text: UnsafeRawPointer, from start: Int, to end: Int) {
    unsafe self.text = text
    at = start
    self.end = end
  }

  /// The next byte; nil at the closing quote.
  package mutating func next() -> UInt8? {
    if pending != 0 { return takePending() }
    let byte = take()
    guard byte != UInt8(ascii: "\""), byte != 0 else { return nil }
    guard byte == UInt8(ascii: "\\") else { return byte }
    let kind = take()
    switch kind {
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      let character = takeCharacter()
      // A byte of zero has no place in what is pending.
      guard character != 0 else { return 0 }
      pending = Self.utf8(character)
      return takePending()
    default: return kind == 0 ? nil : kind
    }
  }

  private mutating func take() -> UInt8 {
    guard at < end else { return 0 }
    defer { at &+= 1 }
    return unsafe text.load(fromByteOffset: at, as: UInt8.self)
  }

  private mutating func takePending() -> UInt8 {
    defer { pending >>= 8 }
    return UInt8(truncatingIfNeeded: pending)
  }

  /// The character behind `\u`, of a pair of surrogates the one that both are.
  private mutating func takeCharacter() -> UInt32 {
    let unit = takeUnit()
    guard unit & 0xFC00 == 0xD800 else { return unit }
    guard take() == UInt8(ascii: "\\"), take() == UInt8(ascii: "u") else { return 0xFFFD }
    return 0x10000 &+ (unit & 0x3FF) << 10 &+ takeUnit() & 0x3FF
  }

  private mutating func takeUnit() -> UInt32 {
    var unit: UInt32 = 0
    var count = 0
    while count < 4 {
      let byte = take()
      unit = unit << 4 | UInt32(byte < 0x3A ? byte & 15 : (byte & 7) &+ 9)
      count &+= 1
    }
    return unit
  }

  /// The character's bytes, the first one lowest.
  private static func utf8(_ character: UInt32) -> UInt32 {
    func rest(_ shift: UInt32) -> UInt32 { 0x80 | (character >> shift) & 0x3F }
    if character < 0x80 { return character }
    if character < 0x800 { return 0xC0 | character >> 6 | rest(0) << 8 }
    if character < 0x10000 {
      return 0xE0 | character >> 12 | rest(6) << 8 | rest(0) << 16
    }
    return 0xF0 | character >> 18 & 7 | rest(12) << 8 | rest(6) << 16 | rest(0) << 24
  }
}
