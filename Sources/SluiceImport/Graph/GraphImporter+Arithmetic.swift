import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Add`, `Sub`, `Mul` and `Div`: of features and a constant, or of features.
  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    switch (computed(node, 0), computed(node, 1)) {
    case (.features(let x)?, nil): try affine(node, x, isLeft: true)
    case (nil, .features(let x)?): try affine(node, x, isLeft: false)
    case (.features(let x)?, .features(let y)?):
      try node.operation == "Add" || node.operation == "Sub" ? sum(node, x, y) : product(node, x, y)
    case (.isAbove?, _), (_, .isAbove?):
      throw node.unsupported("reads a comparison, which only Where does")
    case (.norm(let norm)?, nil): try shift(node, norm, by: folder.constant(node, 1, "B"))
    case (nil, .norm(let norm)?): try shift(node, norm, by: folder.constant(node, 0, "A"))
    case (let left?, let right?): try norm(node, left, right)
    case (nil, nil): try folder.fold(node)
    }
  }

  /// A constant factor or summand, one number or one for each feature.
  private mutating func affine(
    _ node: ONNXNode, _ x: FeatureValue, isLeft: Bool
  ) throws(ConversionError) {
    let constant = try isLeft ? folder.constant(node, 1, "B") : folder.constant(node, 0, "A")
    let input = try resolved(x, node)
    let isNumber = constant.count == 1
    let (axis, count) = try isNumber ? anyFeatures(of: input, node) : features(of: input, node)
    let row = try folder.row(
      constant, of: count, at: axis, rank: input.axes.count, node, "the constant")
    var source = input.layer
    var scale = Network.Scale(scale: row, shift: row.map { _ in 0 })
    if node.operation == "Div", !isLeft {
      source = try append(.activation(.reciprocal, size: count), reading: [source], node)
    } else {
      scale = try folder.scale(node, by: row, isLeft: isLeft)
    }
    let layer = try append(.scale(scale), reading: [source], node)
    try define(node, .features(written(layer, like: input, axis: axis)))
  }

  /// The sum or difference of two layers' features; of a single one it counts for all of the other.
  private mutating func sum(
    _ node: ONNXNode, _ x: FeatureValue, _ y: FeatureValue
  ) throws(ConversionError) {
    var (left, right) = (try resolved(x, node), try resolved(y, node))
    let count = try align(&left, &right, node)
    if node.operation == "Sub" {
      let minus = [Float](repeating: -1, count: count)
      right.layer = try append(
        .scale(Network.Scale(scale: minus, shift: minus.map { _ in 0 })), reading: [right.layer],
        node)
    }
    let layer = try append(
      .add(size: count, count: 2), reading: [left.layer, right.layer], node)
    try define(node, .features(written(layer, like: left, axis: features(of: left, node).axis)))
  }
}
