import SluiceNetwork

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

extension Pointwise {
  /// What the node computes of each number alone; nil where it does not.
  init?(
    _ node: ONNXNode, _ attributes: inout AttributeReader, _ folder: inout ConstantFolder
  ) throws(ConversionError) {
    func alpha(_ usual: Float) throws(ConversionError) -> Float {
      try attributes.float("alpha") ?? usual
    }
    switch node.operation {
    case "Relu": self.init(function: .relu)
    case "Tanh": self.init(function: .tanh)
    case "Sigmoid": self.init(function: .sigmoid)
    case "Softplus": self.init(function: .softplus)
    case "Softsign": self.init(function: .softsign)
    case "Elu": self.init(function: .elu(alpha: try alpha(1)))
    case "LeakyRelu": self.init(function: .leakyReLU(alpha: try alpha(0.01)))
    case "ThresholdedRelu": self.init(function: .thresholdedReLU(alpha: try alpha(1)))
    case "HardSigmoid":
      self.init(
        function: .hardSigmoid(
          alpha: try alpha(0.2), beta: try attributes.float("beta") ?? 0.5))
    case "Selu":
      let slope = try alpha(1.673_263_2)
      self.init(
        function: .elu(alpha: slope), scale: try attributes.float("gamma") ?? 1.050_701)
    case "Celu":
      let slope = try alpha(1)
      guard slope > 0 else { throw node.unsupported("the attribute alpha is \(slope)") }
      self.init(factor: 1 / slope, function: .elu(alpha: 1), scale: slope)
    case "Neg": self.init(factor: -1, function: .identity)
    case "Exp": self.init(function: .exponential)
    case "Log": self.init(function: .logarithm)
    case "Clip": try self.init(clip: node, &attributes, &folder)
    default: return nil
    }
  }

  private init(
    clip node: ONNXNode, _ attributes: inout AttributeReader, _ folder: inout ConstantFolder
  ) throws(ConversionError) {
    var bounds = [try attributes.float("min"), try attributes.float("max")]
    for (index, name) in ["min", "max"].enumerated() where node.input(index + 1) != nil {
      let values = try folder.constant(node, index + 1, name).floats ?? []
      guard values.count == 1, values[0].isFinite else {
        throw node.unsupported("the input \(name) is not one finite number")
      }
      bounds[index] = values[0]
    }
    // What exporters write for no bound.
    let limit = Float.greatestFiniteMagnitude
    let low = bounds[0].flatMap { $0 == -limit ? nil : $0 }
    let high = bounds[1].flatMap { $0 == limit ? nil : $0 }
    guard let form = Pointwise(low: low, high: high) else {
      throw node.unsupported("the bounds \(low ?? 0) and \(high ?? 0)")
    }
    self = form
  }

  /// A number within bounds; nil where they are none.
  init?(low: Float?, high: Float?) {
    switch (low, high) {
    case (nil, nil): self.init(function: .identity)
    case (let low?, nil): self.init(summand: -low, function: .relu, shift: low)
    case (nil, let high?):
      self.init(factor: -1, summand: high, function: .relu, scale: -1, shift: high)
    case (let low?, let high?):
      guard low < high, (high - low).isFinite else { return nil }
      let slope = 1 / (high - low)
      self.init(
        function: .hardSigmoid(alpha: slope, beta: -low * slope), scale: high - low, shift: low)
    }
  }
}
