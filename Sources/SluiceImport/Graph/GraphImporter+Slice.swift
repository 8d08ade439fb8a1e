import SluiceNetwork

extension GraphImporter {
  mutating func slice(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var data = try value(node, 0)
    let (starts, ends, axes, steps) = try bounds(node, &attributes, rank: data.rank)
    if steps == [-1], case .constant(let constant) = data, let end = ends[0].known {
      return try define(
        node, .constant(try reversed(constant, axes[0], starts[0], end, node)))
    }
    guard steps.allSatisfy({ $0 == 1 }) else { throw node.unsupported("steps other than 1") }
    var seen: Set<Int> = []
    for (index, axis) in axes.enumerated() {
      let axis = try position(axis, rank: data.rank, node)
      guard seen.insert(axis).inserted else { throw node.malformed("an axis stands twice") }
      let (start, end) = (starts[index], ends[index])
      switch data {
      case .constant(let constant):
        guard let end = end.known else {
          throw node.unsupported("the input ends is not made of known integers")
        }
        data = .constant(try sliced(constant, axis, start, end, node))
      case .features(let features):
        data = .features(try sliced(features, axis, start, end, node))
      case .norm: throw node.unsupported("the operator is not supported beside a layer norm")
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
    try spend(constant.shape, node)
    let positions = Array((0..<constant.shape[axis]).reversed())
    return constant.picking(
      constant.offsets(taking: positions, of: axis), extents: constant.extents)
  }

  /// Starts, ends, axes and steps: inputs, or attributes before operator set 10.
  mutating func bounds(
    _ node: ONNXNode, _ attributes: inout AttributeReader, rank: Int
  ) throws(ConversionError) -> (starts: [Int], ends: [Extent], axes: [Int], steps: [Int]) {
    var starts = try attributes.integers("starts")
    var ends = try attributes.integers("ends")?.map(Extent.known)
    var axes = try attributes.integers("axes")
    if node.input(1) != nil { starts = try integers(node, 1, "starts") }
    if node.input(2) != nil {
      guard case .integers(let values) = try constant(node, 2, "ends").elements else {
        throw node.unsupported("the input ends is not made of integers")
      }
      ends = values
    }
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

  mutating func sliced(
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
    var shape = constant.shape
    shape[axis] = shape[axis] == size ? upper - lower : 0
    try spend(shape, node)
    let positions = shape[axis] > 0 ? Array(lower..<upper) : []
    return constant.picking(constant.offsets(taking: positions, of: axis), extents: extents)
  }

  private mutating func sliced(
    _ features: FeatureValue, _ axis: Int, _ start: Int, _ end: Extent, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    if let margin = features.margin,
      case .input(margin.axis, let size)? = FeatureValue.sole(features.axes[axis])
    {
      return try withoutSurplus(features, margin, size: size, start, end, node)
    }
    if start == 0, end == features.extent(axis) { return features }
    guard let end = end.known else {
      throw node.unsupported("the input ends is not made of known integers")
    }
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

  /// As many steps as the input has, of a sequence that a padded convolution has made longer.
  private func withoutSurplus(
    _ features: FeatureValue, _ margin: FeatureValue.Margin, size: Int?, _ start: Int,
    _ end: Extent, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    let isWhole =
      switch (end, size) {
      case (.axis(margin.axis), _): true
      case (.known(let end), let size?): clamped(end, size &+ margin.surplus) == size
      case (.known(let end), nil): end == -margin.surplus
      default: false
      }
    guard start == 0, isWhole, margin.before == 0, margin.after == 0 else {
      throw node.unsupported("selects steps other than those of the input")
    }
    var result = features
    result.margin = nil
    return result
  }

  func clamped(_ bound: Int, _ size: Int) -> Int {
    min(max(bound < 0 ? bound.addingReportingOverflow(size).partialValue : bound, 0), size)
  }
}
