import SluiceNetwork

extension GraphImporter {
  mutating func transpose(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    value.axes = try node.order(ofAxes: value.axes.count, &attributes).map { value.axes[$0] }
    try define(node, .features(value))
  }

  mutating func squeeze(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    let extents = value.axes.indices.map { value.extent($0) }
    value.axes = try folder.squeezed(extents, node, &attributes).map { value.axes[$0] }
    try define(node, .features(value))
  }

  mutating func unsqueeze(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    let axes = try folder.axes(node, &attributes)
    for axis in try node.insertions(axes, rank: value.axes.count) {
      value.axes.insert([], at: axis)
    }
    try define(node, .features(value))
  }

  /// `Expand`, where every size stays as it is, or the last step becomes every step.
  mutating func expand(_ node: ONNXNode) throws(ConversionError) {
    let value = try features(node, 0)
    let shape = try folder.constant(node, 1, "shape")
    guard case .integers(var target) = shape.elements, shape.extents.count == 1,
      let count = shape.extents[0].known, count <= 8
    else { throw node.unsupported("repeats a sequence") }
    // One stored size may stand for all.
    if !shape.isStored { target = Array(repeating: target[0], count: count) }
    if target.count == value.axes.count,
      try repeatedOverTime(value, target.map { $0 == .known(1) ? nil : $0 }, node)
    {
      return
    }
    guard
      zip(target.reversed(), value.axes.indices.reversed()).allSatisfy({
        $0 == .known(1) || $0 == value.extent($1)
      }), target.count <= value.axes.count
    else { throw node.unsupported("repeats a sequence") }
    try define(node, .features(value))
  }

  /// `Tile`, where every axis stays as it is, or the last step becomes every step.
  mutating func tile(_ node: ONNXNode) throws(ConversionError) {
    let value = try features(node, 0)
    let counts = try folder.repeats(node, rank: value.axes.count)
    if try repeatedOverTime(value, counts.map { $0 == .known(1) ? nil : $0 }, node) { return }
    guard try folder.repeats(node, rank: value.axes.count).allSatisfy({ $0 == .known(1) }) else {
      throw node.unsupported("repeats a sequence")
    }
    try define(node, .features(value))
  }
}
