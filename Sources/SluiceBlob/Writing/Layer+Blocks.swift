extension BlobContents.Layer {
  /// The layer without the blocks that are zero; as it is, where it must have all.
  ///
  /// A block is what a tile's lanes of all gates have in a word of columns. Activations become exact, as
  /// layers of other types have them.
  public var withoutEmptyBlocks: BlobContents.Layer {
    guard record.mayBeSparse, !record.isSparse else { return self }
    var layer = self
    var (ends, words, blocks): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
    var kept = 0
    forEachBlock { list, word, range in
      if !isZero(range) {
        words += [UInt8(word & 0xFF), UInt8(word >> 8)]
        blocks += weights[range]
        kept += 1
      }
      guard word + record.blockChains >= list.words else { return }
      ends += (0..<4).map { UInt8(truncatingIfNeeded: kept >> (8 * $0)) }
    }
    layer.record.keptBlocks = kept
    if !layer.record.hasFastGrade { layer.record.grade = .exact }
    layer.weights = ends + words
    layer.weights.pad(to: BlobLayout.alignment)
    layer.weights += blocks
    // What is a single panel's follows from the bytes.
    layer.record.weights.length = UInt64(layer.weights.count)
    return layer
  }

  /// The layer with all blocks stored, also those that are zero.
  public var withEveryBlock: BlobContents.Layer {
    guard record.isSparse else { return self }
    var layer = self
    layer.record.keptBlocks = nil
    let whole = layer.record.weightByteCount
    layer.weights = [UInt8](repeating: 0, count: Int(whole))
    layer.record.weights.length = whole
    let words = 4 * record.blockListCount
    record.forEachBlockList(end: { end(ofList: $0) }) { list in
      let (_, first) = layer.place(of: list)
      for index in 0..<list.count {
        let at = words + 2 * (list.first + index)
        let word = Int(weights[at]) | Int(weights[at + 1]) << 8
        let (from, to) = (list.offset + index * list.pitch, first + word * list.pitch)
        layer.weights[to..<to + list.pitch] = weights[from..<from + list.pitch]
      }
    }
    return layer
  }

  /// Blocks that are not zero, and all; nil of a layer that cannot leave any out.
  public var blockCounts: (kept: Int, all: Int)? {
    guard record.mayBeSparse else { return nil }
    if let kept = record.keptBlocks { return (kept, record.blockCount) }
    var kept = 0
    forEachBlock { _, _, range in if !isZero(range) { kept += 1 } }
    return (kept, record.blockCount)
  }

  private func end(ofList list: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(weights[4 * list + $1]) << (8 * $1) }
  }

  private func isZero(_ range: Range<Int>) -> Bool {
    guard record.storage == .f32 else { return weights[range].allSatisfy { $0 == 0 } }
    // Of either sign.
    return range.allSatisfy { weights[$0] & ($0 % 4 == 3 ? 0x7F : 0xFF) == 0 }
  }

  /// Where the first word of a list's factor lies among all blocks, and the list's tile.
  private func place(of list: BlockList) -> (tile: Int, factor: Int) {
    let tile = list.lane * record.gateCount * 4 * record.wordCount
    let before = list.isHidden ? record.storage.wordCount(columns: record.matrixColumns.input) : 0
    return (tile, tile + before * list.pitch)
  }

  /// Calls `body` with every block in the order of the lists: its word, and its bytes, of a layer that
  /// stores all.
  private func forEachBlock(
    _ body: (_ list: BlockList, _ word: Int, _ range: Range<Int>) -> Void
  ) {
    record.forEachBlockList(end: { _ in 0 }) { list in
      let first = place(of: list).factor
      // A factor of one column has no odd ones: its list is empty all the same.
      if list.chain >= list.words { body(list, list.words, first..<first) }
      for word in stride(from: list.chain, to: list.words, by: record.blockChains) {
        body(list, word, first + word * list.pitch..<first + (word + 1) * list.pitch)
      }
    }
  }
}
