/// A validated blob, read where it lies: nothing is copied and nothing allocated.
///
/// The view does not own the bytes. They MUST stay mapped and unchanged for as long as the view, a
/// copy of it or a pointer from it is used.
@safe
public struct BlobView {
  let file: BlobBytes
  let sections: SectionExtents
  /// Bytes of a layer's record.
  let recordSize: Int
  /// The version of the format, 1 or 2.
  public let version: UInt32
  /// Which outputs of a sequence count.
  public let output: OutputMode
  /// The hash that the file declares, XXH64 of all its other bytes.
  public let hash: UInt64
  /// The number of words of the vocabulary, 0 where there is none.
  public let vocabularyCount: Int
  /// Whether the vocabulary has a space for a word: its words are pieces of a text then, as characters are.
  public private(set) var hasPieces = false

  /// Validates every field and every float of `bytes`, once.
  ///
  /// Time is linear in the size of the file; nothing is allocated.
  ///
  /// - Parameters:
  ///   - bytes: the whole file, starting at a multiple of 64 in memory.
  ///   - checkingHash: whether to compare the hash too; every other rule is checked regardless.
  /// - Throws: ``BlobError`` with the first rule broken and the offset of the field or byte.
  public init(
    validating bytes: UnsafeRawBufferPointer, checkingHash: Bool = true
  ) throws(BlobError) {
    guard bytes.count > 0, let base = bytes.baseAddress else { throw BlobError(.emptyFile, at: 0) }
    let address = UInt(bitPattern: base)
    guard address % UInt(BlobLayout.alignment) == 0 else {
      throw BlobError(.misalignedBuffer, at: 0)
    }
    unsafe try self.init(base: base, count: bytes.count, checkingHash: checkingHash)
  }

  /// Validates bytes of any alignment, for the writer's own: floats must not be taken from it.
  init(base: UnsafeRawPointer, count: Int, checkingHash: Bool) throws(BlobError) {
    file = unsafe BlobBytes(base: base, count: count)
    var validator = Validator(file: file)
    try validator.validate(checkingHash: checkingHash)
    sections = validator.sections
    recordSize = validator.recordSize
    version = validator.version
    output = validator.output
    hash = file.u64(BlobLayout.Header.hash)
    let words = sections.vocabulary
    vocabularyCount = words.count == 0 ? 0 : Int(file.u32(words.start))
    let space: StaticString = " "
    hasPieces =
      unsafe tokenID(of: UnsafeRawBufferPointer(start: space.utf8Start, count: 1)) != nil
  }

  /// The whole file.
  public var bytes: UnsafeRawBufferPointer {
    unsafe file.slice(Extent(start: 0, count: file.count))
  }

  /// Where the weights came from: a JSON object in UTF-8.
  public var provenance: UnsafeRawBufferPointer {
    unsafe file.slice(sections.provenance)
  }

  /// What an application wants to know of the model: a JSON object in UTF-8, or no bytes.
  public var metadata: UnsafeRawBufferPointer {
    unsafe file.slice(sections.metadata)
  }

  /// The range of a section within the file, nil where it is absent.
  public func range(of section: SectionID) -> ByteRange? {
    let extent = sections[section]
    guard extent.count > 0 else { return nil }
    return ByteRange(offset: UInt64(extent.start), length: UInt64(extent.count))
  }
}

// The bytes are never written, so any number of threads may read them.
extension BlobView: @unchecked Sendable {}
