import SluiceBlob

/// What the attributes of a recurrent node say.
struct RecurrentForm {
  let cell: Network.Cell
  let isBatchFirst: Bool
  let direction: String
  let hiddenSize: Int?

  /// Arrays of weights, one for each direction.
  var directionCount: Int { direction == "bidirectional" ? 2 : 1 }

  /// ONNX's blocks of gate rows in PyTorch's order: i, o, f, c to i, f, g, o; z, r, h to r, z, n.
  var gateOrder: [Int] {
    switch cell {
    case .lstm: [0, 2, 3, 1]
    case .gru: [1, 0, 2]
    case .rnn: [0]
    }
  }

  init(_ node: ONNXNode, _ attributes: inout AttributeReader) throws(ConversionError) {
    direction = try attributes.string("direction")?.lowercased() ?? "forward"
    guard ["forward", "reverse", "bidirectional"].contains(direction) else {
      throw node.malformed("the attribute direction is \(quotable(direction))")
    }
    isBatchFirst = try attributes.flag("layout")
    hiddenSize = try attributes.integer("hidden_size")
    if let hiddenSize, !(1...Int(BlobLimits.size)).contains(hiddenSize) {
      throw node.malformed("the attribute hidden_size is \(hiddenSize)")
    }
    var given = try attributes.strings("activations")?.map { $0.lowercased() }
    // A list for both directions is refused for its direction, once the weights have been checked.
    if direction == "bidirectional" { given = nil }
    switch node.operation {
    case "LSTM":
      guard try !attributes.flag("input_forget") else {
        throw node.unsupported("the attribute input_forget is not supported")
      }
      cell = .lstm
      try Self.require(given, ["sigmoid", "tanh", "tanh"], node)
    case "GRU":
      cell = .gru(try attributes.flag("linear_before_reset") ? .resetAfter : .resetBefore)
      try Self.require(given, ["sigmoid", "tanh"], node)
    default:
      if given == ["relu"] {
        cell = .rnn(.relu)
      } else {
        cell = .rnn(.tanh)
        try Self.require(given, ["tanh"], node)
      }
    }
  }

  private static func require(
    _ given: [String]?, _ expected: [String], _ node: ONNXNode
  ) throws(ConversionError) {
    guard given == nil || given == expected else {
      let list = quotable(given ?? [])
      throw node.unsupported("the attribute activations is \(list); the default alone is supported")
    }
  }
}
