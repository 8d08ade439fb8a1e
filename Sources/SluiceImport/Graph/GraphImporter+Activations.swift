import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// What a pointwise operator computes: scale * f(factor * x + summand) + shift.
  struct Pointwise {
    var factor: Float = 1
    var summand: Float = 0
    var function: Network.Function
    var scale: Float = 1
    var shift: Float = 0

    /// The layers that compute it over `length` columns of `channels`.
    func operations(length: Int, channels: Int) -> [Network.Operation] {
      func affine(_ factor: Float, _ summand: Float) -> [Network.Operation] {
        guard factor != 1 || summand != 0 else { return [] }
        let (factors, summands) = (
          Array(repeating: factor, count: channels), Array(repeating: summand, count: channels)
        )
        return [.scale(Network.Scale(length: length, scale: factors, shift: summands))]
      }
      let middle: [Network.Operation] =
        function == .identity ? [] : [.activation(function, size: length * channels)]
      return affine(factor, summand) + middle + affine(scale, shift)
    }
  }

  /// What the node computes of each number alone; nil where it does not.
  mutating func pointwise(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> Pointwise? {
    func alpha(_ usual: Float) throws(ConversionError) -> Float {
      try attributes.float("alpha") ?? usual
    }
    switch node.operation {
    case "Relu": return Pointwise(function: .relu)
    case "Tanh": return Pointwise(function: .tanh)
    case "Sigmoid": return Pointwise(function: .sigmoid)
    case "Softplus": return Pointwise(function: .softplus)
    case "Softsign": return Pointwise(function: .softsign)
    case "Elu": return Pointwise(function: .elu(alpha: try alpha(1)))
    case "LeakyRelu": return Pointwise(function: .leakyReLU(alpha: try alpha(0.01)))
    case "ThresholdedRelu": return Pointwise(function: .thresholdedReLU(alpha: try alpha(1)))
    case "HardSigmoid":
      return Pointwise(
        function: .hardSigmoid(
          alpha: try alpha(0.2), beta: try attributes.float("beta") ?? 0.5))
    case "Selu":
      let slope = try alpha(1.673_263_2)
      return Pointwise(
        function: .elu(alpha: slope), scale: try attributes.float("gamma") ?? 1.050_701)
    case "Celu":
      let slope = try alpha(1)
      guard slope > 0 else { throw node.unsupported("the attribute alpha is \(slope)") }
      return Pointwise(factor: 1 / slope, function: .elu(alpha: 1), scale: slope)
    case "Neg": return Pointwise(factor: -1, function: .identity)
    case "Clip": return try clip(node, &attributes)
    default: return nil
    }
  }

  private mutating func clip(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> Pointwise {
    var bounds = [try attributes.float("min"), try attributes.float("max")]
    for (index, name) in ["min", "max"].enumerated() where node.input(index + 1) != nil {
      let values = try constant(node, index + 1, name).floats ?? []
      guard values.count == 1, values[0].isFinite else {
        throw node.unsupported("the input \(name) is not one finite number")
      }
      bounds[index] = values[0]
    }
    // What exporters write for no bound.
    let limit = Float.greatestFiniteMagnitude
    switch (
      bounds[0].flatMap { $0 == -limit ? nil : $0 }, bounds[1].flatMap { $0 == limit ? nil : $0 }
    )
    {
    case (nil, nil): return Pointwise(function: .identity)
    case (let low?, nil): return Pointwise(summand: -low, function: .relu, shift: low)
    case (nil, let high?):
      return Pointwise(factor: -1, summand: high, function: .relu, scale: -1, shift: high)
    case (let low?, let high?):
      guard low < high, (high - low).isFinite else {
        throw node.unsupported("the bounds \(low) and \(high)")
      }
      let slope = 1 / (high - low)
      return Pointwise(
        function: .hardSigmoid(alpha: slope, beta: -low * slope), scale: high - low, shift: low)
    }
  }

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

  /// `Softmax`, over the features alone.
  mutating func softmax(
    _ node: ONNXNode, _ attributes: inout AttributeReader
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
    let layer = try append(.activation(.softmax, size: count), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: found)))
  }

  /// `PRelu`: a slope for all features, or one for each.
  mutating func prelu(_ node: ONNXNode) throws(ConversionError) {
    let input = try resolved(features(node, 0), node)
    let (axis, count) = try features(of: input, node)
    let slopes = try row(
      try constant(node, 1, "slope"), of: count, at: axis, rank: input.axes.count, node, "slope")
    let layer = try append(
      .prelu(Network.PReLU(slopes: slopes)), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: axis)))
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

  /// `Cast` between types that are one here: integers, or floats, all of which are computed with as
  /// float32.
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
      case .norm: false
      }
    guard isInteger ? [6, 7, 9].contains(type) : [1, 10, 11, 16].contains(type) else {
      throw node.unsupported("the attribute to is \(type): a cast that changes numbers")
    }
    try define(node, value)
  }
}
