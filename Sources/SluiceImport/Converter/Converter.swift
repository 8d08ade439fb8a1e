import SluiceBlob
import SluiceNetwork

/// What a reader may be told beside its source.
public struct SourceOptions: Sendable {
  /// The path of an architecture file, for sources that hold tensors without a graph.
  public var architecture: String?
  /// Values of graph inputs that feed weights or initial states, by the input's name.
  ///
  /// Only such inputs take their value from here: the sequence may be among them and stays an input.
  public var constants: [Name: Tensor]
  /// Graph inputs that are one number at every run, by their names: it becomes a part of the network.
  public var fixed: [Name: Double] = [:]
  /// The shapes of graph inputs that the file leaves open.
  public var shapes: [Name: [Int]] = [:]
  /// Inputs that stay states of a graph of one step, though ``constants`` gives what it starts from.
  package var states: Set<Name> = []

  /// Options; the defaults leave everything to the source.
  public init(architecture: String? = nil, constants: [Name: Tensor] = [:]) {
    self.architecture = architecture
    self.constants = constants
  }
}

/// A source, read and understood.
public struct ConvertedModel: Sendable {
  /// The network.
  public let network: Network
  /// What the source's own inputs and outputs are.
  public let interface: ModelInterface
  /// What was inferred where the source does not say it, in one line; nil where nothing was.
  public let inferred: String?
  /// What the source says of the model beside its numbers, not yet applied to the network; nil for nothing.
  public internal(set) var metadata: ModelMetadata?
  /// The graph's nodes that outputs depend on, each as operator and name; empty without a graph.
  package internal(set) var nodes: [String] = []
  /// The paths of files beside the source that hold its numbers.
  package internal(set) var otherFiles: [String] = []

  init(network: Network, interface: ModelInterface, inferred: String? = nil) {
    self.network = network
    self.interface = interface
    self.inferred = inferred
  }
}

/// Reads trained models.
public enum Converter {
  /// Reads the model at `source`, whose format its content and name tell.
  ///
  /// - Throws: `ConversionError` naming the file and the place in it.
  public static func convert(
    source: String, options: SourceOptions = SourceOptions()
  ) throws(ConversionError) -> ConvertedModel {
    var architecture: JSONNode?
    if let path = options.architecture {
      architecture = try JSONReader.parse(SourceBytes(path: path))
    }
    let bytes = try SourceBytes(path: source)
    return try convert(bytes, architecture: architecture, options: options)
  }

  /// The names of the graph inputs of the model at `source`, in order; one for other sources.
  ///
  /// Initializers that older ONNX files list among the inputs are left out.
  public static func inputNames(of source: String) throws(ConversionError) -> [Name] {
    let bytes = try SourceBytes(path: source)
    guard try SourceFormat(of: bytes) == .onnx else { return ["input"] }
    return try ONNXModel(bytes).inputs.map(\.name)
  }

  /// Whether the model at `source` is a graph that only the values of inputs beside the sequence make
  /// a model: with inputs that are weights, or over several steps from states that are inputs.
  package static func needsValues(_ source: String) throws(ConversionError) -> Bool {
    let bytes = try SourceBytes(path: source)
    guard try SourceFormat(of: bytes) == .onnx else { return false }
    let model = try ONNXModel(bytes)
    let roles = RecurrentInputs(of: model)
    guard roles.weights.isEmpty else { return true }
    let sequence = model.inputs.first { !roles.all.contains($0.name) }
    return sequence?.shape?.dropLast().contains { $0 ?? 1 > 1 } ?? false
  }

  package static func convert(
    _ source: SourceBytes, architecture: JSONNode? = nil, constants: [Name: Tensor] = [:]
  ) throws(ConversionError) -> ConvertedModel {
    try convert(source, architecture: architecture, options: SourceOptions(constants: constants))
  }

  private static func convert(
    _ source: SourceBytes, architecture: JSONNode?, options: SourceOptions
  ) throws(ConversionError) -> ConvertedModel {
    let format = try SourceFormat(of: source)
    if format != .onnx, let name = options.fixed.keys.min() ?? options.shapes.keys.min() {
      throw .unsupported(
        source.file, "input \"\(quotable(name))\"", "no graph whose inputs can be fixed")
    }
    var model = try convert(source, format, architecture: architecture, options: options)
    if let found = SileroModel.metadata(of: model.network) ?? GTCRNModel.metadata(of: model) {
      let metadata = try ModelMetadata(text: found.text, file: source.file)
      model.metadata = try model.metadata?.merged(over: metadata) ?? metadata
    }
    return model
  }

  private static func convert(
    _ source: SourceBytes, _ format: SourceFormat, architecture: JSONNode?, options: SourceOptions
  ) throws(ConversionError) -> ConvertedModel {
    func provenance(_ hash: UInt64) -> Provenance {
      Provenance(source: source.lastPathComponent, format: format.rawValue, hash: hash)
    }
    switch format {
    case .json: return try convert(json: source, architecture: architecture)
    case .safetensors:
      return try convert(
        safetensors: source, architecture: architecture, provenance: provenance(source.hash))
    case .rnnoise:
      guard architecture == nil else {
        throw .unsupported(source.file, "", "RNNoise needs no architecture file")
      }
      let network = try RNNoiseReader.network(source, provenance: provenance(source.hash))
      return ConvertedModel(network: network, interface: ModelInterface(sequenceOf: network))
    case .onnx:
      var model = try ONNXModel(source)
      if let architecture {
        return try convert(
          weightsOf: model, Architecture(architecture), options, provenance: provenance(model.hash))
      }
      try model.fix(options)
      do throws(ConversionError) {
        var converted = try GraphImporter.convert(
          model, options, provenance: provenance(model.hash))
        converted.metadata = try ModelMetadata(properties: model.properties, file: source.file)
        converted.otherFiles = model.otherFiles.map { source.folder + $0 }
        return converted
      } catch { throw model.hasLooseGates ? error.aboutLooseGates : error }
    }
  }

  /// The model of an ONNX file whose graph is left aside: its tensors, by their names.
  private static func convert(
    weightsOf model: ONNXModel, _ architecture: Architecture, _ options: SourceOptions,
    provenance: Provenance
  ) throws(ConversionError) -> ConvertedModel {
    if let name = options.fixed.keys.min() ?? options.shapes.keys.min() {
      throw .unsupported(
        model.source.file, "input \"\(quotable(name))\"",
        "the graph is not read where an architecture tells the layers; leave out one of the two")
    }
    var tensors = TensorTable(model)
    let network = try architecture.network(&tensors, provenance: provenance)
    var converted = ConvertedModel(
      network: network, interface: ModelInterface(sequenceOf: network))
    converted.metadata = try ModelMetadata(properties: model.properties, file: model.source.file)
    converted.otherFiles = model.otherFiles.map { model.source.folder + $0 }
    return converted
  }
}
