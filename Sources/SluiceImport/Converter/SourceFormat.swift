import SluiceNetwork

/// The formats of trained models that are read.
enum SourceFormat: String {
  case safetensors
  case onnx
  /// A model of JSON: ``JSONFormat`` tells which.
  case json
  case rnnoise = "RNNoise"

  /// The format of `source`: what its name says, or else its content.
  init(of source: SourceBytes) throws(ConversionError) {
    let name = source.lastPathComponent.lowercased()
    if name.hasSuffix(".safetensors") {
      self = .safetensors
    } else if name.hasSuffix(".onnx") {
      self = .onnx
    } else if [".json", ".nam", ".aidax"].contains(where: { name.hasSuffix($0) }) {
      self = .json
    } else if [".rnn", ".rnnn"].contains(where: { name.hasSuffix($0) })
      || RNNoiseReader.isText(source)
    {
      self = .rnnoise
    } else if source.count >= 9, source[8] == UInt8(ascii: "{"), source[7] == 0 {
      self = .safetensors
    } else if let reason = Self.refusal(of: source, named: name) {
      throw .unsupported(source.file, "", reason)
    } else if Self.beginsAsJSON(source) {
      self = .json
    } else {
      let ending = name.split(separator: ".").last.map(String.init) ?? ""
      throw .unsupported(
        source.file, "",
        "the format \".\(quotable(ending))\" is not supported; expected .safetensors, .onnx, .nam, .rnn "
          + "(RNNoise) or .json (RTNeural, AIDA-X, GuitarML, a PyTorch state dictionary); scripts in "
          + "tools/python make a .safetensors of .keras and .h5 (export_keras.py), .tflite "
          + "(export_tflite.py) and PyTorch modules, .pt (export_torch.py)")
    }
  }

  private static func beginsAsJSON(_ source: SourceBytes) -> Bool {
    let start = source.array(0..<min(source.count, 4096))
    return start.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == UInt8(ascii: "{")
  }

  /// What a known file of another format is called, and what to do with it; nil where it is none.
  private static func refusal(of source: SourceBytes, named name: String) -> String? {
    let start = source.array(0..<min(source.count, 8))
    let ending = name.split(separator: ".").last.map(String.init) ?? ""
    func exported(_ format: String, by script: String) -> String {
      "\(format) is not supported itself; tools/python/\(script) makes a safetensors file of it: "
        + "python3 tools/python/\(script) \(quotable(source.lastPathComponent)) model.safetensors, "
        + "which is done where SLUICE_PYTHON=python3 is in the environment"
    }
    if start.starts(with: [0x89, 0x48, 0x44, 0x46]) || ["h5", "hdf5", "keras"].contains(ending) {
      return exported("a Keras model", by: "export_keras.py")
    }
    if start.dropFirst(4).starts(with: "TFL3".utf8) || ending == "tflite" {
      return exported("a TensorFlow Lite model", by: "export_tflite.py")
    }
    if source.isTorchScript {
      return
        "a TorchScript file holds code, which is not read; export the module that it was made of "
        + "by torch.onnx.export (also torch.jit.load's, with dynamo=False), or by "
        + "tools/python/export_torch.py from its Python source"
    }
    if ["pt", "pth", "ckpt", "state_dict"].contains(ending) {
      return exported("a PyTorch checkpoint, which is a pickle,", by: "export_weights.py")
        + "; its layers are those of --architecture, or of a module: export_torch.py model.py:build "
        + "model.safetensors --weights \(quotable(source.lastPathComponent))"
    }
    if ending == "npz" {
      return exported("an archive of arrays", by: "export_weights.py")
        + "; its layers are those of --architecture"
    }
    if start.starts(with: "lmgg".utf8) {
      return exported("a file of ggml, of which Silero VAD is read,", by: "export_weights.py")
    }
    if ["pkl", "pickle", "msgpack"].contains(ending) {
      return exported(
        "a tree of arrays, as haiku's and flax' users keep it,", by: "export_weights.py")
        + "; its layers are those of --architecture"
    }
    return ending == "pb" ? "the format TensorFlow graph is not supported" : nil
  }
}

extension SourceBytes {
  /// Whether this is an archive of TorchScript: a zip whose members are code and constants.
  fileprivate var isTorchScript: Bool {
    guard count > 64, array(0..<4) == [0x50, 0x4B, 0x03, 0x04] else { return false }
    // Names stand in the directory at the end.
    let end = array(max(0, count - 1 << 16)..<count)
    return [UInt8]("/constants.pkl".utf8).isWithin(end) && [UInt8]("/code/".utf8).isWithin(end)
  }
}

extension [UInt8] {
  fileprivate func isWithin(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= count else { return false }
    return (0...bytes.count - count).contains { start in
      bytes[start] == self[0] && bytes[start..<start + count].elementsEqual(self)
    }
  }
}
