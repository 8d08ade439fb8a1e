import Foundation
import SluiceNetwork

/// Arithmetic of constants that are floats, comparisons, and what is known of sizes.
extension ConstantFolder {
  /// Two constants of shapes that are broadcast: the shape of the result, and which element of each
  /// belongs to each of its elements.
  mutating func broadcast(
    _ node: ONNXNode, _ a: ConstantValue, _ b: ConstantValue
  ) throws(ConversionError) -> (shape: [Int], left: [Int], right: [Int]) {
    guard a.isStored, b.isStored, let shape = StepView.common(a.shape, b.shape) else {
      throw node.unsupported("operands of the shapes \(a.shape) and \(b.shape)")
    }
    try spend(shape, node)
    func places(_ own: [Int]) -> [Int] {
      let view = StepView(0, shape: own)
      return view.expanded(to: shape)?.elements.map { Int($0.index) } ?? []
    }
    let (left, right) = (places(a.shape), places(b.shape))
    // An axis without elements is as long as no other.
    guard left.count == right.count, left.count == shape.reduce(1, *) else {
      throw node.unsupported("operands of the shapes \(a.shape) and \(b.shape)")
    }
    return (shape, left, right)
  }

  /// Arithmetic and comparisons of two constants.
  mutating func binary(_ node: ONNXNode) throws(ConversionError) {
    let left = try stored(constant(node, 0, "A"), node)
    let right = try stored(constant(node, 1, "B"), node)
    let (shape, a, b) = try broadcast(node, left, right)
    if let x = left.floats, let y = right.floats {
      if Self.comparisons.contains(node.operation) {
        let results = zip(a, b).map { compare(x[$0], y[$1], node.operation) }
        return try define(node, ConstantValue(shape: shape, .integers(results)))
      }
      let results = try zip(a, b).map { i, j throws(ConversionError) in
        try combined(x[i], y[j], node)
      }
      return try define(node, ConstantValue(shape: shape, .floats(results)))
    }
    guard let x = left.integers, let y = right.integers else {
      // A bound of a size that is not known is none either: nobody may ask for it.
      if ["Max", "Min"].contains(node.operation), case .integers(let x) = left.elements,
        case .integers(let y) = right.elements
      {
        let results = try zip(a, b).map { i, j throws(ConversionError) in
          guard let x = x[i].known, let y = y[j].known else { return Extent.unknown }
          return try combined(x, y, node)
        }
        return try define(node, ConstantValue(shape: shape, .integers(results)))
      }
      throw node.unsupported("sizes that are not known, or operands of two types")
    }
    let results = try zip(a, b).map { i, j throws(ConversionError) in
      Self.comparisons.contains(node.operation)
        ? compare(x[i], y[j], node.operation) : try combined(x[i], y[j], node)
    }
    try define(node, ConstantValue(shape: shape, .integers(results)))
  }

  private static let comparisons: Set<String> = [
    "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor",
  ]

  private func compare<Number: Comparable & Numeric>(
    _ a: Number, _ b: Number, _ operation: String
  ) -> Extent {
    let holds =
      switch operation {
      case "Equal": a == b
      case "Greater": a > b
      case "GreaterOrEqual": a >= b
      case "Less": a < b
      case "LessOrEqual": a <= b
      case "And": a != 0 && b != 0
      case "Or": a != 0 || b != 0
      default: (a != 0) != (b != 0)
      }
    return .known(holds ? 1 : 0)
  }

  private func combined(_ a: Float, _ b: Float, _ node: ONNXNode) throws(ConversionError) -> Float {
    switch node.operation {
    case "Add": a + b
    case "Sub": a - b
    case "Mul": a * b
    case "Div": a / b
    case "Pow": pow(a, b)
    case "Min": min(a, b)
    case "Max": max(a, b)
    default: throw node.unsupported("the operator is not supported on floats")
    }
  }

  private func combined(_ a: Int, _ b: Int, _ node: ONNXNode) throws(ConversionError) -> Extent {
    switch node.operation {
    case "Min": return .known(min(a, b))
    case "Max": return .known(max(a, b))
    case "Mod":
      guard b != 0, a != Int.min || b != -1 else { throw node.malformed("a division by \(b)") }
      let rest = a % b
      return .known(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest)
    default: throw node.unsupported("the operator is not supported on integers")
    }
  }

  /// A function of each number alone.
  mutating func unary(_ node: ONNXNode) throws(ConversionError) {
    var value = try constant(node, 0, "X")
    switch value.elements {
    case .floats(let values):
      try spend(value.shape, node)
      value.elements = .floats(
        try values.map { x throws(ConversionError) in try mapped(x, node) })
    case .integers(let values):
      value.elements = .integers(
        try values.map { extent throws(ConversionError) in
          guard let x = extent.known else {
            throw node.unsupported("a size that is not known")
          }
          switch node.operation {
          case "Not": return .known(x == 0 ? 1 : 0)
          case "Neg" where x != Int.min: return .known(-x)
          case "Abs" where x != Int.min: return .known(abs(x))
          default: throw node.unsupported("the operator is not supported on integers")
          }
        })
    }
    try define(node, value)
  }

  private func mapped(_ x: Float, _ node: ONNXNode) throws(ConversionError) -> Float {
    switch node.operation {
    case "Neg": -x
    case "Abs": abs(x)
    case "Sqrt": x.squareRoot()
    case "Reciprocal": 1 / x
    case "Exp": exp(x)
    case "Log": log(x)
    case "Floor": x.rounded(.down)
    case "Ceil": x.rounded(.up)
    case "Round": x.rounded(.toNearestOrEven)
    case "Sigmoid": 1 / (1 + exp(-x))
    case "Tanh": tanh(x)
    case "Relu": max(x, 0)
    default: throw node.unsupported("the operator is not supported on constants")
    }
  }

  /// `Range`: integers from a start to a limit.
  mutating func range(_ node: ONNXNode) throws(ConversionError) {
    var bounds: [Int] = []
    for (index, name) in ["start", "limit", "delta"].enumerated() {
      let values = try integers(node, index, name)
      guard values.count == 1 else { throw node.malformed("\(name) is not one number") }
      bounds.append(values[0])
    }
    let (start, limit, delta) = (bounds[0], bounds[1], bounds[2])
    let (span, overflow) = limit.subtractingReportingOverflow(start)
    guard delta != 0, !overflow else { throw node.malformed("a range in steps of \(delta)") }
    let isEmpty = span == 0 || (span > 0) != (delta > 0)
    // Of the magnitudes, since that of the least integer is none.
    let count = isEmpty ? 0 : Int(clamping: (span.magnitude - 1) / delta.magnitude + 1)
    try spend([count], node)
    let values = (0..<count).map { Extent.known(start + $0 * delta) }
    try define(node, ConstantValue(shape: [values.count], .integers(values)))
  }

  /// `Size`: how many elements a constant has.
  mutating func size(_ node: ONNXNode) throws(ConversionError) {
    let extents = try constant(node, 0, "data").extents
    let sizes = extents.compactMap(\.known)
    guard sizes.count == extents.count, let count = elementCount(of: sizes) else {
      throw node.unsupported("a size that is not known")
    }
    try define(node, ConstantValue(shape: [], .integers([.known(count)])))
  }
}
