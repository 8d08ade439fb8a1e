import SluiceNetwork

/// A number's text, taken apart.
struct JSONNumberText {
  var isNegative = false
  /// Whether it has neither fraction nor exponent.
  var isInteger = true
  /// All digits as one integer, the point left out, as far as they fit.
  var mantissa: UInt64 = 0
  /// Whether all digits did fit.
  var isExact = true
  /// The power of ten that goes with it.
  var exponent = 0
  /// Digits before the point.
  var integralCount = 0

  /// Takes one more digit.
  mutating func append(_ digit: UInt8) {
    if mantissa < 1_000_000_000_000_000_000 {
      mantissa = mantissa * 10 + UInt64(digit)
    } else {
      isExact = false
    }
  }

  /// Whether it is certainly below 10^308.
  var isSmall: Bool { integralCount + exponent <= 308 || (mantissa == 0 && isExact) }

  /// The integer, where it is one that fits. A negative zero keeps its sign only as a Double.
  var integer: Int? {
    guard isInteger, isExact, !(isNegative && mantissa == 0) else { return nil }
    if !isNegative { return Int(exactly: mantissa) }
    return mantissa <= 1 << 63 ? Int(truncatingIfNeeded: 0 &- mantissa) : nil
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The nearest Double, where both its parts are Doubles themselves, so that one operation rounds
  /// once (Clinger 1990).
  var quickDouble: Double? {
    guard isExact, mantissa <= 1 << 53, (-22...22).contains(exponent) else { return nil }
    let magnitude =
      exponent < 0
      ? Double(mantissa) / Self.powers[-exponent] : Double(mantissa) * Self.powers[exponent]
    return isNegative ? -magnitude : magnitude
  }
}

extension JSONReader {
  /// The number that is next.
  mutating func number() throws(ConversionError) -> JSONValue {
    let start = position
    let text = try numberText()
    return text.integer.map { .integer($0) } ?? .number(double(text, start..<position))
  }

  /// Takes the numbers of an array that holds nothing else, up to its closing bracket; nil, and
  /// nothing is taken, where it does.
  mutating func numberRow() throws(ConversionError) -> JSONNumbers? {
    let opening = position
    position += 1
    skipSpace()
    let start = position
    var count = 0
    while let byte = next, byte == UInt8(ascii: "-") || isDigit(byte) {
      _ = try numberText()
      count += 1
      skipSpace()
      if next == UInt8(ascii: "]") {
        position += 1
        return JSONNumbers(start: start, count: count)
      }
      guard next == UInt8(ascii: ",") else { break }
      position += 1
      skipSpace()
    }
    position = opening
    return nil
  }

  /// The number that is next, with what stands between it and another one; it was read before.
  mutating func nextOfRow() throws(ConversionError) -> (text: JSONNumberText, range: Range<Int>) {
    let start = position
    let text = try numberText()
    let range = start..<position
    skipSpace()
    if next == UInt8(ascii: ",") { position += 1 }
    skipSpace()
    return (text, range)
  }

  /// The Double nearest to a number that was read from `range`.
  func double(_ text: JSONNumberText, _ range: Range<Int>) -> Double {
    // What is not quick is finite: longer texts and greater ones were refused.
    text.quickDouble ?? Double(source.text(range) ?? "") ?? 0
  }

  private mutating func numberText() throws(ConversionError) -> JSONNumberText {
    let start = position
    var text = JSONNumberText()
    text.isNegative = next == UInt8(ascii: "-")
    if text.isNegative { position += 1 }
    let isZero = next == UInt8(ascii: "0")
    text.integralCount = digits(&text)
    guard text.integralCount > 0 else { throw malformed("expected a JSON value", at: start) }
    guard !isZero || text.integralCount == 1 else {
      throw malformed("a number with a leading 0", at: start)
    }
    if next == UInt8(ascii: ".") {
      position += 1
      text.isInteger = false
      let count = digits(&text)
      guard count > 0 else { throw malformed("expected a digit") }
      text.exponent = -count
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      text.isInteger = false
      text.exponent += try exponent()
    }
    guard position - start <= Self.maximumNumberLength else {
      throw malformed("a number of more than \(Self.maximumNumberLength) bytes", at: start)
    }
    guard text.isSmall || double(text, start..<position).isFinite else {
      throw malformed("a number beyond the range of a Double", at: start)
    }
    return text
  }

  /// The power of ten whose `e` was read, cut where it is beyond all numbers anyway.
  private mutating func exponent() throws(ConversionError) -> Int {
    let isNegative = next == UInt8(ascii: "-")
    if isNegative || next == UInt8(ascii: "+") { position += 1 }
    let start = position
    var value = 0
    while let byte = next, isDigit(byte) {
      value = min(value * 10 + Int(byte - 0x30), 1 << 20)
      position += 1
    }
    guard position > start else { throw malformed("expected a digit") }
    return isNegative ? -value : value
  }

  /// Takes digits and says how many there were.
  private mutating func digits(_ text: inout JSONNumberText) -> Int {
    let start = position
    while let byte = next, isDigit(byte) {
      text.append(byte - 0x30)
      position += 1
    }
    return position - start
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
