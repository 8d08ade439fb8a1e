extension Validator {
  /// Refuses the first float of a section that is infinite or not a number.
  ///
  /// Adding one to the exponent's lowest bit carries into the sign's place exactly where the
  /// exponent is all ones; so three operations on eight floats and one comparison a chunk suffice.
  func validateFinite(_ section: Extent) throws(BlobError) {
    let chunk = 4096
    var at = section.start
    let end = section.end
    while at < end {
      let stop = end - at > chunk ? at + chunk : end
      if !isFinite(at, stop) {
        while isFinite(file.u32(at)) { at += 4 }
        throw BlobError(.notFinite, at: at)
      }
      at = stop
    }
  }

  @inline(__always)
  private func isFinite(_ bits: UInt32) -> Bool {
    bits & 0x7F80_0000 != 0x7F80_0000
  }

  private func isFinite(_ start: Int, _ end: Int) -> Bool {
    let exponent = SIMD8<UInt32>(repeating: 0x7F80_0000)
    let one = SIMD8<UInt32>(repeating: 0x0080_0000)
    var carry = SIMD8<UInt32>()
    var at = start
    while at <= end - 32 {
      carry |= (file.octet(at) & exponent) &+ one
      at += 32
    }
    var rest: UInt32 = 0
    while at < end {
      rest |= (file.u32(at) & 0x7F80_0000) &+ 0x0080_0000
      at += 4
    }
    let half = carry.lowHalf | carry.highHalf
    let quarter = half.lowHalf | half.highHalf
    return (quarter.x | quarter.y | rest) >> 31 == 0
  }

  /// Checks the lanes beyond the output size of a layer's weights.
  func validatePadding(ofWeights record: LayerRecord, at block: Extent) throws(BlobError) {
    guard block.count > 0, record.kind != .embedding else { return }
    let columns = record.columnCount
    let padded = record.paddedLaneCount
    if record.kind == .gru && record.variant == .resetBefore {
      try validatePadding(outputs: record.laneCount, rows: 2 * columns, at: block.start)
      let second = block.start + 4 * padded * 2 * columns
      try validatePadding(outputs: record.laneCount, rows: columns, at: second)
    } else {
      let rows = record.gateCount * columns
      try validatePadding(outputs: record.laneCount, rows: rows, at: block.start)
    }
  }

  /// Checks `rows` rows of every tile from byte `start`: only the last panel can have padding.
  func validatePadding(outputs: Int, rows: Int, at start: Int) throws(BlobError) {
    let used = outputs % panelWidth
    guard used != 0, rows > 0 else { return }
    // The last tile: one panel where their number is odd, otherwise two.
    let panels = outputs / panelWidth + 1
    let width = panels % 2 == 0 ? 2 * panelWidth : panelWidth
    let tile = start + 4 * (panels * panelWidth - width) * rows
    let lanes = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7)
    let isPadding = lanes .>= SIMD8<UInt32>(repeating: UInt32(used))
    var found = SIMD8<UInt32>()
    var at = tile + 4 * (width - panelWidth)
    for _ in 0..<rows {
      found |= file.octet(at)
      at += 4 * width
    }
    guard found.replacing(with: 0, where: .!isPadding) != SIMD8() else { return }
    // There is one: find it.
    at = tile + 4 * (width - panelWidth)
    for _ in 0..<rows {
      try requireZero(at + 4 * used..<at + 4 * panelWidth, or: .paddingLaneNotZero)
      at += 4 * width
    }
  }

  /// Checks the floats between the hidden size and the stride of every state vector.
  func validatePadding(ofState record: LayerRecord, at start: Int) throws(BlobError) {
    for vector in 0..<record.stateVectorCount {
      let first = start + 4 * record.stateStride * vector
      try requireZero(
        first + 4 * record.stateSize..<first + 4 * record.stateStride, or: .paddingLaneNotZero)
    }
  }
}
