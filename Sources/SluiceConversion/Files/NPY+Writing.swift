import SluiceImport
import SluiceNetwork

extension NPY {
  /// Writes `tensor` to `path`, all or nothing.
  public static func write(_ tensor: Tensor, to path: String) throws(ConversionError) {
    try BlobFile.write(bytes(of: tensor), to: path)
  }
}
