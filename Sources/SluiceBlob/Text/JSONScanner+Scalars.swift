extension JSONScanner {
  enum Character {
    static var openObject: UInt8 { UInt8(ascii: "{") }
    static var closeObject: UInt8 { UInt8(ascii: "}") }
    static var openArray: UInt8 { UInt8(ascii: "[") }
    static var closeArray: UInt8 { UInt8(ascii: "]") }
    static var quote: UInt8 { UInt8(ascii: "\"") }
  }

  /// The byte to come, nil at the end.
  var current: UInt8? { at < end ? file.byte(at) : nil }

  var wrong: BlobError { BlobError(notJSON, at: at) }

  mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      at += 1
    }
  }

  mutating func take(_ byte: UInt8) throws(BlobError) {
    if current != byte { throw wrong }
    at += 1
  }

  mutating func scanWord(_ word: StaticString) throws(BlobError) {
    for index in 0..<word.utf8CodeUnitCount {
      try take(unsafe word.utf8Start[index])
    }
  }

  mutating func scanString() throws(BlobError) {
    try take(Character.quote)
    while let byte = current, byte != Character.quote {
      if byte < 0x20 { throw wrong }
      at += 1
      if byte == UInt8(ascii: "\\") { try scanEscape() }
    }
    try take(Character.quote)
  }

  private mutating func scanEscape() throws(BlobError) {
    switch current {
    case UInt8(ascii: "u"):
      try scanUnit()
    case Character.quote, UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 1
    default: throw wrong
    }
  }

  /// Takes the u of an escape and its four digits; of a pair of surrogates the second one too.
  private mutating func scanUnit() throws(BlobError) {
    let start = at
    let unit = try scanDigits16()
    guard needsPairs, unit & 0xF800 == 0xD800 else { return }
    guard unit < 0xDC00, current == UInt8(ascii: "\\") else {
      throw BlobError(notJSON, at: start)
    }
    at += 1
    guard current == UInt8(ascii: "u"), try scanDigits16() & 0xFC00 == 0xDC00 else {
      throw BlobError(notJSON, at: start)
    }
  }

  private mutating func scanDigits16() throws(BlobError) -> UInt32 {
    at += 1
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, isHexDigit(byte) else { throw wrong }
      unit = unit << 4 | UInt32(byte < 0x3A ? byte - 0x30 : (byte | 0x20) - 0x57)
      at += 1
    }
    return unit
  }

  mutating func scanNumber() throws(BlobError) {
    if current == UInt8(ascii: "-") { at += 1 }
    if current == UInt8(ascii: "0") { at += 1 } else { try scanDigits() }
    if current == UInt8(ascii: ".") {
      at += 1
      try scanDigits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      at += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
      try scanDigits()
    }
  }

  private mutating func scanDigits() throws(BlobError) {
    guard isDigit(current) else { throw wrong }
    while isDigit(current) { at += 1 }
  }

  private func isDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= 0x30 && byte <= 0x39
  }

  private func isHexDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    let lower = byte | 0x20
    return isDigit(byte) || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f"))
  }
}
