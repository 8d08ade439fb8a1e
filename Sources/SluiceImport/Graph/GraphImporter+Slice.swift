import SluiceNetwork

extension GraphImporter {
  mutating func slice(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    let bounds = try folder.bounds(node, &attributes, rank: value.axes.count)
    if bounds.steps == [-1] { return try flip(value, bounds, node) }
    for part in try bounds.parts(node, rank: value.axes.count) {
      value = try sliced(value, part.axis, part.start, part.end, node)
    }
    try define(node, .features(value))
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
    if case .known(let end) = end,
      let last = try lastSteps(of: features, axis, from: start, to: end, node)
    {
      return last
    }
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
    let (lower, upper) = (SliceBounds.clamped(start, size), SliceBounds.clamped(end, size))
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
      case (.known(let end), let size?): SliceBounds.clamped(end, size &+ margin.surplus) == size
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
}
