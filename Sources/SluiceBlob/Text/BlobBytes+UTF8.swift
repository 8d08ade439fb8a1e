extension BlobBytes {
  /// The offset of the first byte that is no part of well-formed UTF-8 (Unicode, table 3-7): over-
  /// long forms, surrogates and code points above U+10FFFF are refused.
  func firstNotUTF8(in extent: Extent) -> Int? {
    var at = extent.start
    let end = extent.end
    while at < end {
      if at <= end - 8, u64(at) & 0x8080_8080_8080_8080 == 0 {
        at += 8
        continue
      }
      let length = sequenceLength(at, end)
      if length == 0 { return at }
      at += length
    }
    return nil
  }

  /// The offset of the first NUL.
  func firstNUL(in extent: Extent) -> Int? {
    var at = extent.start
    while at < extent.end {
      if byte(at) == 0 { return at }
      at += 1
    }
    return nil
  }

  /// The bytes of the code point at `at`, 0 where it is not well-formed before `end`.
  private func sequenceLength(_ at: Int, _ end: Int) -> Int {
    let first = byte(at)
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    let length: Int
    switch first {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { low = 0xA0 }
      if first == 0xED { high = 0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { low = 0x90 }
      if first == 0xF4 { high = 0x8F }
    default: return 0
    }
    if end - at < length { return 0 }
    let second = byte(at + 1)
    if second < low || second > high { return 0 }
    var next = at + 2
    while next < at + length {
      if byte(next) & 0xC0 != 0x80 { return 0 }
      next += 1
    }
    return length
  }
}
