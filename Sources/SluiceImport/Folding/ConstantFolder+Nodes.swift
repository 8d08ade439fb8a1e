import SluiceNetwork

extension ConstantFolder {
  /// Computes a node that reads constants alone, and has been checked.
  mutating func fold(_ node: ONNXNode) throws(ConversionError) {
    var attributes = AttributeReader(node)
    switch node.operation {
    case "Add", "Sub", "Mul", "Div", "Equal": try arithmetic(node)
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
      let value = try constant(node, 0, "input")
      try checkCast(node, &attributes, ofIntegers: value.floats == nil)
      try define(node, value)
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
