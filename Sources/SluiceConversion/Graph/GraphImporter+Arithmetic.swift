extension GraphImporter {
  /// Arithmetic on the integers of shapes.
  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    guard case .constant(let left) = try value(node, 0),
      case .constant(let right) = try value(node, 1)
    else { throw node.unsupported("the operator is not supported on a sequence") }
    guard case .integers(let a) = left.elements, case .integers(let b) = right.elements,
      left.isStored, right.isStored
    else { throw node.unsupported("the operator is not supported on floats") }
    guard left.shape == right.shape || left.count == 1 || right.count == 1 else {
      throw node.unsupported("operands of different shapes")
    }
    let count = left.count == 1 ? right.count : left.count
    try spend(count, node)
    let results = (0..<count).map { index in
      Self.combine(node.operation, a[a.count == 1 ? 0 : index], b[b.count == 1 ? 0 : index])
    }
    // Of a scalar and a row of one, the row's shape is the result's.
    let shape =
      (left.count, left.shape.count) > (right.count, right.shape.count) ? left.shape : right.shape
    try define(node, .constant(ConstantValue(shape: shape, .integers(results))))
  }

  private static func combine(_ operation: String, _ left: Extent, _ right: Extent) -> Extent {
    guard let a = left.known, let b = right.known else {
      switch (operation, left, right) {
      case ("Mul", let extent, .known(1)), ("Mul", .known(1), let extent): return extent
      case ("Div", let extent, .known(1)): return extent
      case ("Add", let extent, .known(0)), ("Add", .known(0), let extent): return extent
      case ("Sub", let extent, .known(0)): return extent
      default: return .unknown
      }
    }
    let result =
      switch operation {
      case "Add": a.addingReportingOverflow(b)
      case "Sub": a.subtractingReportingOverflow(b)
      case "Mul": a.multipliedReportingOverflow(by: b)
      default: a.dividedReportingOverflow(by: b)
      }
    return result.overflow ? .unknown : .known(result.partialValue)
  }
}
