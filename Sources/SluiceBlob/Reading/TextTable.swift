/// A section of words: a count, the words' offsets, for a vocabulary their sorted ids, the text.
///
///     u32 count, u32 reserved, u32 offsets[count + 1], u32 sorted[count]?, UTF-8 bytes
/// It lies in a file of at most 2^63 bytes and has at most 2^32 entries: no sum here overflows.
struct TextTable {
  let section: Extent
  let count: Int
  let isSorted: Bool

  /// Offset of the entry of `offsets` within the file.
  func offsetField(_ index: Int) -> Int {
    section.start &+ 8 &+ 4 &* index
  }

  /// Offset of the entry of `sorted` within the file.
  func sortedField(_ index: Int) -> Int {
    section.start &+ 8 &+ 4 &* (count &+ 1) &+ 4 &* index
  }

  /// Offset of the first byte of text within the file.
  var textStart: Int {
    section.start &+ TextTable.headLength(count: count, isSorted: isSorted)
  }

  /// Bytes before the text.
  static func headLength(count: Int, isSorted: Bool) -> Int {
    8 &+ 4 &* (count &+ 1) &+ (isSorted ? 4 &* count : 0)
  }

  /// The bytes of one entry. Its offsets were checked; those of a file that was rewritten since are
  /// limited to the section.
  func extent(of index: Int, in file: BlobBytes) -> Extent {
    let length = section.end - textStart
    let start = min(Int(file.u32(offsetField(index))), length)
    let end = min(Int(file.u32(offsetField(index + 1))), length)
    return Extent(start: textStart + start, count: max(end - start, 0))
  }

  /// The bytes of one entry; nil where its offsets, once checked, lead out of the file by now.
  func bytes(of index: Int, in file: BlobBytes) -> UnsafeRawBufferPointer? {
    guard let start = file.u32IfInside(offsetField(index)),
      let end = file.u32IfInside(offsetField(index &+ 1))
    else { return nil }
    return unsafe file.sliceIfInside(
      Extent(start: textStart &+ Int(start), count: Int(end) &- Int(start)))
  }
}
