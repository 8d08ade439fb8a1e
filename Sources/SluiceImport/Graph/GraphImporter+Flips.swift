import SluiceNetwork

extension FeatureValue.Content {
  /// The steps of a sequence the other way round.
  var turned: Self { self == .sequence ? .reversed : .sequence }
}

extension GraphImporter {
  /// `Slice` in steps of -1 over a whole axis: the steps from the last to the first.
  mutating func flip(
    _ value: FeatureValue, _ bounds: SliceBounds, _ node: ONNXNode
  ) throws(ConversionError) {
    let axis = try node.position(of: bounds.axes[0], rank: value.axes.count)
    let (start, end) = (bounds.starts[0], bounds.ends[0].known ?? 0)
    let size = value.extent(axis).known
    let isWhole =
      (start == -1 || size.map { start >= $0 - 1 } == true)
      && (end <= -Int(Int32.max) || size.map { end < -$0 } == true)
    guard isWhole else { throw node.unsupported("takes a part of an axis backwards") }
    try define(node, .features(try flipped(value, axis, node)))
  }

  /// `ReverseSequence` over sequences that are all as long as they are.
  mutating func reverseSequence(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try features(node, 0)
    let rank = value.axes.count
    let axis = try node.position(of: try attributes.integer("time_axis") ?? 0, rank: rank)
    _ = try node.position(of: try attributes.integer("batch_axis") ?? 1, rank: rank)
    guard case .integers(let lengths) = try folder.constant(node, 1, "sequence_lens").elements,
      lengths.allSatisfy({ $0 == value.extent(axis) })
    else { throw node.unsupported("sequence_lens other than the number of steps") }
    try define(node, .features(try flipped(value, axis, node)))
  }

  /// The steps of a sequence the other way round.
  private mutating func flipped(
    _ value: FeatureValue, _ axis: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    guard value.margin == nil, let index = steps(of: value, axis) else {
      throw node.unsupported("turns round an axis that does not count the steps of a sequence")
    }
    timeAxis = index
    var result = value
    result.content = value.content.turned
    return result
  }
}
