import SluiceNetwork

extension GraphImporter {
  /// Appends the layers of a pointwise function.
  mutating func activation(
    _ node: ONNXNode, _ form: Pointwise
  ) throws(ConversionError) {
    let input = try resolved(features(node, 0), node)
    let (axis, count) = try anyFeatures(of: input, node)
    var layer = input.layer
    for operation in form.operations(length: 1, channels: count) {
      layer = try append(operation, reading: [layer], node)
    }
    guard layer >= 0 else { return try define(node, .features(input)) }
    try define(node, .features(written(layer, like: input, axis: axis)))
  }

  /// `Softmax` or `LogSoftmax`, over the features alone.
  mutating func softmax(
    _ node: ONNXNode, _ attributes: inout AttributeReader, _ function: Network.Function
  ) throws(ConversionError) {
    let input = try resolved(features(node, 0), node)
    // Before operator set 13 the axis began a flattened rest, 1 by default.
    let axis = try attributes.integer("axis") ?? (model.opset < 13 ? 1 : -1)
    let (found, count) = try features(of: input, node)
    let rank = input.axes.count
    guard let found, axis == found || axis == found - rank,
      model.opset >= 13 || found == rank - 1
    else {
      throw node.unsupported("the attribute axis is \(axis); expected the features")
    }
    let layer = try append(.activation(function, size: count), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: found)))
  }

  /// `PRelu`: a slope for all features, or one for each.
  mutating func prelu(_ node: ONNXNode) throws(ConversionError) {
    let input = try resolved(features(node, 0), node)
    let (axis, count) = try features(of: input, node)
    let slopes = try folder.row(
      try folder.constant(node, 1, "slope"), of: count, at: axis, rank: input.axes.count, node,
      "slope")
    let layer = try append(
      .prelu(Network.PReLU(slopes: slopes)), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: axis)))
  }

  mutating func cast(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try value(node, 0)
    let isInteger =
      if case .features(let features) = value { features.content == .ids } else { false }
    try folder.checkCast(node, &attributes, ofIntegers: isInteger)
    try define(node, value)
  }
}
