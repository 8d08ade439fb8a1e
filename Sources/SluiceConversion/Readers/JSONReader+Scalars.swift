extension JSONReader {
  /// The string whose opening quote is next.
  mutating func string() throws(ConversionError) -> String {
    let start = position
    position += 1
    var unescaped: [UInt8] = []
    var run = position
    while true {
      guard let byte = next else { throw malformed("a string without its end", at: start) }
      switch byte {
      case UInt8(ascii: "\""):
        unescaped += bytes[run..<position]
        position += 1
        guard let text = String(validating: unescaped, as: UTF8.self) else {
          throw malformed("a string that is not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"):
        unescaped += bytes[run..<position]
        position += 1
        unescaped += Array(String(Character(try escape())).utf8)
        run = position
      case 0..<0x20: throw malformed("a control character in a string")
      default: position += 1
      }
    }
  }

  /// What the escape stands for whose backslash was read.
  private mutating func escape() throws(ConversionError) -> Unicode.Scalar {
    guard let byte = next else { throw malformed("a string without its end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw malformed("an unknown escape", at: position - 1)
    }
    let start = position
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // Only surrogates are left: the high one first, the low one after it.
    guard first < 0xDC00, next == UInt8(ascii: "\\") else {
      throw malformed("a lone surrogate", at: start)
    }
    position += 1
    guard next == UInt8(ascii: "u") else { throw malformed("a lone surrogate", at: start) }
    position += 1
    let second = try codeUnit()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw malformed("a lone surrogate", at: start) }
    return scalar
  }

  /// The four hexadecimal digits that are next.
  private mutating func codeUnit() throws(ConversionError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("expected four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  /// The number that is next.
  mutating func number() throws(ConversionError) -> JSONValue {
    let start = position
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let isZero = next == UInt8(ascii: "0")
    let integral = digits()
    guard integral > 0 else { throw malformed("expected a JSON value", at: start) }
    guard !isZero || integral == 1 else { throw malformed("a number with a leading 0", at: start) }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      position += 1
      isInteger = false
      guard digits() > 0 else { throw malformed("expected a digit") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      isInteger = false
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw malformed("expected a digit") }
    }
    guard position - start <= Self.maximumNumberLength else {
      throw malformed("a number of more than \(Self.maximumNumberLength) bytes", at: start)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // A negative zero keeps its sign only as a Double.
    if isInteger, let integer = Int(text), !(isNegative && integer == 0) {
      return .integer(integer)
    }
    guard let number = Double(text), number.isFinite else {
      throw malformed("a number beyond the range of a Double", at: start)
    }
    return .number(number)
  }

  /// Skips digits and says how many there were.
  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }
}
