/// The formats of trained models that are read.
enum SourceFormat: String {
  case safetensors
  case onnx

  /// The format of `source`: what its name says, or else its content.
  init(of source: SourceBytes) throws(ConversionError) {
    let name = source.lastPathComponent.lowercased()
    if name.hasSuffix(".safetensors") {
      self = .safetensors
    } else if name.hasSuffix(".onnx") {
      self = .onnx
    } else if source.count >= 9, source[8] == UInt8(ascii: "{"), source[7] == 0 {
      self = .safetensors
    } else {
      throw .unsupported(
        source.file, "", "the format \(Self.known(name)); expected .safetensors or .onnx")
    }
  }

  /// What a file of another format is called.
  private static func known(_ name: String) -> String {
    let formats = [
      "nam": "Neural Amp Modeler", "json": "JSON", "h5": "Keras HDF5", "keras": "Keras",
      "tflite": "TensorFlow Lite", "pt": "PyTorch pickle", "pth": "PyTorch pickle",
      "ckpt": "PyTorch pickle", "pb": "TensorFlow graph", "rnnn": "RNNoise",
    ]
    let ending = name.split(separator: ".").last.map(String.init) ?? ""
    let format = formats[ending] ?? "\".\(quotable(ending))\""
    return "\(format) is not supported"
  }
}
