extension Validator {
  /// Checks which blocks a sparse layer keeps: that its lists end where they may, that the words of each
  /// ascend, and that no block is one to leave out.
  func validateBlocks(of record: LayerRecord, at block: Extent) throws(BlobError) {
    let kept = record.keptBlocks ?? 0
    try validateEnds(of: record, kept, at: block.start)
    let words = block.start + 4 * record.blockListCount
    try requireZero(
      words + 2 * kept..<block.start + record.blockTableByteCount, or: .paddingNotZero)
    try forEachBlockList(of: record, at: block.start) { (list) throws(BlobError) in
      var least = list.chain
      for index in 0..<list.count {
        let at = words + 2 * (list.first + index)
        let word = Int(file.u16(at))
        guard word >= least, word < list.words, (word - list.chain) % record.blockChains == 0
        else { throw BlobError(.wrongBlockWord, at: at) }
        least = word + 1
        let start = block.start + list.offset + index * list.pitch
        if isZero(start, count: list.pitch, as: record.storage) {
          throw BlobError(.emptyBlock, at: start)
        }
      }
    }
  }

  private func validateEnds(
    of record: LayerRecord, _ kept: Int, at start: Int
  ) throws(BlobError) {
    // The blocks of a single last panel are as many as the length says.
    let last = record.blockListCount - record.blockListsOfTile
    let paired = kept - record.singleBlockCount
    var first = 0
    for list in 0..<record.blockListCount {
      let at = start + 4 * list
      let end = Int(file.u32(at))
      let isPair = list < last || !record.hasSinglePanel
      guard end >= first, end <= (isPair ? paired : kept) else {
        throw BlobError(.wrongBlockEnd, at: at)
      }
      let isLastPair = list == (record.hasSinglePanel ? last : record.blockListCount) - 1
      if isLastPair && end != paired || list == record.blockListCount - 1 && end != kept {
        throw BlobError(.wrongBlockEnd, at: at)
      }
      first = end
    }
    // A single panel alone: all blocks are its own.
    if record.hasSinglePanel, last == 0, paired != 0 { throw BlobError(.wrongBlockEnd, at: start) }
  }

  /// Whether all weights of a block are zeros, of either sign.
  private func isZero(_ start: Int, count: Int, as storage: StorageType) -> Bool {
    var found = SIMD8<UInt32>()
    var at = start
    while at < start + count {
      found |= file.octet(at)
      at += 32
    }
    let magnitude = SIMD8<UInt32>(repeating: storage == .f32 ? 0x7FFF_FFFF : .max)
    return found & magnitude == SIMD8()
  }

  /// Checks the lanes beyond the output size of kept blocks.
  func validatePadding(ofBlocks record: LayerRecord, at block: Extent) throws(BlobError) {
    let used = record.laneCount % panelWidth
    guard used != 0 else { return }
    try forEachBlockList(of: record, at: block.start) { (list) throws(BlobError) in
      guard list.lane + list.lanes > record.laneCount else { return }
      try validatePadding(
        lanes: used, rows: list.count * record.gateCount, at: block.start + list.offset,
        width: list.lanes)
    }
  }

  /// Checks the columns that fill up the last word, where a block of it is kept.
  func validateFill(ofBlocks record: LayerRecord, at start: Int) throws(BlobError) {
    let words = start + 4 * record.blockListCount
    try forEachBlockList(of: record, at: start) { (list) throws(BlobError) in
      let columns = list.isHidden ? record.matrixColumns.hidden : record.matrixColumns.input
      let used = columns % record.storage.wordColumns
      guard list.count > 0, used > 0,
        Int(file.u16(words + 2 * (list.first + list.count - 1))) == list.words - 1
      else { return }
      let last = start + list.offset + (list.count - 1) * list.pitch
      for lane in 0..<list.pitch / 4 {
        let at = last + 4 * lane
        try requireUnused(file.u32(at), used: used, as: record.storage, at: at)
      }
    }
  }

  /// Not inlined: one loop for all that goes over the lists.
  @inline(never)
  private func forEachBlockList(
    of record: LayerRecord, at start: Int, _ body: (BlockList) throws(BlobError) -> Void
  ) throws(BlobError) {
    try record.forEachBlockList(end: { Int(file.u32(start + 4 * $0)) }, body)
  }

  /// A gate's lanes in a tile, of W or of U: the words that are stored of them.
  struct MatrixRow {
    let gate: Int, lane: Int, lanes: Int
    let isHidden: Bool
    /// Where the first word lies, in the file; the next are `pitch` bytes apart.
    let first: Int, words: Int, pitch: Int
  }

  /// Calls `body` for each gate of each tile, of W and of U, of an int8 layer.
  func forEachMatrixRow(
    of record: LayerRecord, weights: Int, _ body: (MatrixRow) throws(BlobError) -> Void
  ) throws(BlobError) {
    guard !record.isSparse else {
      try forEachBlockList(of: record, at: weights) { (list) throws(BlobError) in
        for gate in 0..<record.gateCount {
          try body(
            MatrixRow(
              gate: gate, lane: list.lane, lanes: list.lanes, isHidden: list.isHidden,
              first: weights + list.offset + 4 * list.lanes * gate, words: list.count,
              pitch: list.pitch))
        }
      }
      return
    }
    try record.forEachTileGate {
      (gate, lane, lanes, offset, pitch) throws(BlobError) in
      var first = weights + offset
      var sizes = InlineColumns(record.matrixColumns.input, record.hiddenSize)
      var isHidden = false
      while let columns = sizes.next() {
        if columns <= 0 { continue }
        let words = record.storage.wordCount(columns: columns)
        try body(
          MatrixRow(
            gate: gate, lane: lane, lanes: lanes, isHidden: isHidden, first: first, words: words,
            pitch: pitch))
        first += words * pitch
        isHidden = true
      }
    }
  }
}
