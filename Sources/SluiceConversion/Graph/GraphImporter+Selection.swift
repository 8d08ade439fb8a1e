import SluiceBlob

extension GraphImporter {
  /// `Gather`: an embedding, one step or layer of the sequence, or elements of a constant.
  mutating func gather(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let axis = try attributes.integer("axis") ?? 0
    let (data, indices) = (try value(node, 0), try value(node, 1))
    let at = try position(axis, rank: data.rank, node)
    switch (data, indices) {
    case (.constant, .features(let ids)):
      guard at == 0 else { throw node.unsupported("the attribute axis is \(axis); expected 0") }
      try embedding(node, ids)
    case (.features, .features): throw node.unsupported("indices that depend on the sequence")
    case (_, .constant(let constant)):
      guard let list = constant.integers, constant.shape.count <= 1 else {
        throw node.unsupported("indices that are not a known integer or a row of them")
      }
      let isScalar = constant.shape.isEmpty
      switch data {
      case .features(let features):
        guard list.count == 1 else { throw node.unsupported("more than one index") }
        guard (-(1 << 31)..<1 << 31).contains(list[0]) else {
          throw node.malformed("the index \(list[0])")
        }
        let range = list[0]..<list[0] + 1
        try define(
          node, .features(try selecting(features, at, range, removing: isScalar, node)))
      case .constant(let data):
        try gather(node, data, at, list, isScalar: isScalar)
      }
    }
  }

  private mutating func embedding(
    _ node: ONNXNode, _ ids: FeatureValue
  ) throws(ConversionError) {
    guard ids.content == .ids, layers.isEmpty else {
      throw node.unsupported("an embedding reads the token ids of the input, before any layer")
    }
    let table = try floats(node, 0, "data", rank: 2)
    guard table.shape[0] > 0, table.shape[1] > 0 else { throw node.malformed("an empty table") }
    try append(
      .embedding(
        Network.Embedding(
          count: table.shape[0], size: table.shape[1], weights: table.values)), node)
    let axes = ids.axes + [[.features(table.shape[1])]]
    try define(
      node, .features(FeatureValue(content: .sequence, axes: axes, version: version)))
  }

  private mutating func gather(
    _ node: ONNXNode, _ data: ConstantValue, _ axis: Int, _ indices: [Int], isScalar: Bool
  ) throws(ConversionError) {
    guard let size = data.extents[axis].known else {
      throw node.unsupported("indices into an axis of a size that is not known")
    }
    var offsets = data.offsets
    var chosen: [Int] = []
    for index in indices {
      guard (-size..<size).contains(index) else {
        throw node.malformed("the index \(index) of \(size)")
      }
      let position = index < 0 ? index + size : index
      chosen.append(offsets[axis][data.shape[axis] == 1 ? 0 : position])
    }
    offsets[axis] = chosen
    try spend(elementCount(of: offsets.map(\.count)), node)
    var extents = data.extents
    extents[axis] = .known(chosen.count)
    var result = data.picking(offsets, extents: extents)
    if isScalar {
      result.extents.remove(at: axis)
      result.shape.remove(at: axis)
    }
    try define(node, .constant(result))
  }

  /// `features` at `range` of an axis: the last step, the states of some layers, or all there is.
  ///
  /// - Parameter range: what is selected; a negative lower bound counts from the end, and then the
  ///   upper bound only tells how many.
  func selecting(
    _ features: FeatureValue, _ axis: Int, _ range: Range<Int>, removing: Bool, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    var result = features
    let atoms = FeatureValue.significant(features.axes[axis])
    let size = features.extent(axis).known
    func fromStart(_ bound: Int) -> Int? { bound >= 0 ? bound : size.map { bound + $0 } }
    switch atoms.first {
    case .layers(let count)?:
      guard let lower = fromStart(range.lowerBound), (0..<count).contains(lower) else {
        throw node.malformed("the index \(range.lowerBound) of \(count) layers")
      }
      let upper = lower + range.count
      guard upper <= count else { throw node.malformed("layers up to \(upper) of \(count)") }
      switch features.content {
      case .finalHidden(let all): result.content = .finalHidden(Array(all[lower..<upper]))
      case .finalCell(let all): result.content = .finalCell(Array(all[lower..<upper]))
      default: throw node.unsupported("selects layers of what is no final state")
      }
      result.axes[axis] = upper - lower == 1 ? [] : [.layers(upper - lower)]
    case .input(let index, _)? where index == timeAxis && size != 1:
      let isLast = range.lowerBound == -1 || size.map { range.lowerBound == $0 - 1 } == true
      guard isLast, range.count == 1, features.content == .sequence else {
        throw node.unsupported("selects steps other than the last alone")
      }
      result.content = .last
      result.axes[axis] = []
    default:
      guard size == 1, fromStart(range.lowerBound) == 0, range.count == 1 else {
        throw node.unsupported("selects a part of an axis that is not the steps")
      }
      if case .input(let index, _)? = atoms.first, index == timeAxis { result.content = .last }
    }
    if removing {
      guard result.axes[axis].allSatisfy({ $0.size == 1 }) else {
        throw node.unsupported("removes an axis that is not of size 1")
      }
      result.axes.remove(at: axis)
    }
    return result
  }
}
