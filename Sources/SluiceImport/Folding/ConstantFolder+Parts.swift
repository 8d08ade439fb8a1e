import SluiceNetwork

extension ConstantFolder {
  /// `Slice`, of which steps of -1 turn a whole axis about: how exporters reverse pads.
  mutating func slice(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var data = try constant(node, 0, "data")
    let bounds = try bounds(node, &attributes, rank: data.shape.count)
    if bounds.steps == [-1] {
      return try define(node, try reversed(data, bounds, node))
    }
    for part in try bounds.parts(node, rank: data.shape.count) {
      guard let end = part.end.known else {
        throw node.unsupported("the input ends is not made of known integers")
      }
      data = try sliced(data, part.axis, part.start, end, node)
    }
    try define(node, data)
  }

  private mutating func reversed(
    _ constant: ConstantValue, _ bounds: SliceBounds, _ node: ONNXNode
  ) throws(ConversionError) -> ConstantValue {
    let axis = try node.position(of: bounds.axes[0], rank: constant.shape.count)
    let size = constant.shape[axis]
    guard let end = bounds.ends[0].known, constant.isStored, end < -size,
      bounds.starts[0] == -1 || bounds.starts[0] >= size - 1
    else { throw node.unsupported("a part of an axis in steps of -1") }
    try spend(constant.shape, node)
    let positions = Array((0..<size).reversed())
    return constant.picking(
      constant.offsets(taking: positions, of: axis), extents: constant.extents)
  }

  private mutating func sliced(
    _ constant: ConstantValue, _ axis: Int, _ start: Int, _ end: Int, _ node: ONNXNode
  ) throws(ConversionError) -> ConstantValue {
    guard let size = constant.extents[axis].known else {
      guard start == 0, end >= Int(Int32.max) else {
        throw node.unsupported("a part of an axis of a size that is not known")
      }
      return constant
    }
    let lower = SliceBounds.clamped(start, size)
    let upper = max(lower, SliceBounds.clamped(end, size))
    var extents = constant.extents
    extents[axis] = .known(upper - lower)
    // One repeated element stands for any part but the empty one.
    if constant.shape[axis] == 1, size != 1, lower < upper {
      var result = constant
      result.extents = extents
      return result
    }
    var shape = constant.shape
    shape[axis] = shape[axis] == size ? upper - lower : 0
    try spend(shape, node)
    let positions = shape[axis] > 0 ? Array(lower..<upper) : []
    return constant.picking(constant.offsets(taking: positions, of: axis), extents: extents)
  }

  mutating func split(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let constant = try constant(node, 0, "input")
    let (axis, ranges) = try ranges(ofSplit: node, &attributes, constant.extents)
    for (index, range) in ranges.enumerated() {
      let part = try sliced(constant, axis, range.lowerBound, range.upperBound, node)
      try define(node, part, output: index)
    }
  }

  /// The axis along which `Split` parts some of these extents, and the range of each part.
  mutating func ranges(
    ofSplit node: ONNXNode, _ attributes: inout AttributeReader, _ extents: [Extent]
  ) throws(ConversionError) -> (axis: Int, ranges: [Range<Int>]) {
    let axis = try node.position(
      of: try attributes.integer("axis") ?? 0, rank: extents.count)
    var sizes = try attributes.integers("split")
    if node.input(1) != nil { sizes = try integers(node, 1, "split") }
    let count = try attributes.integer("num_outputs") ?? node.outputs.count
    guard count == node.outputs.count, sizes.map({ $0.count == count }) ?? true else {
      throw node.malformed("\(count) parts for \(node.outputs.count) outputs")
    }
    guard let total = extents[axis].known, count > 0, total <= Int(Int32.max) else {
      throw node.unsupported("splits an axis of a size that is not known, or too large")
    }
    // Equal parts, the last one smaller where they cannot be.
    let whole = (total + count - 1) / count
    let parts = sizes ?? (0..<count).map { min(whole, total - whole * $0) }
    guard parts.allSatisfy({ $0 > 0 && $0 <= total }), parts.reduce(0, +) == total else {
      throw node.malformed("parts of \(parts) of \(total)")
    }
    var start = 0
    return (
      axis,
      parts.map { part in
        defer { start += part }
        return start..<start + part
      }
    )
  }

  mutating func gather(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let data = try constant(node, 0, "data")
    let axis = try node.position(
      of: try attributes.integer("axis") ?? 0, rank: data.shape.count)
    let (indices, isScalar) = try indices(ofGather: node)
    guard let size = data.extents[axis].known else {
      throw node.unsupported("indices into an axis of a size that is not known")
    }
    var chosen: [Int] = []
    for index in indices {
      guard (-size..<size).contains(index) else {
        throw node.malformed("the index \(index) of \(size)")
      }
      let position = index < 0 ? index + size : index
      chosen.append(data.shape[axis] == 1 ? 0 : position)
    }
    var (shape, extents) = (data.shape, data.extents)
    shape[axis] = chosen.count
    extents[axis] = .known(chosen.count)
    try spend(shape, node)
    var result = data.picking(data.offsets(taking: chosen, of: axis), extents: extents)
    if isScalar {
      result.extents.remove(at: axis)
      result.shape.remove(at: axis)
    }
    try define(node, result)
  }

  /// The indices of `Gather`, and whether they are one without an axis.
  mutating func indices(
    ofGather node: ONNXNode
  ) throws(ConversionError) -> (list: [Int], isScalar: Bool) {
    let constant = try constant(node, 1, "indices")
    guard let list = constant.integers, constant.shape.count <= 1 else {
      throw node.unsupported("indices that are not a known integer or a row of them")
    }
    return (list, constant.shape.isEmpty)
  }

  mutating func concat(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let axis = try attributes.required("axis")
    let rank = try constant(node, 0, "0").shape.count
    let at = try node.position(of: axis, rank: rank)
    var parts: [ConstantValue] = []
    for index in node.inputs.indices {
      let part = try stored(constant(node, index, "\(index)"), node)
      guard part.isStored, part.shape.count == rank else {
        throw node.unsupported("joins constants of different kinds or of sizes not known")
      }
      parts.append(part)
    }
    try define(node, try joined(parts, at, node))
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
      let (sum, overflow) = shape[axis].addingReportingOverflow(part.shape[axis])
      guard !overflow else { throw node.malformed("joins constants to an axis that overflows") }
      shape[axis] = sum
    }
    try spend(shape, node)
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
}
