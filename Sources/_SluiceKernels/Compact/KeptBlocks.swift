import _SluiceContract

/// The words of columns that a sparse layer keeps for a tile, of W or of U.
@safe struct KeptWords {
  /// 16 bits each.
  var words: UnsafeRawPointer
  var count: Int
  /// The factor's last word: none beyond it is read.
  let last: Int
  /// Of f32 weights the words of odd columns, which follow.
  var followingCount: Int = 0

  @inline(always)
  var following: KeptWords {
    unsafe KeptWords(words: words + 2 &* count, count: followingCount, last: last)
  }

  /// The first word, or one further on.
  @inline(always)
  func word(_ index: Int) -> Int {
    let word = unsafe Int((words + 2 &* index).loadUnaligned(as: UInt16.self))
    return word < last ? word : last
  }

  @inline(always)
  mutating func drop(_ count: Int) {
    unsafe words += 2 &* count
    self.count &-= count
  }
}

extension sluice_blocks {
  /// Which blocks are a list's: within those of its tile's width, whatever a changed file says.
  @inline(always)
  func range(ofList list: Int, isSingle: Bool) -> (first: Int, count: Int) {
    guard let ends = unsafe ends else { return (0, 0) }
    let limit = unsafe isSingle ? all : paired
    let stated = unsafe list > 0 ? Int(ends[list &- 1]) : 0
    let end = unsafe min(Int(ends[list]), limit)
    let first = unsafe isSingle ? max(stated, paired) : stated
    return first < end ? (first, end &- first) : (end, 0)
  }

  /// Where the weights of a block lie, in bytes from the first one's; a pair's block has `bytes`.
  @inline(always)
  func offset(of block: Int, isSingle: Bool, bytes: Int) -> Int {
    unsafe isSingle ? paired &* bytes &+ (block &- paired) &* (bytes &>> 1) : block &* bytes
  }

  /// The words of a list's blocks, of a factor whose last one is `last`.
  @inline(always)
  func kept(_ first: Int, _ count: Int, last: Int, or none: UnsafeRawPointer) -> KeptWords {
    unsafe KeptWords(words: words.map { unsafe $0 + 2 &* first } ?? none, count: count, last: last)
  }
}

extension sluice_compact_pass {
  /// What is kept of a span's sums over one factor, of which `block` is all. Words hold as many columns;
  /// those of one column have two chains, a list each.
  @inline(always)
  func kept(
    _ block: CompactBlock, of blocks: sluice_blocks, _ span: CompactSpan, wordColumns: Int
  ) -> CompactBlock {
    let isSingle = span.lanes == 8
    let chains = wordColumns == 1 ? 2 : 1
    let isHidden = unsafe block.biases == nil
    let list = unsafe span.tile &* blocks.lists &+ (isHidden ? chains : 0)
    let (first, count) = unsafe blocks.range(ofList: list, isSingle: isSingle)
    var kept = block
    unsafe kept.weights =
      weights + blocks.offset(of: first, isSingle: isSingle, bytes: gates &* 64)
    unsafe kept.kept = blocks.kept(
      first, count, last: (block.columns &- 1) / wordColumns, or: weights)
    if chains == 2 {
      let (_, following) = unsafe blocks.range(ofList: list &+ 1, isSingle: isSingle)
      // The ends may change between their readings.
      let left = unsafe (isSingle ? blocks.all : blocks.paired) &- first &- count
      kept.kept.followingCount = min(following, left)
    }
    return kept
  }
}
