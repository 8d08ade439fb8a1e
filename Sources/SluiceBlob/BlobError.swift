/// Why bytes are not a blob: the first rule they break, and where.
public struct BlobError: Error, Sendable {
  /// The rule that was broken.
  public let kind: Kind
  /// Byte offset from the start of the file: of the field, or of the first wrong byte of data.
  public let offset: Int
  /// What stood there, where saying so helps: an unknown version, section or choice.
  public let found: UInt64?

  /// The rule `kind` broken at byte `offset`.
  public init(_ kind: Kind, at offset: Int, found: UInt64? = nil) {
    self.kind = kind
    self.offset = offset
    self.found = found
  }
}

extension BlobError: Equatable {
  /// Whether both are of the same rule at the same place.
  public static func == (a: BlobError, b: BlobError) -> Bool {
    a.kind == b.kind && a.offset == b.offset
  }
}
