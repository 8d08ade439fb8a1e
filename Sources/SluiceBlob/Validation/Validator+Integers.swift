extension Validator {
  /// Checks what a layer's weights may be: finite numbers, or integers in their range with the
  /// scales and corrections that belong to them, and nothing in the columns beyond the sizes.
  func validateValues(
    ofWeights record: LayerRecord, at block: Extent, scales: Extent
  ) throws(BlobError) {
    guard block.count > 0 else { return }
    let storage = record.storage
    let isTable = record.kind.traits.weights == .table
    if record.kind.traits.weights == .indices {
      try validateIndices(block, below: record.inputSize)
      return
    }
    // Before a sparse layer's blocks stands which they are.
    let table = record.isSparse ? record.blockTableByteCount : 0
    let numbers = Extent(start: block.start + table, count: block.count - table)
    if storage.isInteger {
      try validateIntegers(numbers, as: storage)
    } else {
      try validateFinite(numbers, as: storage)
    }
    if isTable {
      try validateFill(ofTable: record, at: block.start)
      try validateScales(scales, as: storage)
      return
    }
    try validateFill(of: record, at: block.start)
    guard storage.isInteger else { return }
    if storage.traits.groupColumns > 0 {
      try validateGroupScales(of: record, at: scales.start)
    } else {
      try validateScaleRows(of: record, weights: block.start, scales: scales.start)
    }
  }

  /// Refuses the first index that is neither a feature's nor -1.
  private func validateIndices(_ block: Extent, below size: Int) throws(BlobError) {
    var at = block.start
    while at < block.end {
      let index = Int32(bitPattern: file.u32(at))
      guard index >= -1, index < size else { throw BlobError(.indexOutOfRange, at: at) }
      at += 4
    }
  }

  /// Refuses the first byte that is -128, or holds a nibble that is -8.
  private func validateIntegers(_ block: Extent, as type: StorageType) throws(BlobError) {
    var at = block.start
    let isInt8 = type.traits.bits == 8
    // With its top bit inverted, the one value that is refused is zero; subtracting one borrows
    // into that bit only there, or behind a place where that was found.
    let top = SIMD8<UInt32>(repeating: isInt8 ? 0x8080_8080 : 0x8888_8888)
    let one = SIMD8<UInt32>(repeating: isInt8 ? 0x0101_0101 : 0x1111_1111)
    while at <= block.end - 32 {
      let inverted = file.octet(at) ^ top
      let borrow = (inverted &- one) & (SIMD8(repeating: .max) ^ inverted) & top
      if borrow != SIMD8() { break }
      at += 32
    }
    while at < block.end {
      let byte = file.byte(at)
      if isInt8 ? byte == 0x80 : byte & 0xF == 8 || byte >> 4 == 8 {
        throw BlobError(.weightOutOfRange, at: at)
      }
      at += 1
    }
  }

  /// Checks the columns that fill up the last word, or int4 group, of W and of U.
  private func validateFill(of record: LayerRecord, at start: Int) throws(BlobError) {
    guard record.storage.wordColumns > 1 else { return }
    if record.isSparse {
      try validateFill(ofBlocks: record, at: start)
      return
    }
    try record.forEachTileGate {
      (_, _, lanes, offset, pitch) throws(BlobError) in
      var first = start + offset
      var sizes = InlineColumns(record.matrixColumns.input, record.hiddenSize)
      while let columns = sizes.next() {
        let words = record.storage.wordCount(columns: columns)
        for word in columns / record.storage.wordColumns..<words {
          let used = columns - word * record.storage.wordColumns
          for lane in 0..<lanes {
            let at = first + word * pitch + 4 * lane
            try requireUnused(file.u32(at), used: max(used, 0), as: record.storage, at: at)
          }
        }
        first += words * pitch
      }
    }
  }

  /// Refuses a word that holds more than its first `used` columns.
  func requireUnused(
    _ word: UInt32, used: Int, as type: StorageType, at: Int
  ) throws(BlobError) {
    var unused: UInt32 = 0
    for place in used..<type.wordColumns { unused |= type.mask << type.firstBit(of: place) }
    unused &= word
    guard unused != 0 else { return }
    throw BlobError(.paddingColumnNotZero, at: at + unused.trailingZeroBitCount / 8)
  }

  /// Checks the features that fill up the last group of a table's rows.
  private func validateFill(
    ofTable record: LayerRecord, at start: Int
  ) throws(BlobError) {
    let group = record.storage.traits.groupColumns
    guard group > 0, record.outputSize % group != 0 else { return }
    let pitch = record.storage.rowByteCount(columns: record.outputSize)
    for row in 0..<record.inputSize {
      var word = record.outputSize / 8
      while 4 * word < pitch {
        let at = start + row * pitch + 4 * word
        let used = record.outputSize - 8 * word
        try requireUnused(file.u32(at), used: max(used, 0), as: record.storage, at: at)
        word += 1
      }
    }
  }

  /// Checks scales without padding: those of an embedding.
  private func validateScales(_ block: Extent, as type: StorageType) throws(BlobError) {
    var at = block.start
    while at < block.end {
      try requireScale(type, at)
      at += type.traits.scaleByteCount
    }
  }

  @inline(__always)
  private func requireScale(_ type: StorageType, _ at: Int) throws(BlobError) {
    let isUsable =
      type.traits.scaleByteCount == 4
      ? file.u32(at).isPositiveNormal : file.u16(at) &- 0x0400 < 0x7800
    if !isUsable { throw BlobError(.unusableScale, at: at) }
  }

  /// Checks the scales and corrections of an int8 layer: rows of a tile as for biases.
  private func validateScaleRows(
    of record: LayerRecord, weights: Int, scales: Int
  ) throws(BlobError) {
    try validatePadding(outputs: record.laneCount, rows: record.scaleRowCount, at: scales)
    try forEachMatrixRow(of: record, weights: weights) { (part) throws(BlobError) in
      try validateScales(of: part, record, scales)
    }
  }

  /// Checks the scales and corrections of one gate's lanes.
  @inline(never)
  private func validateScales(
    of part: MatrixRow, _ record: LayerRecord, _ scales: Int
  ) throws(BlobError) {
    let rows = record.scaleRowCount
    let tile = scales + 4 * part.lane * rows
    let row = part.gate + (part.isHidden ? record.gateCount : 0)
    for panel in 0..<part.lanes / panelWidth {
      let sums = weightSums(
        part.first + 4 * panelWidth * panel, words: part.words, pitch: part.pitch)
      for index in 0..<panelWidth {
        let unit = panel * panelWidth + index
        guard part.lane + unit < record.laneCount else { break }
        try requireScale(.int8, tile + 4 * (row * part.lanes + unit))
        let correction = tile + 4 * ((rows / 2 + row) * part.lanes + unit)
        guard Int32(bitPattern: file.u32(correction)) == -128 &* sums[index] else {
          throw BlobError(.wrongCorrection, at: correction)
        }
      }
    }
  }

  /// The sums of one panel's int8 weights over `words` words, `pitch` bytes apart.
  private func weightSums(_ start: Int, words: Int, pitch: Int) -> SIMD8<Int32> {
    let top = SIMD8<UInt32>(repeating: 0x8080_8080)
    let bytes = SIMD8<UInt32>(repeating: 0x00FF_00FF)
    let low = SIMD8<UInt32>(repeating: 0xFFFF)
    var sums = SIMD8<UInt32>()
    for word in 0..<words {
      // Bytes plus 128 are not negative, so that two sums fit each word.
      let v = file.octet(start + word * pitch) ^ top
      let pairs = (v & bytes) &+ ((v &>> 8) & bytes)
      sums &+= (pairs & low) &+ (pairs &>> 16)
    }
    let shift = UInt32(truncatingIfNeeded: words) &* 512
    return SIMD8<Int32>(truncatingIfNeeded: sums &- SIMD8(repeating: shift))
  }

  /// Checks the scales of an int4 layer, which lie as its weights do: a group for every four words.
  private func validateGroupScales(of record: LayerRecord, at start: Int) throws(BlobError) {
    let groups = record.wordCount / 4
    var passes = record.passes
    while let pass = passes.next() {
      // A word of a lane is four bytes, of which there are four a group; a scale is two.
      let first = start + pass.offset / 8
      try validatePadding(
        outputs: record.laneCount, rows: pass.gates * groups, at: first, laneBytes: 2)
    }
    try record.forEachTileGate {
      (_, lane, lanes, offset, pitch) throws(BlobError) in
      // The gate's place in its row is of whole words; that of the tile, of groups.
      let width = 4 * lanes
      let gate = offset % pitch / width
      let tile = start + (offset - gate * width) / 8
      let used = min(lanes, record.laneCount - lane)
      for group in 0..<groups {
        let row = tile + group * pitch / 2 + gate * width / 2
        for index in 0..<used { try requireScale(.int4, row + 2 * index) }
      }
    }
  }
}

/// Two numbers to go through, without an array; and no Sequence, whose conformance brings arrays
/// along.
struct InlineColumns {
  private var first: Int?
  private var second: Int?

  init(_ first: Int, _ second: Int) {
    self.first = first
    self.second = second
  }

  mutating func next() -> Int? {
    defer {
      first = second
      second = nil
    }
    return first
  }
}
