import SluiceBlob
import SluiceNetwork

extension Architecture.Layer {
  /// Keys of each known layer type, beside those of all.
  private static let keys: [String: Set<String>] = [
    "embedding": ["tensors", "mask_zero"],
    "masking": ["value"],
    "lstm": recurrentKeys.union(["projection", "cell_clip", "projection_clip"]),
    "gru": recurrentKeys.union(["reset_after"]),
    "rnn": recurrentKeys.union(["nonlinearity"]),
    "dense": ["tensors", "activation"],
    "conv1d": ["tensors", "activation", "length", "stride", "dilation", "groups", "padding"],
    "layernorm": ["tensors", "epsilon"],
    "batchnorm": ["tensors", "epsilon"],
    "prelu": ["tensors"],
    "activation": ["activation"],
    "add": [],
    "concatenate": [],
    "slice": ["start", "count"],
    "scale": ["factor", "summand"],
    "max_pool1d": ["length", "size", "stride"],
    "transpose": ["length"],
  ]
  private static let recurrentKeys: Set = [
    "tensors", "layers", "bidirectional", "merge", "reverse", "final_state", "activation",
    "gate_activation", "repeat", "mask", "zero_masked",
  ]

  /// One member of an architecture's layers.
  init(_ node: JSONNode) throws(ConversionError) {
    let typeNode = try node.member("type")
    let type = try typeNode.string()
    guard let keys = Self.keys[type] else {
      throw typeNode.unsupported("the layer type \"\(quotable(type))\" is not supported")
    }
    _ = try node.object(keys: keys.union(["type", "name", "inputs"]))
    let tensors = keys.contains("tensors") ? try node.member("tensors").string() : ""
    switch type {
    case "embedding":
      kind = .embedding(
        tensors: tensors, masksZero: try node.optional("mask_zero")?.bool() ?? false)
    case "masking": kind = .masking(value: try Self.number(node, "value", else: 0))
    case "lstm": kind = .recurrent(try Self.recurrent(.lstm, tensors, node))
    case "gru":
      let isAfter = try node.optional("reset_after")?.bool() ?? true
      kind = .recurrent(
        try Self.recurrent(.gru(isAfter ? .resetAfter : .resetBefore), tensors, node))
    case "rnn":
      kind = .recurrent(
        try Self.recurrent(.rnn(try Self.nonlinearity(node)), tensors, node))
    case "dense":
      kind = .dense(
        tensors: tensors, activation: try Network.Function(optional: node, "activation"))
    case "conv1d": kind = .convolution(try Self.convolution(tensors, node))
    case "layernorm": kind = .layerNorm(tensors: tensors, epsilon: try Self.epsilon(node))
    case "batchnorm": kind = .batchNorm(tensors: tensors, epsilon: try Self.epsilon(node))
    case "prelu": kind = .prelu(tensors: tensors)
    case "activation": kind = .activation(try Network.Function(try node.member("activation")))
    case "max_pool1d":
      let sizes = 1...Int(BlobLimits.size)
      let size = try node.member("size").integer(in: sizes)
      kind = .maxPool(
        length: try node.member("length").integer(in: sizes), size: size,
        stride: try node.optional("stride")?.integer(in: sizes) ?? size)
    case "transpose":
      kind = .transpose(length: try node.member("length").integer(in: 1...Int(BlobLimits.size)))
    case "add": kind = .add
    case "concatenate": kind = .concatenate
    case "scale":
      kind = .scale(
        factor: try Self.number(node, "factor", else: 1),
        summand: try Self.number(node, "summand", else: 0))
    default:
      kind = .slice(
        start: try node.member("start").integer(in: 0...Int(BlobLimits.size)),
        count: try node.member("count").integer(in: 1...Int(BlobLimits.size)))
    }
    self.node = node
    name = try node.optional("name")?.string()
    if let list = try node.optional("inputs") {
      var names: [String] = []
      for name in try list.elements() { names.append(try name.string()) }
      inputs = names
    }
  }

