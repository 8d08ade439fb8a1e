import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Add`, `Sub`, `Mul` and `Div`: of shapes' integers, of features and a constant, or of features.
  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    switch (try value(node, 0), try value(node, 1)) {
    case (.constant(let left), .constant(let right)): try shapes(node, left, right)
    case (.features(let x), .constant(let constant)):
      try affine(node, x, by: constant, isLeft: true)
    case (.constant(let constant), .features(let x)):
      try affine(node, x, by: constant, isLeft: false)
    case (.features(let x), .features(let y)): try sum(node, x, y)
    case (let left, let right): try norm(node, left, right)
    }
  }

  /// A constant factor or summand, one number or one for each feature.
  private mutating func affine(
    _ node: ONNXNode, _ x: FeatureValue, by constant: ConstantValue, isLeft: Bool
  ) throws(ConversionError) {
    let input = try resolved(x, node)
    let isNumber = constant.count == 1
    let (axis, count) = try isNumber ? anyFeatures(of: input, node) : features(of: input, node)
    let row = try row(
      constant, of: count, at: axis, rank: input.axes.count, node, "the constant")
    let (ones, zeros) = (row.map { _ in Float(1) }, row.map { _ in Float(0) })
    let (factor, summand): ([Float], [Float])
    switch node.operation {
    case "Add": (factor, summand) = (ones, row)
    case "Sub": (factor, summand) = isLeft ? (ones, row.map { -$0 }) : (ones.map { -$0 }, row)
    case "Mul": (factor, summand) = (row, zeros)
    default:
      guard isLeft else { throw node.unsupported("divides by a sequence") }
      (factor, summand) = (row.map { 1 / $0 }, zeros)
    }
    try requireFinite(factor + summand, file: model.source.file, place: node.place)
    let layer = try append(
      .scale(Network.Scale(scale: factor, shift: summand)), reading: [input.layer], node)
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

  /// Arithmetic on the integers of shapes.
  private mutating func shapes(
    _ node: ONNXNode, _ left: ConstantValue, _ right: ConstantValue
  ) throws(ConversionError) {
    let (left, right) = (try stored(left, node), try stored(right, node))
    guard case .integers(let a) = left.elements, case .integers(let b) = right.elements,
      left.isStored, right.isStored
    else { throw node.unsupported("the operator is not supported on floats") }
    guard left.shape == right.shape || left.count == 1 || right.count == 1 else {
      throw node.unsupported("operands of different shapes")
    }
    let count = left.count == 1 ? right.count : left.count
    try spend([count], node)
    var results: [Extent] = []
    for index in 0..<count {
      results.append(
        try Self.combine(
          node, a[a.count == 1 ? 0 : index], b[b.count == 1 ? 0 : index]))
    }
    // Of a scalar and a row of one, the row's shape is the result's.
    let shape =
      (left.count, left.shape.count) > (right.count, right.shape.count) ? left.shape : right.shape
    try define(node, .constant(ConstantValue(shape: shape, .integers(results))))
  }

  private static func combine(
    _ node: ONNXNode, _ left: Extent, _ right: Extent
  ) throws(ConversionError) -> Extent {
    guard node.operation != "Equal" else {
      switch (left, right) {
      case (.known(let a), .known(let b)): return .known(a == b ? 1 : 0)
      // The number of steps or sequences is none that a file uses as a mark.
      case (.axis, .known(let a)), (.known(let a), .axis): if a < 0 { return .known(0) }
      default: break
      }
      throw node.unsupported("compares a size that is not known")
    }
    guard let a = left.known, let b = right.known else {
      switch (node.operation, left, right) {
      case ("Mul", let extent, .known(1)), ("Mul", .known(1), let extent): return extent
      case ("Div", let extent, .known(1)): return extent
      case ("Add", let extent, .known(0)), ("Add", .known(0), let extent): return extent
      case ("Sub", let extent, .known(0)): return extent
      default: return .unknown
      }
    }
    let result =
      switch node.operation {
      case "Add": a.addingReportingOverflow(b)
      case "Sub": a.subtractingReportingOverflow(b)
      case "Mul": a.multipliedReportingOverflow(by: b)
      default: a.dividedReportingOverflow(by: b)
      }
    return result.overflow ? .unknown : .known(result.partialValue)
  }

  /// `ReduceProd`, of the integers of a shape.
  mutating func product(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let keeps = try attributes.integer("keepdims") ?? 1
    _ = try attributes.integer("noop_with_empty_axes")
    let shape = try stored(constant(node, 0, "data"), node)
    let axes = try axes(node, &attributes) ?? [0]
    guard case .integers(let sizes) = shape.elements, shape.isStored, shape.shape.count == 1,
      axes == [0] || axes == [-1]
    else { throw node.unsupported("the operator is not supported beside the integers of shapes") }
    // Sizes that are not known may still be part of a shape of which they are the only ones.
    var product = Extent.known(1)
    for size in sizes {
      switch (product, size) {
      case (.known(let a), .known(let b)):
        let (next, overflow) = a.multipliedReportingOverflow(by: b)
        product = overflow ? .unknown : .known(next)
      case (.known(1), _): product = size
      case (_, .known(1)): break
      default: product = .unknown
      }
    }
    try define(
      node,
      .constant(
        ConstantValue(shape: keeps == 0 ? [] : [1], .integers([product]))))
  }

  /// `Where`, on the integers of shapes.
  mutating func choose(_ node: ONNXNode) throws(ConversionError) {
    var parts: [ConstantValue] = []
    for (index, name) in ["condition", "X", "Y"].enumerated() {
      parts.append(try stored(constant(node, index, name), node))
    }
    guard let conditions = parts[0].integers, case .integers(let x) = parts[1].elements,
      case .integers(let y) = parts[2].elements, parts.allSatisfy({ $0.shape == parts[0].shape })
    else { throw node.unsupported("the operator is not supported beside the integers of shapes") }
    let chosen = conditions.indices.map { conditions[$0] == 0 ? y[$0] : x[$0] }
    try define(node, .constant(ConstantValue(shape: parts[0].shape, .integers(chosen))))
  }

  /// The same with every element stored, where every extent is known.
  mutating func stored(
    _ constant: ConstantValue, _ node: ONNXNode
  ) throws(ConversionError) -> ConstantValue {
    let sizes = constant.extents.compactMap(\.known)
    guard !constant.isStored, sizes.count == constant.extents.count else { return constant }
    // One element that stands for several whose number is known.
    try spend(sizes, node)
    return constant.spelledOut
  }
}
