/// A section of words: a count, the words' offsets, for a vocabulary their sorted ids, the text.
///
///     u32 count, u32 reserved, u32 offsets[count + 1], u32 sorted[count]?, UTF-8 bytes
struct TextTable {
  let section: Extent
  let count: Int
  let isSorted: Bool

  /// Offset of the entry of `offsets` within the file.
  func offsetField(_ index: Int) -> Int {
    section.start + 8 + 4 * index
  }

  /// Offset of the entry of `sorted` within the file.
  func sortedField(_ index: Int) -> Int {
    section.start + 8 + 4 * (count + 1) + 4 * index
  }

  /// Offset of the first byte of text within the file.
  var textStart: Int {
    section.start + TextTable.headLength(count: count, isSorted: isSorted)
  }

  /// Bytes before the text. `count` is at most 2^32, so that nothing overflows.
  static func headLength(count: Int, isSorted: Bool) -> Int {
    8 + 4 * (count + 1) + (isSorted ? 4 * count : 0)
  }

  /// The bytes of one entry. Its offsets were checked.
  func extent(of index: Int, in file: BlobBytes) -> Extent {
    let start = Int(file.u32(offsetField(index)))
    let end = Int(file.u32(offsetField(index + 1)))
    return Extent(start: textStart + start, count: end - start)
  }
}
