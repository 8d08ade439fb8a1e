import SluiceNetwork

extension ConstantFolder {
  /// What `Add`, `Sub`, `Mul` and `Div` make of features and a row of constants, one for each: a factor
  /// and a summand, in each of `length` columns.
  ///
  /// - Parameter isLeft: whether the features are the left operand.
  func scale(
    _ node: ONNXNode, by row: [Float], length: Int = 1, isLeft: Bool
  ) throws(ConversionError) -> Network.Scale {
    let (ones, zeros) = (row.map { _ in Float(1) }, row.map { _ in Float(0) })
    let (factor, summand): ([Float], [Float])
    switch node.operation {
    case "Add": (factor, summand) = (ones, row)
    case "Sub": (factor, summand) = isLeft ? (ones, row.map { -$0 }) : (ones.map { -$0 }, row)
    case "Mul": (factor, summand) = (row, zeros)
    case "Div" where isLeft: (factor, summand) = (row.map { 1 / $0 }, zeros)
    default: throw node.unsupported("the operator is not supported beside the integers of shapes")
    }
    try requireFinite(factor + summand, file: model.source.file, place: node.place)
    return Network.Scale(length: length, scale: factor, shift: summand)
  }

  /// One finite number for each of `count` features from a constant that is broadcast along every
  /// other axis.
  func row(
    _ constant: ConstantValue, of count: Int, at axis: Int?, rank: Int, _ node: ONNXNode,
    _ what: String
  ) throws(ConversionError) -> [Float] {
    let first = rank - constant.shape.count
    guard let values = constant.floats, constant.isStored, first >= 0,
      constant.shape.indices.allSatisfy({
        constant.shape[$0] == 1 || (first + $0 == axis && constant.shape[$0] == count)
      }), !values.isEmpty
    else {
      throw node.unsupported("\(what) is not one float, or one for each of \(count) features")
    }
    try requireFinite(values, file: model.source.file, place: node.place)
    return values.count == count ? values : Array(repeating: values[0], count: count)
  }

  /// What the attributes of a `LayerNormalization` say, of which nothing but the norm itself is read.
  func epsilon(
    ofLayerNorm node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> Float {
    let epsilon = try attributes.float("epsilon") ?? 1e-5
    // In which type the statistics are: always at least float32.
    _ = try attributes.integer("stash_type")
    for index in 1..<3 where node.output(index).map(liveNames.contains) == true {
      throw node.unsupported("the output \(index) is a statistic")
    }
    return epsilon
  }

  /// The one number that a value is compared with.
  mutating func bound(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> Float {
    let constant = try constant(node, index, "the bound")
    guard let bound = constant.floats?.first, constant.count == 1 else {
      throw node.unsupported("a bound that is not one float")
    }
    return bound
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
}
