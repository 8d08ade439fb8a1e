import SluiceBlob
import SluiceNetwork

/// What a JSON text is, told by its keys.
enum JSONFormat: String {
  case rtneural = "RTNeural JSON"
  case aidaX = "AIDA-X JSON"
  case guitarML = "GuitarML JSON"
  case nam = "NAM"
  case stateDictionary = "PyTorch state dictionary JSON"

  /// The format of `root`, whose file has the name `name`.
  init(of root: JSONNode, name: String) throws(ConversionError) {
    let keys = try root.object().keys
    var candidates: [JSONFormat] = []
    if keys.contains("layers") && keys.contains("in_shape") {
      candidates.append(RTNeuralModel.aidaKeys.isDisjoint(with: keys) ? .rtneural : .aidaX)
    }
    if keys.contains("model_data") && keys.contains("state_dict") { candidates.append(.guitarML) }
    if keys.contains("architecture") && keys.contains("config") { candidates.append(.nam) }
    if candidates.isEmpty, try Self.isStateDictionary(root) { candidates.append(.stateDictionary) }
    guard candidates.count < 2 else {
      let names = candidates.map(\.rawValue).joined(separator: " or ")
      throw root.unsupported("ambiguous: its keys are those of \(names)")
    }
    guard let format = candidates.first else {
      let found = keys.isEmpty ? "none" : quotable(keys)
      throw root.unsupported(
        "no known model; expected the keys of RTNeural or AIDA-X (in_shape, layers), GuitarML "
          + "(model_data, state_dict), NAM (architecture, config) or a PyTorch state dictionary "
          + "(names such as rnn.weight_ih_l0); found \(found)")
    }
    let isNamedNAM = name.hasSuffix(".nam")
    guard isNamedNAM == (format == .nam) || !isNamedNAM else {
      throw root.unsupported(
        "ambiguous: its name is that of NAM, its keys are those of \(format.rawValue)")
    }
    guard !name.hasSuffix(".aidax") || format == .aidaX || format == .rtneural else {
      throw root.unsupported(
        "ambiguous: its name is that of AIDA-X, its keys are those of \(format.rawValue)")
    }
    self = format
  }

  /// Whether every value is an array, one of them under a name that PyTorch gives.
  private static func isStateDictionary(_ root: JSONNode) throws(ConversionError) -> Bool {
    var isNamed = false
    for (key, node) in try root.members() {
      guard node.isArray else { return false }
      isNamed = isNamed || key == "weight" || key.hasSuffix(".weight") || key.contains("weight_ih")
    }
    return isNamed
  }
}

extension Converter {
  /// The model of a JSON text.
  static func convert(
    json source: SourceBytes, architecture: JSONNode?
  ) throws(ConversionError) -> ConvertedModel {
    let root = try JSONReader.parse(source)
    let format = try JSONFormat(of: root, name: source.lastPathComponent.lowercased())
    let provenance = Provenance(
      source: source.lastPathComponent, format: format.rawValue, hash: source.hash)
    guard architecture == nil || format == .stateDictionary else {
      throw .unsupported(source.file, "", "\(format.rawValue) needs no architecture file")
    }
    var inferred: String?
    let network: Network
    switch format {
    case .rtneural, .aidaX: network = try RTNeuralModel.network(root, provenance: provenance)
    case .guitarML: network = try GuitarMLModel.network(root, provenance: provenance)
    case .nam: network = try NAMModel.network(root, provenance: provenance)
    case .stateDictionary:
      var tensors = try TensorTable(root)
      let described: Architecture
      if let architecture {
        described = try Architecture(architecture)
      } else {
        described = try Architecture(inferredFrom: tensors)
        inferred = described.summary
      }
      network = try described.network(&tensors, provenance: provenance)
    }
    var model = ConvertedModel(
      network: network, interface: ModelInterface(sequenceOf: network), inferred: inferred)
    if format != .stateDictionary { model.metadata = try ModelMetadata(ofJSON: root) }
    return model
  }
}

extension TensorTable {
  /// The members of an object, each an array of numbers.
  init(_ node: JSONNode) throws(ConversionError) {
    var tensors: [Name: Tensor] = [:]
    for (name, member) in try node.members() { tensors[Name(name)] = try member.array() }
    let path = node.path
    self.init(file: node.file, tensors: tensors) { "\(path).\(quotable($0))" }
  }
}
