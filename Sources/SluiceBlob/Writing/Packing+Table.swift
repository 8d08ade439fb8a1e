extension Packing {
  /// A table's rows, each of whole bytes, of int4 whole groups; a scale for each row or group.
  static func packTable(_ table: [Float], as record: LayerRecord) -> PackedWeights {
    let (storage, columns) = (record.storage, record.outputSize)
    guard storage != .f32 else { return PackedWeights(weights: bytes(of: table)) }
    let pitch = storage.rowByteCount(columns: columns)
    var packed = PackedWeights(
      weights: [UInt8](repeating: 0, count: Int(record.weightByteCount)))
    let rounded =
      storage.isInteger ? RoundedRows(table, rows: record.inputSize, as: storage) : nil
    for row in 0..<record.inputSize {
      for column in 0..<columns {
        let index = row * columns + column
        let bits =
          rounded.map { UInt32(truncatingIfNeeded: $0.values[index]) }
          ?? storage.bits(of: table[index])
        let (at, bit) = storage.place(ofColumn: column)
        let shifted = (bits & storage.mask) << bit
        for byte in 0..<max(storage.traits.bits / 8, 1) {
          packed.weights[row * pitch + at + byte] |= UInt8(
            truncatingIfNeeded: shifted >> (8 * byte))
        }
      }
    }
    guard let rounded else { return packed }
    packed.scales =
      storage.traits.scaleByteCount == 4
      ? bytes(of: rounded.scales)
      : rounded.scales.flatMap { scale -> [UInt8] in
        let bits = Float16(scale).bitPattern
        return [UInt8(bits & 0xFF), UInt8(bits >> 8)]
      }
    return packed
  }

  /// The inverse of ``packTable(_:as:)`` but for rounding.
  static func unpackTable(_ packed: PackedWeights, of record: LayerRecord) -> [Float] {
    let (storage, columns) = (record.storage, record.outputSize)
    guard storage != .f32 else { return floats(of: packed.weights) }
    let pitch = storage.rowByteCount(columns: columns)
    let scales = tableScales(packed.scales, storage)
    return (0..<record.inputSize * columns).map { index in
      let (at, bit) = storage.place(ofColumn: index % columns)
      let first = index / columns * pitch + at
      var bits: UInt32 = 0
      for byte in 0..<max(storage.traits.bits / 8, 1) {
        bits |= UInt32(packed.weights[first + byte]) << (8 * byte)
      }
      let value = storage.value(ofBits: bits >> bit)
      return scales.isEmpty
        ? value : value * scales[storage.scaleIndex(of: index, columns: columns)]
    }
  }

  private static func tableScales(_ bytes: [UInt8], _ storage: StorageType) -> [Float] {
    if storage.traits.scaleByteCount != 2 { return floats(of: bytes) }
    return stride(from: 0, to: bytes.count, by: 2).map {
      Float(Float16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8))
    }
  }
}

extension StorageType {
  /// Where a feature of a table's row begins: its byte in the row, and its bit in that.
  fileprivate func place(ofColumn column: Int) -> (byte: Int, bit: UInt32) {
    let bits = traits.bits
    guard bits < 8 else { return (column * bits / 8, 0) }
    let place = Int(firstBit(of: column % wordColumns))
    return (column / wordColumns * wordByteCount + place / 8, UInt32(place % 8))
  }
}
