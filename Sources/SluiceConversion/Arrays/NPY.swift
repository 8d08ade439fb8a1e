/// NumPy's `.npy` files: float32, float64, int32 and int64 in C order, versions 1 and 2.
public enum NPY {
  /// The array that the file at `path` holds.
  ///
  /// - Throws: ``ConversionError`` naming the byte offset or the header's key.
  public static func read(_ path: String) throws(ConversionError) -> Tensor {
    throw .unsupported(path, "", "a .npy file is not read yet")
  }

  /// The bytes of a version 1 file that holds `tensor`.
  public static func bytes(of tensor: Tensor) -> [UInt8] {
    []
  }

  /// Writes `tensor` to `path`, all or nothing.
  public static func write(_ tensor: Tensor, to path: String) throws(ConversionError) {
    try BlobFile.write(bytes(of: tensor), to: path)
  }
}

/// ONNX's `TensorProto` in a file of its own, as the ONNX backend tests hold inputs and outputs.
public enum TensorProtoFile {
  /// The tensor that the file at `path` holds, and its name; nil where the file is empty.
  ///
  /// An empty file stands for an optional input that is absent.
  public static func read(_ path: String) throws(ConversionError) -> (name: String, Tensor)? {
    throw .unsupported(path, "", "a .pb file is not read yet")
  }
}
