/// The numbers of a line of text, one after the other.
struct RowText {
  private let bytes: [UInt8]
  /// How many bytes were read.
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }
  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// Bytes of one number. Seventeen digits say all that a Double can hold.
  private static let numberLimit = 128

  /// The number that a field of CSV holds, spaces and quotes around it or not; NaN where it is missing, nil
  /// where there is something else.
  static func number(field: [UInt8]) -> Double? {
    var rest = trimmed(field[...])
    if rest.count >= 2, rest.first == UInt8(ascii: "\""), rest.last == UInt8(ascii: "\"") {
      rest = trimmed(rest.dropFirst().dropLast())
    }
    if rest.isEmpty { return .nan }
    let lower = rest.count <= 9 ? rest.map { $0 | 0x20 } : []
    if ["nan", "na", "null"].contains(where: { $0.utf8.elementsEqual(lower) }) { return .nan }
    let isNegative = lower.first == UInt8(ascii: "-")
    if ["inf", "infinity"].contains(where: {
      $0.utf8.elementsEqual(lower.dropFirst(isNegative ? 1 : 0))
    }) {
      return isNegative ? -.infinity : .infinity
    }
    // What Double reads beside decimal numbers stands above, or is none: hexadecimal digits.
    guard rest.count <= numberLimit, rest.allSatisfy({ isPart($0) }) else { return nil }
    return Double(String(decoding: rest, as: UTF8.self))
  }

  /// The name that a field of CSV holds, without spaces and quotes around it; of two quotes within those, one.
  static func name(field: ArraySlice<UInt8>) -> String {
    let rest = trimmed(field)
    let quote = UInt8(ascii: "\"")
    guard rest.count >= 2, rest.first == quote, rest.last == quote else {
      return String(decoding: rest, as: UTF8.self)
    }
    var name: [UInt8] = []
    var isSecond = false
    for byte in rest.dropFirst().dropLast() {
      isSecond = byte == quote && !isSecond
      if !isSecond || byte != quote { name.append(byte) }
    }
    return String(decoding: name, as: UTF8.self)
  }

  private static func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    var rest = field.drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    return rest
  }

  /// Whether the byte may stand in a decimal number.
  private static func isPart(_ byte: UInt8) -> Bool {
    isDigit(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 { offset += 1 }
  }

  mutating func accepts(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    offset += 1
    return true
  }

  mutating func accepts(_ word: String) -> Bool {
    guard bytes[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  /// The number of JSON that is next, or what Python's json writes of one that is none; NaN for
  /// null; nil, and nothing is taken, for anything else.
  mutating func number() -> Double? {
    if accepts("null") || accepts("NaN") { return .nan }
    if accepts("Infinity") { return .infinity }
    if accepts("-Infinity") { return -.infinity }
    let start = offset
    guard isNumber(), offset - start <= Self.numberLimit else {
      offset = start
      return nil
    }
    return Double(String(decoding: bytes[start..<offset], as: UTF8.self))
  }

  /// Takes a number by the grammar of JSON.
  private mutating func isNumber() -> Bool {
    _ = accepts(UInt8(ascii: "-"))
    if !accepts(UInt8(ascii: "0")) {
      guard digits() else { return false }
    }
    if accepts(UInt8(ascii: ".")) {
      guard digits() else { return false }
    }
    if accepts(UInt8(ascii: "e")) || accepts(UInt8(ascii: "E")) {
      if !accepts(UInt8(ascii: "+")) { _ = accepts(UInt8(ascii: "-")) }
      guard digits() else { return false }
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = offset
    while let byte = next, Self.isDigit(byte) { offset += 1 }
    return offset > start
  }
}
