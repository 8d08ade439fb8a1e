extension Validator {
  private typealias Field = BlobLayout.Header

  /// Checks the header's 64 bytes. Returns the number of sections, whose table lies in the file.
  mutating func validateHeader() throws(BlobError) -> Int {
    guard file.count >= BlobLayout.headerSize else { throw BlobError(.headerTruncated, at: 0) }
    try validateIdentity()
    version = file.u32(Field.version)
    try validateSizes()
    try validateRecordSize()
    output = try file.value(Field.outputMode, or: .unknownOutputMode)
    try requireZero(Field.reserved..<BlobLayout.headerSize, or: .reservedNotZero)

    let count = file.u32(Field.sectionCount)
    if count == 0 { throw BlobError(.noSections, at: Field.sectionCount) }
    if count > BlobLimits.sectionCount { throw BlobError(.tooManySections, at: Field.sectionCount) }
    guard file.u32(Field.sectionEntrySize) == UInt32(BlobLayout.sectionEntrySize) else {
      throw BlobError(.wrongSectionEntrySize, at: Field.sectionEntrySize)
    }
    guard BlobLayout.headerSize + Int(count) * BlobLayout.sectionEntrySize <= file.count else {
      throw BlobError(.sectionTableBeyondFile, at: Field.sectionCount)
    }
    return Int(count)
  }

  /// Magic, byte order and version: the order matters, a swapped file has a swapped version too.
  private func validateIdentity() throws(BlobError) {
    if file.u64(Field.magic) != BlobLayout.magic { throw BlobError(.wrongMagic, at: Field.magic) }
    let mark = file.u32(Field.byteOrderMark)
    if mark == BlobLayout.byteOrderMark.byteSwapped {
      throw BlobError(.swappedByteOrder, at: Field.byteOrderMark)
    }
    if mark != BlobLayout.byteOrderMark {
      throw BlobError(.wrongByteOrderMark, at: Field.byteOrderMark)
    }
    let version = file.u32(Field.version)
    if version == 0 { throw BlobError(.versionZero, at: Field.version) }
    if version > BlobLayout.newestVersion {
      throw BlobError(.futureVersion, at: Field.version, found: UInt64(version))
    }
  }

  /// Checks what version 2 declares: whole lines of 64 bytes, at least those that it defines.
  private mutating func validateRecordSize() throws(BlobError) {
    if version == BlobLayout.firstVersion {
      return try requireZero(Field.recordSize..<Field.reserved, or: .reservedNotZero)
    }
    let size = file.u32(Field.recordSize)
    guard size % 64 == 0, size >= UInt32(BlobLayout.recordSize),
      size <= UInt32(BlobLayout.largestRecordSize)
    else { throw BlobError(.wrongRecordSize, at: Field.recordSize, found: UInt64(size)) }
    recordSize = Int(size)
  }

  private func validateSizes() throws(BlobError) {
    let headerSize = file.u32(Field.headerSize)
    if headerSize < UInt32(BlobLayout.headerSize) {
      throw BlobError(.headerSizeTooSmall, at: Field.headerSize)
    }
    if UInt64(headerSize) > UInt64(file.count) {
      throw BlobError(.headerSizeBeyondFile, at: Field.headerSize)
    }
    if headerSize != UInt32(BlobLayout.headerSize) {
      throw BlobError(.unsupportedHeaderSize, at: Field.headerSize)
    }
    if file.u32(Field.flags) != 0 { throw BlobError(.unknownFlag, at: Field.flags) }

    let declared = file.u64(Field.totalSize)
    if declared > BlobLimits.fileSize { throw BlobError(.fileTooLarge, at: Field.totalSize) }
    if declared > UInt64(file.count) { throw BlobError(.sizeBeyondFile, at: Field.totalSize) }
    if declared < UInt64(file.count) { throw BlobError(.trailingBytes, at: Int(declared)) }
  }
}
