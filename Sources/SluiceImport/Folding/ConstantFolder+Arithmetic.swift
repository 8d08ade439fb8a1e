import SluiceNetwork

extension ConstantFolder {
  /// `Add`, `Sub`, `Mul`, `Div` and `Equal`: of the integers of shapes, of which some may not be known, or
  /// of floats.
  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    let left = try stored(constant(node, 0, "A"), node)
    let right = try stored(constant(node, 1, "B"), node)
    guard case .integers(let a) = left.elements, case .integers(let b) = right.elements,
      left.isStored, right.isStored
    else { return try binary(node) }
    let (shape, first, second) = try broadcast(node, left, right)
    var results: [Extent] = []
    for (i, j) in zip(first, second) { results.append(try Self.combine(node, a[i], b[j])) }
    try define(node, ConstantValue(shape: shape, .integers(results)))
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
    try define(node, ConstantValue(shape: keeps == 0 ? [] : [1], .integers([product])))
  }

  /// `Where`, of constants whose shapes are broadcast.
  mutating func choose(_ node: ONNXNode) throws(ConversionError) {
    var parts: [ConstantValue] = []
    for (index, name) in ["condition", "X", "Y"].enumerated() {
      parts.append(try stored(constant(node, index, name), node))
    }
    guard let conditions = parts[0].integers, parts.allSatisfy(\.isStored),
      let both = StepView.common(parts[1].shape, parts[2].shape),
      let shape = StepView.common(parts[0].shape, both)
    else { throw node.unsupported("the operator is not supported beside sizes that are not known") }
    try spend(shape, node)
    let places = parts.map { part in
      StepView(0, shape: part.shape).expanded(to: shape)?.elements.map { Int($0.index) } ?? []
    }
    let indices = places[0].indices
    func chosen<T>(_ x: [T], _ y: [T]) -> [T] {
      indices.map { conditions[places[0][$0]] == 0 ? y[places[2][$0]] : x[places[1][$0]] }
    }
    switch (parts[1].elements, parts[2].elements) {
    case (.integers(let x), .integers(let y)):
      try define(node, ConstantValue(shape: shape, .integers(chosen(x, y))))
    case (.floats(let x), .floats(let y)):
      try define(node, ConstantValue(shape: shape, .floats(chosen(x, y))))
    default: throw node.malformed("X and Y of two types")
    }
  }
}
