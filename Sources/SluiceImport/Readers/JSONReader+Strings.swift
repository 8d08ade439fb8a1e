import SluiceNetwork

extension JSONReader {
  /// The string whose opening quote is next.
  mutating func string() throws(ConversionError) -> String {
    let start = position
    position += 1
    // Bytes before the last escape, as they are meant.
    var unescaped: [UInt8] = []
    var run = position
    while true {
      guard let byte = next else { throw malformed("a string without its end", at: start) }
      switch byte {
      case UInt8(ascii: "\""):
        var text = source.text(run..<position)
        if !unescaped.isEmpty {
          unescaped += source.array(run..<position)
          text = String(validating: unescaped, as: UTF8.self)
        }
        position += 1
        guard let text else { throw malformed("a string that is not UTF-8", at: start) }
        return text
      case UInt8(ascii: "\\"):
        if unescaped.isEmpty { unescaped.reserveCapacity(lengthOfString(from: start)) }
        for index in run..<position { unescaped.append(source[index]) }
        position += 1
        let scalar = try escape()
        // A file may be made of nothing else.
        if scalar.isASCII {
          unescaped.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
          unescaped += UTF8.encode(scalar)!
        }
        run = position
      case 0..<0x20: throw malformed("a control character in a string")
      default: position += 1
      }
    }
  }

  /// The bytes between the quotes of the string at `start`, as they stand: at least as many as it means.
  private func lengthOfString(from start: Int) -> Int {
    var quote = start + 1
    while quote < end, source[quote] != UInt8(ascii: "\"") {
      quote += source[quote] == UInt8(ascii: "\\") ? 2 : 1
    }
    return quote - start - 1
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
      guard let byte = next, let digit = hexDigit(byte) else {
        throw malformed("expected four hexadecimal digits")
      }
      unit = unit << 4 | digit
      position += 1
    }
    return unit
  }

  private func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte) - 0x30
    case 0x41...0x46, 0x61...0x66: UInt32(byte | 0x20) - 0x57
    default: nil
    }
  }
}
