extension GraphImporter {
  mutating func slice(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var data = try value(node, 0)
    let (starts, ends, axes, steps) = try bounds(node, &attributes, rank: data.rank)
    if steps == [-1], case .constant(let constant) = data {
      return try define(
        node, .constant(try reversed(constant, axes[0], starts[0], ends[0], node)))
    }
    guard steps.allSatisfy({ $0 == 1 }) else { throw node.unsupported("steps other than 1") }
    var seen: Set<Int> = []
    for (index, axis) in axes.enumerated() {
      let axis = try position(axis, rank: data.rank, node)
      guard seen.insert(axis).inserted else { throw node.malformed("an axis stands twice") }
      let (start, end) = (starts[index], ends[index])
      switch data {
      case .constant(let constant):
        data = .constant(try sliced(constant, axis, start, end, node))
      case .features(let features):
        data = .features(try sliced(features, axis, start, end, node))
      }
    }
    try define(node, data)
  }

  /// All of a constant along an axis, from the last to the first: how exporters turn pads about.
  private mutating func reversed(
    _ constant: ConstantValue, _ axis: Int, _ start: Int, _ end: Int, _ node: ONNXNode
  ) throws(ConversionError) -> ConstantValue {
    let axis = try position(axis, rank: constant.shape.count, node)
    guard constant.isStored, start == -1 || start >= constant.shape[axis] - 1,
      end < -constant.shape[axis]
    else { throw node.unsupported("a part of an axis in steps of -1") }
    try spend(constant.count, node)
    var offsets = constant.offsets
    offsets[axis].reverse()
    return constant.picking(offsets, extents: constant.extents)
  }

  /// Starts, ends, axes and steps: inputs, or attributes before operator set 10.
  mutating func bounds(
    _ node: ONNXNode, _ attributes: inout AttributeReader, rank: Int
  ) throws(ConversionError) -> (starts: [Int], ends: [Int], axes: [Int], steps: [Int]) {
    var starts = try attributes.integers("starts")
    var ends = try attributes.integers("ends")
    var axes = try attributes.integers("axes")
    if node.input(1) != nil { starts = try integers(node, 1, "starts") }
    if node.input(2) != nil { ends = try integers(node, 2, "ends") }
    if node.input(3) != nil { axes = try integers(node, 3, "axes") }
    guard let starts, let ends, starts.count == ends.count, starts.count <= rank else {
      throw node.malformed("starts and ends are missing or of different lengths")
    }
    let steps =
      node.input(4) != nil
      ? try integers(node, 4, "steps") : Array(repeating: 1, count: starts.count)
    let named = axes ?? Array(starts.indices)
    guard named.count == starts.count, steps.count == starts.count else {
      throw node.malformed("axes or steps are not as many as starts")
    }
    return (starts, ends, named, steps)
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
    let lower = clamped(start, size)
    let upper = max(lower, clamped(end, size))
    var extents = constant.extents
    extents[axis] = .known(upper - lower)
    // One repeated element stands for any part but the empty one.
    if constant.shape[axis] == 1, size != 1, lower < upper {
      var result = constant
      result.extents = extents
      return result
    }
    var offsets = constant.offsets
    offsets[axis] = constant.shape[axis] == size ? Array(offsets[axis][lower..<upper]) : []
    try spend(elementCount(of: offsets.map(\.count)), node)
    return constant.picking(offsets, extents: extents)
  }

  private func sliced(
    _ features: FeatureValue, _ axis: Int, _ start: Int, _ end: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    guard let size = features.extent(axis).known else {
      if start == 0 && end >= Int(Int32.max) { return features }
      guard start == -1, end >= Int(Int32.max) else {
        throw node.unsupported("selects steps other than the last alone")
      }
      return try selecting(features, axis, -1..<0, removing: false, node)
    }
    let (lower, upper) = (clamped(start, size), clamped(end, size))
    if lower == 0 && upper == size { return features }
    guard lower < upper else { throw node.unsupported("selects nothing") }
    return try selecting(features, axis, lower..<upper, removing: false, node)
  }

  func clamped(_ bound: Int, _ size: Int) -> Int {
    min(max(bound < 0 ? bound.addingReportingOverflow(size).partialValue : bound, 0), size)
  }
}
