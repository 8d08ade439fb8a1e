import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `BatchNormalization`, once it is trained: a factor and a summand for each feature.
  mutating func batchNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let scale = try folder.trainedScale(node, &attributes)
    let input = try resolved(features(node, 0), node)
    guard input.axes.count >= 2 else { throw node.malformed("X has fewer than 2 axes") }
    try bindFeatures(of: input, axis: 1, size: scale.scale.count, node)
    let layer = try append(.scale(scale), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: 1)))
  }

  /// `LayerNormalization`, over the features alone.
  mutating func layerNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let epsilon = try folder.epsilon(ofLayerNorm: node, &attributes)
    let input = try resolved(features(node, 0), node)
    let axis = try node.position(
      of: try attributes.integer("axis") ?? -1, rank: input.axes.count)
    let scale = try folder.floats(node, 1, "Scale", rank: 1).values
    guard axis == input.axes.count - 1 else {
      throw node.unsupported("the attribute axis is \(axis); expected the last axis")
    }
    try bindFeatures(of: input, axis: axis, size: scale.count, node)
    var shift = [Float](repeating: 0, count: scale.count)
    if node.input(2) != nil { shift = try folder.floats(node, 2, "B", rank: 1).values }
    guard shift.count == scale.count, epsilon >= 0 else {
      throw node.malformed("Scale and B of different sizes, or an epsilon below 0")
    }
    let layer = try append(
      .layerNorm(Network.LayerNorm(epsilon: epsilon, scale: scale, shift: shift)),
      reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: axis)))
  }

  /// `ReduceMean`: a part of a layer norm that is spelled out, or over axes of one element.
  mutating func mean(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let keeps = try attributes.integer("keepdims") ?? 1
    _ = try attributes.integer("noop_with_empty_axes")
    let value = try value(node, 0)
    guard let named = try folder.axes(node, &attributes), !named.isEmpty else {
      throw node.unsupported("a mean over all axes")
    }
    let reduced = try node.positions(of: named, rank: value.rank)
    switch value {
    case .features(var features) where reduced.allSatisfy({ features.extent($0) == .known(1) }):
      if keeps == 0 {
        features.axes = features.axes.indices.filter { !reduced.contains($0) }.map {
          features.axes[$0]
        }
      }
      try define(node, .features(features))
    case .features(let features):
      let input = try resolved(features, node)
      guard let axis = try self.features(of: input, node).axis, reduced == [axis], keeps == 1 else {
        throw node.unsupported("a mean over steps or sequences")
      }
      try define(node, .norm(NormValue(stage: .mean, source: input)))
    case .norm(let norm):
      let axis = try features(of: norm.source, node).axis
      guard norm.stage == .squares, axis.map({ reduced == [$0] }) == true, keeps == 1 else {
        throw node.besideNorm
      }
      try define(node, .norm(NormValue(stage: .variance, source: norm.source)))
    case .isAbove: throw node.unsupported("reads a comparison, which only Where does")
    }
  }

  /// `Pow` and `Sqrt`, as a layer norm has them.
  mutating func power(_ node: ONNXNode) throws(ConversionError) {
    guard case .norm(let norm) = try value(node, 0) else { return try powerOfFeatures(node) }
    switch (node.operation, norm.stage) {
    case ("Sqrt", .shifted(let epsilon)):
      try define(node, .norm(NormValue(stage: .deviation(epsilon), source: norm.source)))
    case ("Pow", .centered):
      let exponent = try folder.constant(node, 1, "Y")
      guard exponent.floats == [2] || exponent.integers == [2] else {
        throw node.unsupported("an exponent other than 2")
      }
      try define(node, .norm(NormValue(stage: .squares, source: norm.source)))
    default: throw node.besideNorm
    }
  }

  /// The variance and a constant, where a layer norm is spelled out.
  mutating func shift(
    _ node: ONNXNode, _ variance: NormValue, by constant: ConstantValue
  ) throws(ConversionError) {
    guard node.operation == "Add", variance.stage == .variance, let values = constant.floats,
      values.count == 1, values[0] >= 0, values[0].isFinite
    else { throw node.besideNorm }
    let stage = NormValue.Stage.shifted(values[0])
    try define(node, .norm(NormValue(stage: stage, source: variance.source)))
  }

  /// Arithmetic between the parts of a layer norm.
  mutating func norm(
    _ node: ONNXNode, _ left: GraphValue, _ right: GraphValue
  ) throws(ConversionError) {
    func define(_ stage: NormValue.Stage, _ source: FeatureValue) throws(ConversionError) {
      try self.define(node, .norm(NormValue(stage: stage, source: source)))
    }
    switch (node.operation, left, right) {
    case ("Sub", .features(let x), .norm(let mean))
    where mean.stage == .mean && mean.source.layer == x.layer && mean.source.axes == x.axes:
      try define(.centered, mean.source)
    case ("Mul", .norm(let x), .norm(let y))
    where x.stage == .centered && y.stage == .centered && x.source.layer == y.source.layer:
      try define(.squares, x.source)
    case ("Div", .norm(let x), .norm(let y)):
      guard x.stage == .centered, case .deviation(let epsilon) = y.stage,
        x.source.layer == y.source.layer
      else { throw node.besideNorm }
      let (axis, count) = try features(of: x.source, node)
      let layer = try append(
        .layerNorm(
          Network.LayerNorm(
            epsilon: epsilon, scale: Array(repeating: 1, count: count),
            shift: Array(repeating: 0, count: count))), reading: [x.source.layer], node)
      try self.define(node, .features(written(layer, like: x.source, axis: axis)))
    default: throw node.besideNorm
    }
  }

  /// `Pow` and `Sqrt` of features themselves.
  private mutating func powerOfFeatures(_ node: ONNXNode) throws(ConversionError) {
    guard node.operation == "Pow" else { return try mapped(node, .squareRoot) }
    let constant = try folder.constant(node, 1, "Y")
    guard constant.count == 1,
      let exponent = constant.floats?.first ?? constant.integers?.first.map({ Float($0) })
    else { throw node.unsupported("exponents that are not one number") }
    switch exponent {
    case 2:
      let x = try features(node, 0)
      try product(node, x, x)
    case 0.5: try mapped(node, .squareRoot)
    case -1: try mapped(node, .reciprocal)
    default: throw node.unsupported("the exponent \(exponent); expected 2, 0.5 or -1")
    }
  }
}
