extension BlobView {
  /// The end of the section of records, as a header and its table of sections say that nobody has
  /// validated yet; 0 where they say nothing that validation would let pass.
  ///
  /// What is read up to there decides which memory is read later: whoever maps a file that others may
  /// write has it in pages of its own first.
  ///
  /// - Parameter head: the file's first bytes: of the table, what lies in them is looked at.
  package static func recordsEnd(in head: UnsafeRawBufferPointer) -> Int {
    guard let base = head.baseAddress, head.count >= BlobLayout.headerSize else { return 0 }
    let file = unsafe BlobBytes(base: base, count: head.count)
    let count = min(file.u32(BlobLayout.Header.sectionCount), BlobLimits.sectionCount)
    var entry = BlobLayout.headerSize
    var index: UInt32 = 0
    while index < count, entry &+ BlobLayout.sectionEntrySize <= head.count {
      if file.u32(entry &+ BlobLayout.Section.id) == SectionID.layers.rawValue {
        let offset = file.u64(entry &+ BlobLayout.Section.offset)
        let length = file.u64(entry &+ BlobLayout.Section.length)
        return offset <= BlobLimits.fileSize && length <= UInt64(longestRecords)
          ? Int(offset) &+ Int(length) : 0
      }
      entry &+= BlobLayout.sectionEntrySize
      index &+= 1
    }
    return 0
  }

  private static var longestRecords: Int { BlobLimits.layerCount * BlobLayout.largestRecordSize }
}
