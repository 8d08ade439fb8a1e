extension Validator {
  /// Refuses the first number of a block or section that is infinite or not a number.
  ///
  /// Adding one to the exponent's lowest bit carries into the sign's place exactly where the
  /// exponent is all ones; so three operations on eight words and one comparison a chunk suffice.
  func validateFinite(_ block: Extent, as type: StorageType = .f32) throws(BlobError) {
    let bits = type.traits.exponent
    let isHalf = type.traits.bits == 16
    let exponent = isHalf ? bits << 16 | bits : bits
    // The lowest bit of each exponent.
    let one = exponent & ~(exponent << 1)
    let chunk = 4096
    var at = block.start
    let end = block.end
    while at < end {
      let stop = end - at > chunk ? at + chunk : end
      let carry = carries(at, stop, exponent: exponent, one: one)
      if carry & (isHalf ? 0x8000_8000 : 1 << 31) != 0 {
        try throwFirstNotFinite(from: at, as: type)
      }
      at = stop
    }
  }

  private func throwFirstNotFinite(from start: Int, as type: StorageType) throws(BlobError) {
    var at = start
    let exponent = type.traits.exponent
    if type.traits.bits == 32 {
      while file.u32(at) & exponent != exponent { at += 4 }
    } else {
      while file.u16(at) & exponent != exponent { at += 2 }
    }
    throw BlobError(.notFinite, at: at)
  }

  /// The carries of all words, or'ed; of a half word behind them too.
  private func carries(_ start: Int, _ end: Int, exponent: UInt32, one: UInt32) -> UInt32 {
    let exponents = SIMD8<UInt32>(repeating: exponent)
    let ones = SIMD8<UInt32>(repeating: one)
    var carry = SIMD8<UInt32>()
    var at = start
    while at <= end - 32 {
      carry |= (file.octet(at) & exponents) &+ ones
      at += 32
    }
    var rest: UInt32 = 0
    while at <= end - 4 {
      rest |= (file.u32(at) & exponent) &+ one
      at += 4
    }
    if at < end { rest |= (file.u16(at) & exponent) &+ one }
    let half = carry.lowHalf | carry.highHalf
    let quarter = half.lowHalf | half.highHalf
    return quarter.x | quarter.y | rest
  }

  /// Checks the lanes beyond the output size of a layer's weights.
  func validatePadding(ofWeights record: LayerRecord, at block: Extent) throws(BlobError) {
    guard block.count > 0, record.gateCount > 0 else { return }
    if record.isSparse {
      try validatePadding(ofBlocks: record, at: block)
      return
    }
    var passes = record.passes
    while let pass = passes.next() {
      try validatePadding(
        outputs: record.laneCount, rows: pass.gates * record.wordCount,
        at: block.start + pass.offset, laneBytes: record.storage.wordByteCount)
    }
    if record.cellFlags.contains(.projection) {
      try validatePadding(
        outputs: record.outputChannels, rows: record.hiddenSize,
        at: block.start + record.gateByteCount)
    }
  }

  /// Checks `rows` rows of every tile from byte `start`: only the last panel can have padding.
  func validatePadding(
    outputs: Int, rows: Int, at start: Int, laneBytes: Int = 4
  ) throws(BlobError) {
    let used = outputs % panelWidth
    guard used != 0, rows > 0 else { return }
    // The last tile: one panel where their number is odd, otherwise two.
    let panels = outputs / panelWidth + 1
    let width = panels % 2 == 0 ? 2 * panelWidth : panelWidth
    try validatePadding(
      lanes: used, rows: rows, at: start + laneBytes * (panels * panelWidth - width) * rows,
      width: width, laneBytes: laneBytes)
  }

  /// Checks `rows` rows of a last tile of `width` lanes, of whose last panel `used` are the layer's.
  @inline(never)
  func validatePadding(
    lanes used: Int, rows: Int, at start: Int, width: Int, laneBytes: Int = 4
  ) throws(BlobError) {
    var at = start + laneBytes * (width - panelWidth)
    for _ in 0..<rows {
      var found: UInt32 = 0
      var byte = at + laneBytes * used
      while byte < at + laneBytes * panelWidth {
        found |= laneBytes == 4 ? file.u32(byte) : file.u16(byte)
        byte += laneBytes
      }
      if found != 0 {
        try requireZero(
          at + laneBytes * used..<at + laneBytes * panelWidth, or: .paddingLaneNotZero)
      }
      at += laneBytes * width
    }
  }

  /// Checks the floats between the size and the stride of every state vector.
  func validatePadding(ofState record: LayerRecord, at start: Int) throws(BlobError) {
    if record.kind == .convolution {
      try requireZero(
        start + 4 * record.stateSize..<start + 4 * record.stateStride, or: .paddingLaneNotZero)
      return
    }
    let end = start + record.initialStateByteCount
    let hasCell = record.kind.traits.stateVectors > 1
    let cell = hasCell ? end - 4 * record.stateStride : end
    try requireZero(start + 4 * record.initialHiddenSize..<cell, or: .paddingLaneNotZero)
    if hasCell { try requireZero(cell + 4 * record.stateSize..<end, or: .paddingLaneNotZero) }
  }
}
