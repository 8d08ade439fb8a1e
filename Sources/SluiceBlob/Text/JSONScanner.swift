/// Checks that text, known to be UTF-8, is one JSON object (RFC 8259), without building anything.
///
/// What lies open is kept as one bit a level, object or array: no recursion, no memory.
struct JSONScanner {
  let file: BlobBytes
  let end: Int
  var at: Int
  /// A bit for each open level, the innermost lowest: 1 for an object.
  private var levels: UInt64 = 0
  private var depth = 0

  init(file: BlobBytes, extent: Extent) {
    self.file = file
    at = extent.start
    end = extent.end
  }

  /// Scans the whole text.
  ///
  /// - Throws: `provenanceNotJSON` or `provenanceTooDeep`, at the first byte that cannot stand there.
  mutating func scanObject() throws(BlobError) {
    skipSpace()
    guard current == Character.openObject else { throw wrong }
    var expectsValue = true
    while true {
      if expectsValue {
        expectsValue = try scanValueStart()
      } else if depth == 0 {
        break
      } else {
        expectsValue = try scanAfterValue()
      }
    }
    skipSpace()
    if at != end { throw wrong }
  }

  /// Takes a scalar whole, or an opening bracket; returns whether a value must follow.
  private mutating func scanValueStart() throws(BlobError) -> Bool {
    skipSpace()
    switch current {
    case Character.openObject:
      try open(isObject: true)
      if current == Character.closeObject { return try close() }
      try scanKey()
      return true
    case Character.openArray:
      try open(isObject: false)
      if current == Character.closeArray { return try close() }
      return true
    case Character.quote: try scanString()
    case UInt8(ascii: "t"): try scanWord("true")
    case UInt8(ascii: "f"): try scanWord("false")
    case UInt8(ascii: "n"): try scanWord("null")
    default: try scanNumber()
    }
    return false
  }

  /// Takes a comma or a closing bracket; returns whether a value must follow.
  private mutating func scanAfterValue() throws(BlobError) -> Bool {
    skipSpace()
    let isObject = levels & 1 == 1
    if current == (isObject ? Character.closeObject : Character.closeArray) { return try close() }
    try take(UInt8(ascii: ","))
    if isObject {
      skipSpace()
      try scanKey()
    }
    return true
  }

  private mutating func scanKey() throws(BlobError) {
    try scanString()
    skipSpace()
    try take(UInt8(ascii: ":"))
  }

  private mutating func open(isObject: Bool) throws(BlobError) {
    if depth == BlobLimits.provenanceDepth { throw BlobError(.provenanceTooDeep, at: at) }
    depth += 1
    levels = levels << 1 | (isObject ? 1 : 0)
    at += 1
    skipSpace()
  }

  private mutating func close() throws(BlobError) -> Bool {
    depth -= 1
    levels >>= 1
    at += 1
    return false
  }
}

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

  var wrong: BlobError { BlobError(.provenanceNotJSON, at: at) }

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
      at += 1
      for _ in 0..<4 {
        guard isHexDigit(current) else { throw wrong }
        at += 1
      }
    case Character.quote, UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 1
    default: throw wrong
    }
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
