import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Add`, `Sub`, `Mul` and `Div`: of features and a constant, or of features.
  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    switch (computed(node, 0), computed(node, 1)) {
    case (.features(let x)?, nil): try affine(node, x, isLeft: true)
    case (nil, .features(let x)?): try affine(node, x, isLeft: false)
    case (.features(let x)?, .features(let y)?): try sum(node, x, y)
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
    let scale = try folder.scale(node, by: row, isLeft: isLeft)
    let layer = try append(.scale(scale), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: axis)))
  }

  /// The sum or difference of two layers' features; of a single one it counts for all of the other.
  private mutating func sum(
    _ node: ONNXNode, _ x: FeatureValue, _ y: FeatureValue
  ) throws(ConversionError) {
    guard node.operation == "Add" || node.operation == "Sub" else {
      throw node.unsupported("the operator is not supported on two sequences")
    }
    var (left, right) = (try resolved(x, node), try resolved(y, node))
    let (a, b) = (try features(of: left, node), try features(of: right, node))
    guard left.content == right.content else {
      throw node.unsupported("joins the last step with a sequence")
    }
    guard left.axes.count == right.axes.count, a.axis == b.axis,
      left.axes.indices.allSatisfy({ $0 == a.axis || left.extent($0) == right.extent($0) }),
      a.count == b.count || a.count == 1 || b.count == 1
    else { throw node.unsupported("sequences of different shapes") }
    if node.operation == "Sub" {
      let minus = [Float](repeating: -1, count: b.count)
      right.layer = try append(
        .scale(Network.Scale(scale: minus, shift: minus.map { _ in 0 })), reading: [right.layer],
        node)
    }
    let count = max(a.count, b.count)
    func repeated(_ layer: Int, _ own: Int) throws(ConversionError) -> Int {
      guard own < count else { return layer }
      let ones = [Float](repeating: 1, count: count)
      return try append(
        .dense(Network.Dense(inputSize: 1, outputSize: count, weights: ones, bias: nil)),
        reading: [layer], node)
    }
    left.layer = try repeated(left.layer, a.count)
    right.layer = try repeated(right.layer, b.count)
    let layer = try append(
      .add(size: count, count: 2), reading: [left.layer, right.layer], node)
    try define(node, .features(written(layer, like: left, axis: a.axis)))
  }
}
