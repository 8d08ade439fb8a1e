import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `BatchNormalization`, once it is trained: a factor and a summand for each feature.
  mutating func batchNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let scale = try trainedScale(node, &attributes)
    let input = try resolved(features(node, 0), node)
    guard input.axes.count >= 2 else { throw node.malformed("X has fewer than 2 axes") }
    try bindFeatures(of: input, axis: 1, size: scale.scale.count, node)
    let layer = try append(.scale(scale), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: 1)))
  }

  /// What the inputs and attributes of a `BatchNormalization` say.
  mutating func trainedScale(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> Network.Scale {
    let epsilon = try attributes.float("epsilon") ?? 1e-5
    // How means were gathered in training.
    _ = try attributes.float("momentum")
    guard try !attributes.flag("training_mode") else {
      throw node.unsupported("the attribute training_mode is 1")
    }
    guard try attributes.integer("spatial") ?? 1 == 1 else {
      throw node.unsupported("the attribute spatial is 0")
    }
    for index in 1..<5 where node.output(index).map(liveNames.contains) == true {
      throw node.unsupported("the output \(index) is one of training")
    }
    var parts: [[Float]] = []
    for (index, name) in ["scale", "B", "mean", "var"].enumerated() {
      parts.append(try floats(node, index + 1, name, rank: 1).values)
    }
    let count = parts[0].count
    guard parts.allSatisfy({ $0.count == count }), parts[3].allSatisfy({ $0 + epsilon > 0 }) else {
      throw node.malformed("scale, B, mean and var of different sizes, or a variance below 0")
    }
    let scale = Network.Scale(
      mean: parts[2], variance: parts[3], epsilon: epsilon, weight: parts[0], bias: parts[1])
    try requireFinite(scale.scale + scale.shift, file: model.source.file, place: node.place)
    return scale
  }

  /// `LayerNormalization`, over the features alone.
  mutating func layerNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let epsilon = try attributes.float("epsilon") ?? 1e-5
    // In which type the statistics are: always at least float32.
    _ = try attributes.integer("stash_type")
    for index in 1..<3 where node.output(index).map(liveNames.contains) == true {
      throw node.unsupported("the output \(index) is a statistic")
    }
    let input = try resolved(features(node, 0), node)
    let axis = try position(
      try attributes.integer("axis") ?? -1, rank: input.axes.count, node)
    let scale = try floats(node, 1, "Scale", rank: 1).values
    guard axis == input.axes.count - 1 else {
      throw node.unsupported("the attribute axis is \(axis); expected the last axis")
    }
    try bindFeatures(of: input, axis: axis, size: scale.count, node)
    var shift = [Float](repeating: 0, count: scale.count)
    if node.input(2) != nil { shift = try floats(node, 2, "B", rank: 1).values }
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
    guard let named = try axes(node, &attributes), !named.isEmpty else {
      throw node.unsupported("a mean over all axes")
    }
    var reduced: Set<Int> = []
    for axis in named { reduced.insert(try position(axis, rank: value.rank, node)) }
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
        throw node.unsupported("the operator is not supported beside a layer norm")
      }
      try define(node, .norm(NormValue(stage: .variance, source: norm.source)))
    case .constant: throw node.unsupported("a mean of a constant")
    }
  }

  /// `Pow` and `Sqrt`, as a layer norm has them.
  mutating func power(_ node: ONNXNode) throws(ConversionError) {
    guard case .norm(let norm) = try value(node, 0) else {
      throw node.unsupported("the operator is not supported beside a layer norm")
    }
    switch (node.operation, norm.stage) {
    case ("Sqrt", .shifted(let epsilon)):
      try define(node, .norm(NormValue(stage: .deviation(epsilon), source: norm.source)))
    case ("Pow", .centered):
      let exponent = try constant(node, 1, "Y")
      guard exponent.floats == [2] || exponent.integers == [2] else {
        throw node.unsupported("an exponent other than 2")
      }
      try define(node, .norm(NormValue(stage: .squares, source: norm.source)))
    default: throw node.unsupported("the operator is not supported beside a layer norm")
    }
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
    case ("Add", .norm(let variance), .constant(let epsilon)),
      ("Add", .constant(let epsilon), .norm(let variance)):
      guard variance.stage == .variance, let values = epsilon.floats, values.count == 1,
        values[0] >= 0, values[0].isFinite
      else { throw node.unsupported("the operator is not supported beside a layer norm") }
      try define(.shifted(values[0]), variance.source)
    case ("Div", .norm(let x), .norm(let y)):
      guard x.stage == .centered, case .deviation(let epsilon) = y.stage,
        x.source.layer == y.source.layer
      else { throw node.unsupported("the operator is not supported beside a layer norm") }
      let (axis, count) = try features(of: x.source, node)
      let layer = try append(
        .layerNorm(
          Network.LayerNorm(
            epsilon: epsilon, scale: Array(repeating: 1, count: count),
            shift: Array(repeating: 0, count: count))), reading: [x.source.layer], node)
      try self.define(node, .features(written(layer, like: x.source, axis: axis)))
    default: throw node.unsupported("the operator is not supported beside a layer norm")
    }
  }
}
