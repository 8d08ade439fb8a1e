/// Blocks: what a tile's lanes of all gates have in one word of columns. A sparse layer stores those that
/// are not zero, and which these are.
extension LayerRecord {
  /// Whether blocks that are zero are left out.
  public var isSparse: Bool { keptBlocks != nil }

  /// Whether blocks may be left out: of a plain LSTM, GRU that resets after, RNN or dense layer of int8 or
  /// f32 weights.
  public var mayBeSparse: Bool {
    @inline(never) get {
      let weights = kind.traits.weights
      return (storage == .int8 || storage == .f32) && (weights == .matrix || weights == .cell)
        && isPlain && variant != .resetBefore
    }
  }

  /// Blocks of the layer, kept or not.
  public var blockCount: Int {
    @inline(never) get { tileCount * wordCount }
  }

  /// Tiles of the layer: pairs of panels, and an odd last one.
  private var tileCount: Int { (paddedLaneCount / panelWidth + 1) / 2 }

  /// Whether the last tile is a single panel, whose blocks are half as long.
  var hasSinglePanel: Bool { paddedLaneCount / panelWidth % 2 != 0 }

  /// Chains in which a lane's products are summed: f32 adds even columns apart from odd ones, integers are
  /// exact in any order.
  package var blockChains: Int { storage.wordColumns == 1 ? 2 : 1 }

  /// Lists of a tile's blocks: of W's chains, then of U's.
  package var blockListsOfTile: Int {
    @inline(never) get { blockChains * (kind.isRecurrent ? 2 : 1) }
  }

  /// Lists of blocks.
  package var blockListCount: Int {
    @inline(never) get { tileCount * blockListsOfTile }
  }

  /// Bytes before the blocks of a sparse layer: where its lists end, and each block's word, up to a line.
  package var blockTableByteCount: Int {
    @inline(never) get {
      BlobLayout.aligned(4 * blockListCount + 2 * (keptBlocks ?? 0))
    }
  }

  /// Bytes of a pair of panels' block.
  private var pairBlockByteCount: Int { 4 * 2 * panelWidth * gateCount }

  /// Bytes of all kept blocks and their table, were none of them a single panel's.
  private var longestSparseByteCount: UInt64 {
    @inline(never) get {
      UInt64(blockTableByteCount) + UInt64(keptBlocks ?? 0) * UInt64(pairBlockByteCount)
    }
  }

  /// Kept blocks of a single last panel, as follows from the bytes that the record states.
  package var singleBlockCount: Int {
    @inline(never) get {
      Int(clamping: longestSparseByteCount &- weights.length) / (pairBlockByteCount / 2)
    }
  }

  /// Bytes that a sparse layer's weights may have: those that it states, where kept blocks can have as
  /// many, else others.
  var sparseByteCount: UInt64 {
    @inline(never) get {
      let (missing, isLonger) = longestSparseByteCount.subtractingReportingOverflow(weights.length)
      let half = UInt64(pairBlockByteCount / 2)
      let isPossible =
        !isLonger && missing % half == 0 && missing / half <= UInt64(keptBlocks ?? 0)
        && (missing == 0 || hasSinglePanel)
      return isPossible ? weights.length : longestSparseByteCount
    }
  }

  /// Calls `body` for each list of kept blocks, in the order of the file.
  ///
  /// - Parameter end: where the list of an index ends, of all blocks; not before where the one before does.
  package func forEachBlockList<Failure: Error>(
    end: (_ list: Int) -> Int, _ body: (BlockList) throws(Failure) -> Void
  ) throws(Failure) {
    let matrices = matrixColumns
    var tiles = Tiles(lanes: laneCount)
    var list = BlockList(offset: blockTableByteCount)
    while let tile = tiles.next() {
      list.lane = tile.first
      list.lanes = tile.lanes
      list.pitch = 4 * tile.lanes * gateCount
      for index in 0..<blockListsOfTile {
        list.isHidden = index >= blockChains
        list.chain = index % blockChains
        list.words = storage.wordCount(columns: list.isHidden ? matrices.hidden : matrices.input)
        list.count = end(list.index) - list.first
        try body(list)
        list.offset += list.count * list.pitch
        list.first += list.count
        list.index += 1
      }
    }
  }
}

/// The kept blocks of one tile and factor, one after the other, of f32 weights those of even or of odd columns.
package struct BlockList {
  /// Of all lists.
  package var index = 0
  /// The tile's first lane, and its lanes.
  package var lane = 0, lanes = 0
  /// Whether these are blocks of U.
  package var isHidden = false
  /// 1 of odd columns.
  package var chain = 0
  /// Words of the factor.
  package var words = 0
  /// Its first block, of all blocks, and how many it has.
  package var first = 0, count = 0
  /// Where that lies, in bytes from the layer's weights, and from one block to the next.
  package var offset: Int, pitch = 0
}