  private static func recurrent(
    _ cell: Network.Cell, _ tensors: String, _ node: JSONNode
  ) throws(ConversionError) -> Architecture.Recurrent {
    var layer = Architecture.Recurrent(cell: cell, tensors: tensors)
    layer.count = try node.optional("layers")?.integer(in: 1...BlobLimits.layerCount) ?? 1
    layer.isBidirectional = try node.optional("bidirectional")?.bool() ?? false
    layer.isReverse = try node.optional("reverse")?.bool() ?? false
    if layer.isReverse, layer.isBidirectional {
      throw try node.member("reverse").malformed("a bidirectional layer reads both ways already")
    }
    if let merge = try node.optional("merge") {
      switch try merge.string() {
      case "concat": break
      case "sum": layer.merge = .sum
      case "average": layer.merge = .average
      case let name:
        throw merge.unsupported(
          "the merge \"\(quotable(name))\"; expected \"concat\", \"sum\" or \"average\"")
      }
      guard layer.isBidirectional else {
        throw merge.malformed("a layer that is not bidirectional has nothing to merge")
      }
    }
    if let final = try node.optional("final_state") {
      layer.writesFinalState = try final.bool()
      guard layer.isBidirectional || layer.isReverse else {
        throw final.malformed("a layer that reads forwards ends at the last step")
      }
    }
    layer.repeats = try node.optional("repeat")?.bool() ?? false
    layer.mask = try node.optional("mask")?.string()
    layer.zeroesMasked = try node.optional("zero_masked")?.bool() ?? false
    if layer.zeroesMasked, layer.mask == nil {
      throw try node.member("zero_masked").malformed("there is no \"mask\"")
    }
    layer.projection = try node.optional("projection")?.integer(in: 0...Int(BlobLimits.size))
    layer.activation = try Network.Function(optional: node, "activation", else: .tanh)
    layer.gateActivation = try Network.Function(optional: node, "gate_activation", else: .sigmoid)
    if case .rnn = cell, try node.optional("gate_activation") != nil {
      throw try node.member("gate_activation").malformed("an Elman network has no gates")
    }
    layer.cellClip = try limit(node, "cell_clip")
    layer.projectionClip = try limit(node, "projection_clip")
    for key in ["activation", "gate_activation"] {
      if let function = try node.optional(key), try !Network.Function(function).isPointwise {
        throw function.unsupported("a function of all outputs within a cell")
      }
    }
    return layer
  }

  private static func nonlinearity(_ node: JSONNode) throws(ConversionError) -> Network.Function {
    guard let own = try node.optional("nonlinearity") else {
      return try Network.Function(optional: node, "activation", else: .tanh)
    }
    guard try node.optional("activation") == nil else {
      throw own.malformed("either \"nonlinearity\" or \"activation\"")
    }
    switch try own.string() {
    case "tanh": return .tanh
    case "relu": return .relu
    default: throw own.malformed("expected \"tanh\" or \"relu\"")
    }
  }

  /// A limit, a positive number; nil where there is none.
  private static func limit(
    _ node: JSONNode, _ key: String
  ) throws(ConversionError) -> Float? {
    guard let node = try node.optional(key) else { return nil }
    let value = Float(try node.double())
    guard value > 0, value.isFinite else { throw node.malformed("expected a number above 0") }
    return value
  }

  private static func epsilon(_ node: JSONNode) throws(ConversionError) -> Float {
    guard let node = try node.optional("epsilon") else { return 1e-5 }
    let value = Float(try node.double())
    guard value >= 0, value.isFinite else {
      throw node.malformed("expected a number of at least 0")
    }
    return value
  }

  private static func number(
    _ node: JSONNode, _ key: String, else usual: Float
  ) throws(ConversionError) -> Float {
    guard let node = try node.optional(key) else { return usual }
    let value = Float(try node.double())
    guard value.isFinite else { throw node.malformed("expected a number of float32") }
    return value
  }

  private static func convolution(
    _ tensors: String, _ node: JSONNode
  ) throws(ConversionError) -> Architecture.Convolution {
    let sizes = 1...Int(BlobLimits.size)
    var layer = Architecture.Convolution(tensors: tensors)
    layer.length = try node.optional("length")?.integer(in: sizes) ?? 1
    layer.stride = try node.optional("stride")?.integer(in: sizes) ?? 1
    layer.dilation = try node.optional("dilation")?.integer(in: sizes) ?? 1
    layer.groups = try node.optional("groups")?.integer(in: sizes) ?? 1
    layer.activation = try Network.Function(optional: node, "activation")
    guard layer.activation.isPointwise else {
      throw try node.member("activation").unsupported(
        "\(layer.activation.kind.traits.name), a function of all outputs; give it a layer of its own"
      )
    }
    guard let padding = try node.optional("padding") else { return layer }
    let range = 0...Int(BlobLimits.size)
    switch padding.value {
    case .string("causal"): break
    case .string("valid"): layer.padding = .zeros(before: 0, after: 0)
    case .string(let name): throw padding.unsupported("the padding \"\(quotable(name))\"")
    case .array, .numbers:
      let sides = try padding.elements()
      guard sides.count == 2 else { throw padding.malformed("expected [before, after]") }
      layer.padding = .zeros(
        before: try sides[0].integer(in: range), after: try sides[1].integer(in: range))
    default:
      let both = try padding.integer(in: range)
      layer.padding = .zeros(before: both, after: both)
    }
    return layer
  }
}
