import SluiceBlob

/// What a source's tensors are: the layers in order, with the prefixes of their tensors.
struct Architecture {
  /// One layer, or a stack of recurrent layers, of an architecture.
  enum Layer {
    case embedding(tensors: String)
    case recurrent(cell: Network.Cell, tensors: String, count: Int)
    case dense(tensors: String, activation: Network.Function)
    case activation(Network.Function)
  }

  /// Features read at a step, or the ids of an embedding; nil where nothing says so.
  var inputSize: Int?
  var layers: [Layer]
  var output: OutputMode = .sequence
}

extension Architecture {
  /// Keys of each known layer type, `type` apart.
  private static let keys: [String: Set<String>] = [
    "embedding": ["tensors"],
    "lstm": ["tensors", "layers", "bidirectional", "projection"],
    "gru": ["tensors", "layers", "bidirectional"],
    "rnn": ["tensors", "layers", "bidirectional", "nonlinearity"],
    "dense": ["tensors", "activation"],
    "activation": ["activation"],
  ]
  /// Layer types of the contract that no blob can hold yet.
  private static let later: Set = ["conv1d", "layernorm", "batchnorm", "prelu"]

  /// The architecture that a JSON text describes.
  init(_ root: JSONNode) throws(ConversionError) {
    _ = try root.object(keys: ["input_size", "layers", "output"])
    inputSize = try root.optional("input_size")?.integer(in: 1...Int(BlobLimits.tokenCount))
    if let node = try root.optional("output") {
      switch try node.string() {
      case "sequence": output = .sequence
      case "last": output = .last
      default: throw node.malformed("expected \"sequence\" or \"last\"")
      }
    }
    let list = try root.member("layers")
    layers = []
    for node in try list.elements() { layers.append(try Self.layer(node)) }
    guard !layers.isEmpty else { throw list.malformed("expected at least one layer") }
    guard layers.count <= BlobLimits.layerCount else {
      throw list.malformed("more than \(BlobLimits.layerCount) layers")
    }
  }

  private static func layer(_ node: JSONNode) throws(ConversionError) -> Layer {
    let typeNode = try node.member("type")
    let type = try typeNode.string()
    guard let keys = keys[type] else {
      let reason = "the layer type \"\(quotable(type))\" is not supported"
      throw later.contains(type)
        ? typeNode.unsupported(reason + " yet") : typeNode.unsupported(reason)
    }
    _ = try node.object(keys: keys.union(["type"]))
    switch type {
    case "embedding": return .embedding(tensors: try node.member("tensors").string())
    case "lstm": return try recurrent(.lstm, node)
    case "gru": return try recurrent(.gru(.resetAfter), node)
    case "rnn": return try recurrent(.rnn(try nonlinearity(node)), node)
    case "dense":
      let function = try node.optional("activation").map(activation) ?? .identity
      return .dense(tensors: try node.member("tensors").string(), activation: function)
    default: return .activation(try activation(try node.member("activation")))
    }
  }

  private static func recurrent(
    _ cell: Network.Cell, _ node: JSONNode
  ) throws(ConversionError) -> Layer {
    if let both = try node.optional("bidirectional"), try both.bool() {
      throw both.unsupported("a bidirectional layer is not supported yet")
    }
    if let projection = try node.optional("projection"),
      try projection.integer(in: 0...Int(BlobLimits.size)) > 0
    {
      throw projection.unsupported("an LSTM with a projection is not supported yet")
    }
    let count = try node.optional("layers")?.integer(in: 1...BlobLimits.layerCount) ?? 1
    return .recurrent(cell: cell, tensors: try node.member("tensors").string(), count: count)
  }

  private static func nonlinearity(_ node: JSONNode) throws(ConversionError) -> Network.Function {
    guard let node = try node.optional("nonlinearity") else { return .tanh }
    switch try node.string() {
    case "tanh": return .tanh
    case "relu": return .relu
    default: throw node.malformed("expected \"tanh\" or \"relu\"")
    }
  }

  private static func activation(_ node: JSONNode) throws(ConversionError) -> Network.Function {
    let names: [String: Network.Function] = [
      "identity": .identity, "linear": .identity, "tanh": .tanh, "sigmoid": .sigmoid,
      "relu": .relu, "softmax": .softmax,
    ]
    let name = try node.string()
    guard let function = names[name] else {
      throw node.unsupported("the activation \"\(quotable(name))\"")
    }
    return function
  }
}
