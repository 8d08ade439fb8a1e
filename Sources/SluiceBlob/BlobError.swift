/// Why bytes are not a blob: the first rule they break, and where.
public struct BlobError: Error, Equatable, Sendable {
  /// The rule that was broken.
  public let kind: Kind
  /// Byte offset from the start of the file: of the field, or of the first wrong byte of data.
  public let offset: Int

  /// The rule `kind` broken at byte `offset`.
  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }
}
