import SluiceBlob
import TestSupport
import Testing

/// A file to be damaged: fields written at offsets, sections replaced, the hash made right again.
struct BlobFile {
  var bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(_ sample: SampleBlobs.Sample) throws {
    bytes = try SampleBlobs.bytes(sample)
  }

  /// The file of a sample with one field of a record changed, and where that lies.
  static func changed<Value: FixedWidthInteger>(
    _ sample: SampleBlobs.Sample, layer: Int = 0, _ field: Int, to value: Value
  ) throws -> (file: BlobFile, offset: Int) {
    var file = try BlobFile(sample)
    let offset = try file.record(layer) + field
    file.put(value, at: offset)
    return (file, offset)
  }

  /// A file of arbitrary sections, laid out by the rules and with the right hash.
  init(
    sections: [(id: UInt32, data: [UInt8])], version: UInt32 = BlobLayout.firstVersion,
    flags: [UInt32: UInt32] = [:]
  ) {
    var size = BlobLayout.headerSize + sections.count * BlobLayout.sectionEntrySize
    bytes = [UInt8](repeating: 0, count: size)
    put(BlobLayout.magic, at: BlobLayout.Header.magic)
    put(version, at: BlobLayout.Header.version)
    if version > BlobLayout.firstVersion {
      put(UInt32(BlobLayout.recordSize), at: BlobLayout.Header.recordSize)
    }
    put(BlobLayout.byteOrderMark, at: BlobLayout.Header.byteOrderMark)
    put(UInt32(BlobLayout.headerSize), at: BlobLayout.Header.headerSize)
    put(UInt32(sections.count), at: BlobLayout.Header.sectionCount)
    put(UInt32(BlobLayout.sectionEntrySize), at: BlobLayout.Header.sectionEntrySize)
    for (index, section) in sections.enumerated() {
      let entry = BlobLayout.headerSize + index * BlobLayout.sectionEntrySize
      size = BlobLayout.aligned(size)
      put(section.id, at: entry + BlobLayout.Section.id)
      let flags = flags[section.id] ?? SectionID(rawValue: section.id)?.flags ?? 0
      put(flags, at: entry + BlobLayout.Section.flags)
      put(UInt64(size), at: entry + BlobLayout.Section.offset)
      put(UInt64(section.data.count), at: entry + BlobLayout.Section.length)
      bytes += [UInt8](repeating: 0, count: size - bytes.count) + section.data
      size = bytes.count
    }
    bytes += [UInt8](repeating: 0, count: BlobLayout.aligned(size) - size)
    put(UInt64(bytes.count), at: BlobLayout.Header.totalSize)
    rehash()
  }

  mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    for index in 0..<Value.bitWidth / 8 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  func u32(_ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
  }

  func u64(_ offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
  }

  /// Offset of the table's entry of a section, nil where it is absent.
  func find(_ id: SectionID) -> Int? {
    let entries = (0..<Int(u32(BlobLayout.Header.sectionCount))).map {
      BlobLayout.headerSize + $0 * BlobLayout.sectionEntrySize
    }
    return entries.first { u32($0) == id.rawValue }
  }

  /// Offset of the table's entry of a section.
  func entry(_ id: SectionID) throws -> Int {
    try #require(find(id), "no section \(id)")
  }

  /// The bytes of a section.
  func section(_ id: SectionID) throws -> Range<Int> {
    let entry = try entry(id)
    let start = Int(u64(entry + BlobLayout.Section.offset))
    return start..<start + Int(u64(entry + BlobLayout.Section.length))
  }

  /// Every section's id and bytes.
  func sections() throws -> [(id: UInt32, data: [UInt8])] {
    try (0..<Int(u32(BlobLayout.Header.sectionCount))).map {
      let id = u32(BlobLayout.headerSize + $0 * BlobLayout.sectionEntrySize)
      return (id, Array(bytes[try section(#require(SectionID(rawValue: id)))]))
    }
  }

  /// The same file with one section's bytes changed; nil removes the section.
  func replacing(_ id: SectionID, with data: [UInt8]?) throws -> BlobFile {
    var all = try sections().filter { $0.id != id.rawValue }
    if let data { all.append((id.rawValue, data)) }
    var file = BlobFile(
      sections: all.sorted { $0.id < $1.id }, version: u32(BlobLayout.Header.version))
    file.put(u32(BlobLayout.Header.outputMode), at: BlobLayout.Header.outputMode)
    file.rehash()
    return file
  }

  /// Offset of a layer's record.
  func record(_ index: Int = 0) throws -> Int {
    try section(.layers).lowerBound + index * BlobLayout.recordSize
  }

  mutating func rehash() {
    let hash = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash(ofBlob: $0) }
    put(hash, at: BlobLayout.Header.hash)
  }

  /// Expects the file, its hash made right, to break the rule `kind` at byte `offset`.
  func expect(
    _ kind: BlobError.Kind, at offset: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var file = self
    file.rehash()
    let error = AlignedBytes(file.bytes).error()
    HostileFiles.record(file.bytes, error, checkingHash: true)
    #expect(error == BlobError(kind, at: offset), sourceLocation: sourceLocation)
  }

  /// Expects the file, its hash made right, to be a blob.
  func expectValid(sourceLocation: SourceLocation = #_sourceLocation) {
    var file = self
    file.rehash()
    #expect(AlignedBytes(file.bytes).error() == nil, sourceLocation: sourceLocation)
  }
}
