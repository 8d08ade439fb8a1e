extension [UInt8] {
  /// Writes an integer little-endian over the bytes at `offset`.
  mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    for index in 0..<Value.bitWidth / 8 {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  /// Appends zeros up to a multiple of `alignment`.
  mutating func pad(to alignment: Int) {
    while count % alignment != 0 { append(0) }
  }

  /// Appends a layer's block at the next multiple of 64; an empty one leaves no trace.
  mutating func appendBlock(_ block: [UInt8]) -> ByteRange {
    if block.isEmpty { return ByteRange() }
    pad(to: BlobLayout.alignment)
    defer { self += block }
    return ByteRange(offset: UInt64(count), length: UInt64(block.count))
  }
}
