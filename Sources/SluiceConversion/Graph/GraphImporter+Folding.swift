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
    var result = try constant(node, 0, "input")
    let shape = try constant(node, 1, "shape")
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

  mutating func concat(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let axis = try attributes.integer("axis") else {
      throw node.malformed("the attribute axis is missing")
    }
    let first = try value(node, 0)
    let at = try position(axis, rank: first.rank, node)
    if case .features(let features) = first {
      return try define(node, .features(try stacked(features, at, node)))
    }
    var parts: [ConstantValue] = []
    for index in node.inputs.indices {
      var part = try constant(node, index, "\(index)")
      if !part.isStored, let count = elementCount(of: part.extents.map { $0.known ?? -1 }) {
        // One element that stands for several whose number is known.
        try spend(count, node)
        part = part.spelledOut
      }
      guard part.isStored, part.shape.count == first.rank else {
        throw node.unsupported("joins constants of different kinds or of sizes not known")
      }
      parts.append(part)
    }
    try define(node, .constant(try joined(parts, at, node)))
  }

  private mutating func joined(
    _ parts: [ConstantValue], _ axis: Int, _ node: ONNXNode
  ) throws(ConversionError) -> ConstantValue {
    var shape = parts[0].shape
    shape[axis] = 0
    for part in parts {
      var others = part.shape
      others[axis] = shape[axis]
      guard others == shape else { throw node.malformed("joins constants of different shapes") }
      shape[axis] += part.shape[axis]
    }
    try spend(elementCount(of: shape), node)
    let outer = shape[..<axis].reduce(1, *)
    func chunks<T>(_ values: [[T]]) -> [T] {
      (0..<outer).flatMap { index in
        values.flatMap { part in
          let size = part.count / max(outer, 1)
          return part[index * size..<(index + 1) * size]
        }
      }
    }
    let floats = parts.compactMap(\.floats)
    if floats.count == parts.count { return ConstantValue(shape: shape, .floats(chunks(floats))) }
    let integers: [[Extent]] = parts.compactMap {
      if case .integers(let values) = $0.elements { values } else { nil }
    }
    guard integers.count == parts.count else { throw node.malformed("joins floats and integers") }
    return ConstantValue(shape: shape, .integers(chunks(integers)))
  }

  /// Final states of several layers, one after the other.
  private mutating func stacked(
    _ first: FeatureValue, _ axis: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    guard node.inputs.count > 1 else { return first }
    var indices: [Int] = []
    var result = first
    for index in node.inputs.indices {
      let part = try features(node, index)
      guard part.axes.count == first.axes.count, part.extent(axis).known != nil,
        part.axes.indices.allSatisfy({ $0 == axis || part.extent($0) == first.extent($0) })
      else { throw node.unsupported("joins values of different shapes") }
      switch (part.content, first.content) {
      case (.finalHidden(let layers), .finalHidden), (.finalCell(let layers), .finalCell):
        guard part.extent(axis) == .known(layers.count) else {
          throw node.unsupported("joins final states along an axis that is not the layers")
        }
        indices += layers
      default: throw node.unsupported("joins sequences: a graph that branches")
      }
      guard indices.count <= 1 << 16 else {
        throw node.unsupported("joins too many final states")
      }
    }
    if case .finalHidden = first.content {
      result.content = .finalHidden(indices)
    } else {
      result.content = .finalCell(indices)
    }
    result.axes[axis] = [.layers(indices.count)]
    return result
  }
}
