import SluiceNetwork

extension GraphImporter {
  mutating func constant(
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
    try define(node, .constant(value))
  }

  /// One value in a shape whose sizes need not be known: how exporters make states of zeros.
  mutating func constantOfShape(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let shape = try constant(node, 0, "shape")
    guard case .integers(let extents) = shape.elements, shape.isStored, shape.shape.count == 1,
      extents.count <= 8, extents.allSatisfy({ $0.known ?? 1 >= 1 })
    else { throw node.unsupported("the input shape is not a row of sizes") }
    var elements = ConstantValue.Elements.floats([0])
    if let tensor = try attributes.tensor("value") {
      let value = ConstantValue(try tensor.tensor())
      guard value.count == 1 else { throw node.malformed("the attribute value is not one number") }
      elements = value.elements
    }
    let ones = Array(repeating: 1, count: extents.count)
    try define(
      node, .constant(ConstantValue(extents: extents, shape: ones, elements: elements)))
  }

  /// A constant repeated over a shape, without storing it more often.
  mutating func expand(_ node: ONNXNode) throws(ConversionError) {
    let shape = try constant(node, 1, "shape")
    if case .features(let features) = try value(node, 0) {
      guard case .integers(let target) = shape.elements, shape.isStored,
        zip(target.reversed(), features.axes.indices.reversed()).allSatisfy({
          $0 == .known(1) || $0 == features.extent($1)
        }), target.count <= features.axes.count
      else { throw node.unsupported("repeats a sequence") }
      return try define(node, .features(features))
    }
    var result = try constant(node, 0, "input")
    guard case .integers(let target) = shape.elements, shape.isStored, shape.shape.count == 1,
      target.count <= 8, target.allSatisfy({ $0.known ?? 1 >= 1 })
    else { throw node.unsupported("the input shape is not a row of sizes") }
    while result.shape.count < target.count {
      result.extents.insert(.known(1), at: 0)
      result.shape.insert(1, at: 0)
    }
    let first = result.shape.count - target.count
    for (index, extent) in target.enumerated() where extent != .known(1) {
      let axis = first + index
      guard result.extents[axis] == .known(1) || result.extents[axis] == extent else {
        throw node.unsupported("a shape that does not follow the constant's")
      }
      result.extents[axis] = extent
    }
    try define(node, .constant(result))
  }
}
