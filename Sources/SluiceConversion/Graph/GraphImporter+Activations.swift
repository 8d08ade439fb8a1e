import SluiceBlob

extension GraphImporter {
  /// An elementwise activation: of the dense layer before it, or a layer of its own.
  mutating func activation(
    _ node: ONNXNode, _ function: Network.Function
  ) throws(ConversionError) {
    let input = try tip(features(node, 0), node)
    if case .dense(var dense)? = layers.last?.operation, dense.activation == .identity {
      dense.activation = function
      layers[layers.count - 1].operation = .dense(dense)
      version += 1
    } else {
      try append(.activation(function, size: try featureCount(input, node)), node)
    }
    var output = input
    output.version = version
    try define(node, .features(output))
  }

  /// `Softmax`, over the features alone.
  mutating func softmax(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let input = try tip(features(node, 0), node)
    let rank = input.axes.count
    // Before operator set 13 the axis began a flattened rest, 1 by default.
    let axis = try attributes.integer("axis") ?? (model.opset < 13 ? 1 : -1)
    guard axis == -1 || axis == rank - 1, let last = input.axes.last else {
      throw node.unsupported("the attribute axis is \(axis); expected the last axis")
    }
    try bindFeatures(last, size: try featureCount(input, node), node)
    try activation(node, .softmax)
  }

  /// Features that the chain writes, or the input has where there are no layers yet.
  private mutating func featureCount(
    _ input: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if let last = layers.last { return last.outputSize }
    guard let axis = input.axes.last, axis.count == 1, let size = axis[0].size, size > 0 else {
      throw node.unsupported("the number of features is not known")
    }
    try bindFeatures(axis, size: size, node)
    return size
  }

  /// `Dropout`, which passes its input on when a network is not being trained.
  mutating func dropout(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    // How much would be dropped, and how it would be drawn: nothing is.
    _ = try attributes.float("ratio")
    _ = try attributes.integer("seed")
    if node.input(2) != nil {
      guard try integers(node, 2, "training_mode").allSatisfy({ $0 == 0 }) else {
        throw node.unsupported("the input training_mode is true")
      }
    }
    if let mask = node.output(1), liveNames.contains(mask) {
      throw node.unsupported("the output mask is not supported")
    }
    try define(node, try value(node, 0))
  }

  /// `Cast` between types that are one here: integers, or float to float.
  mutating func cast(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let type = try attributes.integer("to") ?? 0
    // Only casts to 8-bit floats saturate or round in more than one way.
    _ = try attributes.integer("saturate")
    _ = try attributes.string("round_mode")
    let value = try value(node, 0)
    let isInteger =
      switch value {
      case .constant(let constant): constant.floats == nil
      case .features(let features): features.content == .ids
      }
    guard isInteger ? type == 6 || type == 7 : type == 1 else {
      throw node.unsupported("the attribute to is \(type): a cast that changes numbers")
    }
    try define(node, value)
  }
}
