import SluiceBlob
import SluiceNetwork

/// What the author of a model says of it in a JSON object, which the blob then carries: names and units,
/// rates, a version. Where it gives a mean and a deviation of inputs or outputs, the network reads and writes
/// in their units.
///
/// Keys that have a meaning here, and are checked: `inputs` and `outputs`, one object a feature, of `name`,
/// `unit`, `description`, `mean`, `std` and `range`; `sample_rate`, `hop`, `context`, `horizon`, `version`,
/// `license`, `description`. All others are the author's.
public struct ModelMetadata: Sendable {
  /// One feature of the input or output.
  struct Feature {
    let name: String?
    /// What the network's own feature 0 and 1 stand for, in the feature's unit: the mean, and the mean and
    /// one deviation more.
    let mean: Double
    let deviation: Double

    var isScaled: Bool { mean != 0 || deviation != 1 }
  }

  private let file: String
  private let inputs: [Feature]?
  private let outputs: [Feature]?
  /// The text, as the author wrote it.
  public let text: String

  /// Reads a file.
  public init(path: String) throws(ConversionError) {
    try self.init(SourceBytes(path: path))
  }

  /// Reads what a blob carries; `file` names it in errors.
  public init(text: String, file: String) throws(ConversionError) {
    try self.init(SourceBytes(file: file, Array(text.utf8)))
  }

  init(_ source: SourceBytes) throws(ConversionError) {
    guard source.count <= BlobLimits.metadataLength else {
      throw .unsupported(
        source.file, "",
        "\(source.count) bytes; a blob carries up to \(BlobLimits.metadataLength) of metadata")
    }
    let root = try JSONReader.parse(source)
    _ = try root.object()
    file = source.file
    text = String(decoding: source.array(0..<source.count), as: UTF8.self)
    inputs = try Self.features(root, "inputs")
    outputs = try Self.features(root, "outputs")
    for key in ["version", "license", "description"] { _ = try root.optional(key)?.string() }
    for key in ["hop", "context", "horizon"] {
      _ = try root.optional(key)?.integer(in: 0...Int(Int32.max))
    }
    if let rate = try root.optional("sample_rate"), try rate.double() <= 0 {
      throw rate.malformed("expected samples a second, a number greater than zero")
    }
  }

  /// The network with this metadata, reading and writing in the units that they name.
  public func applied(to network: Network) throws(ConversionError) -> Network {
    var network = network
    network.metadata = text
    let inputCount = network.readsIDs ? 1 : network.inputSize
    try check(inputs, "inputs", inputCount, "reads")
    try check(outputs, "outputs", network.outputSize, "writes")
    if let unit = unitOfInput {
      guard !network.readsIDs else {
        throw .unsupported(file, "$.inputs", "a mean or std of token ids, which are no numbers")
      }
      network.prepend(Network.Layer(name: "metadata.inputs", operation: .scale(unit)))
    }
    if let outputs, outputs.contains(where: \.isScaled) {
      let scale = Network.Scale(
        scale: outputs.map { Float($0.deviation) }, shift: outputs.map { Float($0.mean) })
      network.layers.append(
        Network.Layer(name: "metadata.outputs", operation: .scale(scale)))
    }
    return network
  }

  /// (x - mean) / std, as a factor and a summand; nil where nothing is scaled.
  private var unitOfInput: Network.Scale? {
    guard let inputs, inputs.contains(where: \.isScaled) else { return nil }
    return Network.Scale(
      scale: inputs.map { Float(1 / $0.deviation) },
      shift: inputs.map { Float(-$0.mean / $0.deviation) })
  }

  /// What brings the inputs of a blob with this metadata to those of its network; nil where nothing does.
  package static func unit(ofInputsIn metadata: String) -> Network.Scale? {
    guard !metadata.isEmpty else { return nil }
    return (try? ModelMetadata(text: metadata, file: ""))?.unitOfInput
  }

  private func check(
    _ features: [Feature]?, _ key: String, _ count: Int, _ verb: String
  ) throws(ConversionError) {
    guard let features, features.count != count else { return }
    throw .malformed(
      file, "$.\(key)",
      "describes \(features.count) features; the model \(verb) \(count)")
  }

  private static func features(
    _ root: JSONNode, _ key: String
  ) throws(ConversionError) -> [Feature]? {
    guard let node = try root.optional(key) else { return nil }
    var features: [Feature] = []
    var names: Set<[UInt8]> = []
    for feature in try node.elements() {
      let name = try feature.optional("name")?.string()
      if let name, !names.insert(Array(name.utf8)).inserted {
        throw feature.malformed("a second feature of the name \"\(quotable(name))\"")
      }
      for text in ["unit", "description"] { _ = try feature.optional(text)?.string() }
      if let range = try feature.optional("range") {
        let bounds = try range.elements()
        guard bounds.count == 2, try bounds[0].double() <= bounds[1].double() else {
          throw range.malformed("expected the least and the greatest value")
        }
      }
      let mean = try feature.optional("mean")?.double() ?? 0
      let deviation = try feature.optional("std")?.double() ?? 1
      guard deviation > 0, (1 / deviation).isFiniteFloat, deviation.isFiniteFloat,
        mean.isFiniteFloat, (mean / deviation).isFiniteFloat
      else {
        throw feature.malformed(
          "mean \(mean) and std \(deviation) are no scale of float32; std is greater than zero")
      }
      features.append(Feature(name: name, mean: mean, deviation: deviation))
    }
    return features
  }
}

extension Double {
  fileprivate var isFiniteFloat: Bool { Float(self).isFinite }
}

extension Network {
  /// What brings the input's units, where metadata names some, to those of the layers behind.
  package var unitOfInput: Scale? { ModelMetadata.unit(ofInputsIn: metadata) }

  /// Puts a layer before all others, which reads the network's input.
  fileprivate mutating func prepend(_ layer: Layer) {
    for index in layers.indices {
      layers[index].inputs = layers[index].inputs.map { $0 + 1 }
    }
    layers.insert(layer, at: 0)
  }
}
