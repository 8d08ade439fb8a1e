import SluiceNetwork

extension ConstantFolder {
  /// Computes a node that reads constants alone, and has been checked.
  mutating func fold(_ node: ONNXNode) throws(ConversionError) {
    var attributes = AttributeReader(node)
    switch node.operation {
    case "Add", "Sub", "Mul", "Div", "Equal": try arithmetic(node)
    case "Pow", "Min", "Max", "Mod", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And",
      "Or",
      "Xor":
      // The sign of C's rest.
      guard try attributes.integer("fmod") ?? 0 == 0 else {
        throw node.unsupported("the attribute fmod is not 0")
      }
      try binary(node)
    case "Neg", "Abs", "Sqrt", "Reciprocal", "Exp", "Log", "Floor", "Ceil", "Round", "Not",
      "Sigmoid",
      "Tanh", "Relu":
      try unary(node)
    case "Range": try range(node)
    case "Size": try size(node)
    case "ScatterND": try scatter(node, &attributes)
    case "ReduceProd": try product(node, &attributes)
    case "Where": try choose(node)
    case "Gather": try gather(node, &attributes)
    case "Slice": try slice(node, &attributes)
    case "Split": try split(node, &attributes)
    case "Concat": try concat(node, &attributes)
    case "Squeeze": try squeeze(node, &attributes)
    case "Unsqueeze": try unsqueeze(node, &attributes)
    case "Transpose": try transpose(node, &attributes)
    case "Reshape": try reshape(node, &attributes)
    case "Shape": try shape(of: constant(node, 0, "data").extents, node, &attributes)
    case "Expand": try expand(node)
    case "Tile": try tile(node)
    case "ConstantOfShape": try constantOfShape(node, &attributes)
    case "Constant": try constant(node, &attributes)
    case "Dropout":
      try checkDropout(node, &attributes)
      try define(node, try constant(node, 0, "data"))
    case "Cast":
      try define(node, try cast(constant(node, 0, "input"), node, &attributes))
    case "Identity": try define(node, try constant(node, 0, "input"))
    default:
      throw node.unsupported(
        "reads constants alone, which are not computed for this operator; simplify the graph, as "
          + "onnxsim does")
    }
    try attributes.finish()
  }

  /// The attribute of `Constant`.
  private mutating func constant(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard node.attributes.count == 1 else { throw node.malformed("expected one attribute") }
    let value: ConstantValue
    if let tensor = try attributes.tensor("value") {
      value = ConstantValue(try tensor.tensor())
    } else if let integer = try attributes.integer("value_int") {
      value = ConstantValue(shape: [], .integers([.known(integer)]))
    } else if let integers = try attributes.integers("value_ints") {
      value = ConstantValue(shape: [integers.count], .integers(integers.map(Extent.known)))
    } else if let float = try attributes.float("value_float") {
      value = ConstantValue(shape: [], .floats([float]))
    } else if let floats = try attributes.floats("value_floats") {
      value = ConstantValue(shape: [floats.count], .floats(floats))
    } else {
      return try attributes.finish()
    }
    try define(node, value)
  }

  /// Reads the attributes of `Dropout`, which passes its input on when a network is not being trained.
  mutating func checkDropout(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    // How much would be dropped, and how it would be drawn: nothing is.
    _ = try attributes.float("ratio")
    _ = try attributes.integer("seed")
    if node.input(2) != nil {
      guard try integers(node, 2, "training_mode").allSatisfy({ $0 == 0 }) else {
        throw node.unsupported("the input training_mode is true")
      }
    }
    if let mask = node.output(1), liveNames.contains(mask) {
      throw node.unsupported("the output mask is not supported")
    }
  }

  /// A constant as another type.
  private func cast(
    _ value: ConstantValue, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> ConstantValue {
    let type = try attributes.integer("to") ?? 0
    _ = try attributes.integer("saturate")
    _ = try attributes.string("round_mode")
    var result = value
    switch (value.elements, type) {
    case (.floats, 1), (.floats, 10), (.floats, 11), (.floats, 16), (.integers, 6), (.integers, 7):
      break
    case (.integers(let values), 9):
      // Of a size that is not known no more is known than that it is none.
      result.elements = .integers(
        values.map { $0.known.map { .known($0 == 0 ? 0 : 1) } ?? .known(1) })
    case (.floats(let values), 9):
      result.elements = .integers(values.map { .known($0 == 0 ? 0 : 1) })
    case (.integers(let values), 1), (.integers(let values), 10), (.integers(let values), 11):
      let known = values.compactMap(\.known)
      guard known.count == values.count else { throw node.unsupported("a size that is not known") }
      result.elements = .floats(known.map { Float($0) })
    case (.floats(let values), 6), (.floats(let values), 7):
      guard values.allSatisfy({ $0.magnitude < 0x1p31 }) else {
        throw node.unsupported("numbers beyond the range of integers")
      }
      result.elements = .integers(values.map { .known(Int($0)) })
    default: throw node.unsupported("the attribute to is \(type): a cast that changes numbers")
    }
    return result
  }

  /// Reads the attributes of `Cast`, between types that are one here: integers, or floats, all of which
  /// are computed with as float32.
  func checkCast(
    _ node: ONNXNode, _ attributes: inout AttributeReader, ofIntegers isInteger: Bool
  ) throws(ConversionError) {
    let type = try attributes.integer("to") ?? 0
    // Only casts to 8-bit floats saturate or round in more than one way.
    _ = try attributes.integer("saturate")
    _ = try attributes.string("round_mode")
    guard isInteger ? [6, 7, 9].contains(type) : [1, 10, 11, 16].contains(type) else {
      throw node.unsupported("the attribute to is \(type): a cast that changes numbers")
    }
  }
}
