extension Validator {
  private typealias Field = BlobLayout.Section

  /// Checks the table of `count` entries, which lies in the file, and the padding between sections.
  mutating func validateSectionTable(count: Int) throws(BlobError) {
    var previousID: UInt32 = 0
    var end = BlobLayout.headerSize + count * BlobLayout.sectionEntrySize
    for index in 0..<count {
      let entry = BlobLayout.headerSize + index * BlobLayout.sectionEntrySize
      let id = try sectionID(entry, after: previousID)
      let extent = try sectionExtent(entry, after: end)
      try requireZero(end..<extent.start, or: .paddingNotZero)
      if let id { sections[id] = extent }
      if id?.since ?? 2 > BlobLayout.firstVersion { usesVersion2 = true }
      previousID = file.u32(entry + Field.id)
      end = extent.end
    }
    guard BlobLayout.aligned(end) == file.count else {
      throw BlobError(.wrongTotalSize, at: BlobLayout.Header.totalSize)
    }
    try requireZero(end..<file.count, or: .paddingNotZero)

    let missing = BlobLayout.Header.sectionCount
    if sections.layers.count == 0 { throw BlobError(.missingLayers, at: missing) }
    if sections.names.count == 0 { throw BlobError(.missingNames, at: missing) }
    if sections.provenance.count == 0 { throw BlobError(.missingProvenance, at: missing) }
  }

  /// What an entry is of; nil where this reader does not know the section, but may pass over it.
  private func sectionID(_ entry: Int, after previous: UInt32) throws(BlobError) -> SectionID? {
    let rawID = file.u32(entry + Field.id)
    let flags = file.u32(entry + Field.flags)
    var id = SectionID(rawValue: rawID)
    if let known = id, known.since > version { id = nil }
    let isSkippable =
      version > BlobLayout.firstVersion && rawID != 0 && flags & SectionID.skippable != 0
    if id == nil, !isSkippable {
      throw BlobError(.unknownSection, at: entry + Field.id, found: UInt64(rawID))
    }
    if rawID == previous { throw BlobError(.duplicateSection, at: entry + Field.id) }
    if rawID < previous { throw BlobError(.sectionsOutOfOrder, at: entry + Field.id) }
    let known = version == BlobLayout.firstVersion ? 0 : SectionID.skippable
    if flags & ~known != 0 {
      throw BlobError(.unknownSectionFlag, at: entry + Field.flags, found: UInt64(flags))
    }
    if let id, flags != id.flags {
      throw BlobError(.wrongSectionFlag, at: entry + Field.flags, found: UInt64(flags))
    }
    let reserved = entry + Field.reserved
    try requireZero(reserved..<entry + BlobLayout.sectionEntrySize, or: .reservedNotZero)
    return id
  }

  /// The range of a section that must start at the next multiple of 64 after `end`.
  private func sectionExtent(_ entry: Int, after end: Int) throws(BlobError) -> Extent {
    let offset = file.u64(entry + Field.offset)
    let length = file.u64(entry + Field.length)
    let (sum, wraps) = offset.addingReportingOverflow(length)
    if wraps { throw BlobError(.sectionRangeOverflows, at: entry + Field.length) }
    let size = UInt64(file.count)
    if offset > size { throw BlobError(.sectionBeyondFile, at: entry + Field.offset) }
    if sum > size { throw BlobError(.sectionBeyondFile, at: entry + Field.length) }
    let start = Int(offset)
    if start % BlobLayout.alignment != 0 {
      throw BlobError(.sectionMisaligned, at: entry + Field.offset)
    }
    if start < end { throw BlobError(.sectionOverlap, at: entry + Field.offset) }
    if start > BlobLayout.aligned(end) {
      throw BlobError(.sectionHole, at: entry + Field.offset)
    }
    if length == 0 { throw BlobError(.emptySection, at: entry + Field.length) }
    return Extent(start: start, count: Int(length))
  }

  /// Offset of the entry of a section that is present.
  func entry(of section: SectionID) -> Int {
    var entry = BlobLayout.headerSize
    while file.u32(entry + Field.id) != section.rawValue { entry += BlobLayout.sectionEntrySize }
    return entry
  }
}
