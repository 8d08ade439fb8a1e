/// The bounds that the format sets, so that no product of sizes can overflow 64 bits.
public enum BlobLimits {
  /// The greatest number of bytes of a file.
  @inlinable public static var fileSize: UInt64 { 1 << 40 }
  /// The greatest number of sections.
  @inlinable public static var sectionCount: UInt32 { 16 }
  /// The greatest number of bytes of the metadata.
  @inlinable public static var metadataLength: Int { 65536 }
  /// The greatest number of layers.
  @inlinable public static var layerCount: Int { 1024 }
  /// The greatest input, hidden or output size.
  @inlinable public static var size: UInt64 { 65536 }
  /// The greatest number of ids of an embedding, its input size.
  @inlinable public static var tokenCount: UInt64 { 1 << 24 }
  /// The greatest number of floats that a convolution sees at a step, or one of its outputs sees.
  @inlinable public static var windowFloats: Int { 1 << 22 }
  /// The greatest number of bytes of a layer's name or of a label.
  @inlinable public static var nameLength: Int { 255 }
  /// The greatest number of bytes of a word of the vocabulary.
  @inlinable public static var wordLength: Int { 65535 }
  /// The deepest nesting of arrays and objects in the provenance and the metadata.
  @inlinable public static var jsonDepth: Int { 64 }
}
