/// Files that come into being whole or not at all.
public enum BlobFile {
  /// Writes `bytes` to `path`: a temporary file beside it, synchronised, then renamed over it.
  ///
  /// On failure the file at `path` is as it was, and nothing else is left.
  public static func write(_ bytes: [UInt8], to path: String) throws(ConversionError) {
    throw ConversionError(.unwritable, file: path, reason: "files are not written yet")
  }
}
