import SluiceBlob
import _SluiceSystem

/// What the metadata say, value by value, named by a JSON pointer (RFC 6901).
extension Model {
  /// The value that a pointer names, as `/inputs/0/unit`.
  package func metadataValue(at pointer: UnsafeRawBufferPointer) -> JSONPlace? {
    unsafe JSONPlace(plan.model.pointee.metadataText)?.value(at: pointer)
  }

  /// The same of a pointer that is known.
  @inline(__always)
  package func metadataValue(at pointer: StaticString) -> JSONPlace? {
    unsafe metadataValue(
      at: UnsafeRawBufferPointer(start: pointer.utf8Start, count: pointer.utf8CodeUnitCount))
  }

  /// A count that a pointer names; nil where there is no whole number from 0 to 2^31 - 1.
  @inline(__always)
  package func metadataCount(at pointer: StaticString) -> Int? {
    metadataValue(at: pointer)?.wholeNumber
  }
}

#if !hasFeature(Embedded)
  extension Model {
    /// The number that a JSON pointer names in the metadata, as `/sample_rate`; nil where there is none.
    public func metadataNumber(at pointer: String) -> Double? {
      unsafe Array(pointer.utf8).withUnsafeBytes { unsafe metadataValue(at: $0)?.number }
    }

    /// The string that a JSON pointer names in the metadata, as `/inputs/0/unit`; nil where there is none.
    public func metadataString(at pointer: String) -> String? {
      guard
        var bytes = unsafe Array(pointer.utf8).withUnsafeBytes({
          unsafe metadataValue(at: $0)?.string
        })
      else { return nil }
      var text: [UInt8] = []
      while let byte = bytes.next() { text.append(byte) }
      return String(decoding: text, as: UTF8.self)
    }
  }
#endif

extension sluice_model {
  /// The JSON object; empty where there is none.
  fileprivate var metadataText: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: metadata, count: metadata_size)
  }
}

extension JSONPlace {
  /// Bytes of a number that are read: seventeen digits say all that a Double can hold.
  private static var numberLimit: Int { 128 }

  /// The number, rounded to nearest; nil of anything else, and of one that is written in more than 128 bytes or
  /// beyond what a Double holds.
  package var number: Double? {
    guard let text = unsafe numberText, text.count <= Self.numberLimit,
      let start = text.baseAddress
    else { return nil }
    // Digits and an exponent, without the point, which strtod takes from the locale.
    var digits = InlineArray<160, CChar>(repeating: 0)
    var (count, at, scale, isBehindPoint) = (0, 0, 0, false)
    while at < text.count {
      let byte = unsafe start.load(fromByteOffset: at, as: UInt8.self)
      if byte | 0x20 == 0x65 { break }
      at &+= 1
      if byte == 0x2E {
        isBehindPoint = true
        continue
      }
      if isBehindPoint { scale &-= 1 }
      unsafe digits[unchecked: count] = CChar(bitPattern: byte)
      count &+= 1
    }
    scale = unsafe scale &+ Self.exponent(text, from: at &+ 1)
    unsafe digits[unchecked: count] = 0x65
    count &+= 1
    if scale < 0 {
      unsafe digits[unchecked: count] = 0x2D
      count &+= 1
    }
    var unit = 10000
    while unit > 0 {
      let digit = Int(truncatingIfNeeded: scale.magnitude) / unit % 10
      unsafe digits[unchecked: count] = CChar(truncatingIfNeeded: 0x30 &+ digit)
      count &+= 1
      unit /= 10
    }
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let value = unsafe withUnsafePointer(to: &digits) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 160) { unsafe strtod($0, nil) }
    }
    return value.magnitude < .infinity ? value : nil
  }

  /// Two numbers that an array holds and no more; nil of anything else.
  package var pair: (Double, Double)? {
    var elements = elements
    guard let first = elements.next()?.number, let second = elements.next()?.number,
      elements.next() == nil
    else { return nil }
    return (first, second)
  }

  /// The exponent that stands from `start` on, at most 9999 in magnitude; 0 where there is none.
  private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var (value, at, isNegative) = (0, start, false)
    while at < text.count, let base = text.baseAddress {
      let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
      if byte == 0x2D { isNegative = true }
      if byte >= 0x30, byte <= 0x39 { value = min(value &* 10 &+ Int(byte &- 0x30), 9999) }
      at &+= 1
    }
    return isNegative ? 0 &- value : value
  }

  /// The number where it is whole, from 0 to 2^31 - 1; nil of anything else.
  fileprivate var wholeNumber: Int? {
    guard let number, number >= 0, number < 0x1p31 else { return nil }
    guard number >= 1 else { return number == 0 ? 0 : nil }
    let bits = number.significandBitPattern | 1 << 52
    let whole = Int(
      truncatingIfNeeded: bits >> (52 &- UInt64(number.exponentBitPattern &- 1023)))
    return Double(whole) == number ? whole : nil
  }
}
