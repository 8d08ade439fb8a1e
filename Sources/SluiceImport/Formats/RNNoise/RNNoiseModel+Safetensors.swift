import SluiceNetwork

extension RNNoiseModel {
  /// The tensors of each part: W, of a GRU U under the name R, and the bias.
  private static let names = Set(
    Part.allCases.flatMap { part in
      (part.isRecurrent ? ["W", "R", "B"] : ["W", "B"]).map { Name("\(part.rawValue).\($0)") }
    })

  /// Whether these are the tensors of the model.
  static func isDescribed(by file: SafetensorsFile) -> Bool { Set(file.tensors.keys) == names }

  /// What it is, in one line.
  package static let summary =
    "RNNoise v0.1 (input_dense, vad_gru, noise_gru, denoise_gru, denoise_output, vad_output)"

  /// The model of int8 tensors: W `[inputSize, gates * outputSize]`, R `[outputSize, gates *
  /// outputSize]` and B, each a 256th, and activations as the model's definition has them.
  static func network(
    _ file: SafetensorsFile, provenance: Provenance
  ) throws(ConversionError) -> Network {
    if let scale = file.metadata["scale"], scale != "1/256" {
      throw .unsupported(
        file.source.file, "__metadata__.scale", "\"\(quotable(scale))\"; expected \"1/256\"")
    }
    var parts: [Part: Weights] = [:]
    for part in Part.allCases {
      let name = part.rawValue
      let shape = file.tensors["\(name).W"]?.shape ?? []
      let bias = file.tensors["\(name).B"]?.shape ?? []
      let frame = parts[.dense]?.inputSize ?? shape.first ?? 0
      let inputs = inputSize(of: part, frame: frame) { parts[$0]?.outputSize ?? 0 }
      let outputs = (bias.first ?? 0) / part.gateCount
      let columns = part.gateCount * outputs
      guard inputs > 0, outputs > 0 else {
        throw .malformed(file.source.file, "tensor \(name).W", "has no inputs or no outputs")
      }
      parts[part] = Weights(
        inputSize: inputs, outputSize: outputs, activation: part.activation,
        input: try weights("\(name).W", [inputs, columns], file),
        hidden: part.isRecurrent ? try weights("\(name).R", [outputs, columns], file) : [],
        bias: try weights("\(name).B", [columns], file))
    }
    return network(parts, provenance: provenance)
  }

  private static func weights(
    _ name: String, _ shape: [Int], _ file: SafetensorsFile
  ) throws(ConversionError) -> [Float] {
    guard let entry = file.tensors[Name(name)], entry.shape == shape else {
      throw .malformed(
        file.source.file, "tensor \(name)",
        "has the shape \(file.tensors[Name(name)]?.shape ?? []), expected \(shape), as the layers that it "
          + "reads tell")
    }
    guard entry.type == "I8" else {
      throw .unsupported(
        file.source.file, "tensor \(name)", "weights of type \(entry.type); expected I8")
    }
    return file.source.map(entry.range, as: Int8.self) { Float($0) / 256 }
  }
}

extension RNNoiseModel.Part {
  /// What the model's definition says where the file says nothing.
  fileprivate var activation: Network.Function {
    switch self {
    case .dense: .tanh
    case .voice, .noise, .denoise: .relu
    case .gains, .activity: .sigmoid
    }
  }
}
