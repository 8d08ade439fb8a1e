import SluiceBlob

/// Where a network's weights came from.
public struct Provenance: Sendable, Hashable {
  /// The version of this converter.
  public static let converterVersion = "\(LibraryVersion.text)"

  /// The source's file name, without its folder.
  public var source: String
  /// The source's format, such as `safetensors`, `onnx` or `NAM`.
  public var format: String
  /// XXH64 of the source's bytes, with seed 0.
  public var hash: UInt64
  /// The version of the converter that read it.
  public var converter: String

  /// The provenance of a network read from `source`.
  public init(
    source: String, format: String, hash: UInt64, converter: String = converterVersion
  ) {
    self.source = source
    self.format = format
    self.hash = hash
    self.converter = converter
  }
}
