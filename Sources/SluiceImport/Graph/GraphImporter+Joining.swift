import SluiceNetwork

extension GraphImporter {
  /// `Concat`: of final states one layer after the other, or of features side by side.
  mutating func concat(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let axis = try attributes.required("axis")
    var parts: [FeatureValue] = []
    for index in node.inputs.indices { parts.append(try features(node, index)) }
    let at = try node.position(of: axis, rank: parts[0].axes.count)
    try define(node, .features(try joined(parts, at, node)))
  }

  private mutating func joined(
    _ parts: [FeatureValue], _ axis: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    let first = parts[0]
    guard parts.count > 1 else { return first }
    for part in parts {
      guard part.axes.count == first.axes.count,
        part.axes.indices.allSatisfy({ $0 == axis || part.extent($0) == first.extent($0) })
      else { throw node.unsupported("joins values of different shapes") }
    }
    if let states = try stacked(parts, axis, node) { return states }
    var (layers, channels): ([Int], [Int]) = ([], [])
    var result: FeatureValue?
    for part in parts {
      let part = try resolved(part, node)
      let (own, count) = try features(of: part, node)
      guard own == axis || (own == nil && part.extent(axis) == .known(1)) else {
        throw node.unsupported("joins sequences along an axis that does not count features")
      }
      guard result.map({ $0.content == part.content }) ?? true else {
        throw node.unsupported("joins the last step with a sequence")
      }
      layers.append(part.layer)
      channels.append(count)
      result = result ?? part
    }
    let layer = try append(
      .concatenate(length: 1, channels: channels), reading: layers, node)
    return written(layer, like: result ?? first, axis: axis)
  }

  /// Final states of several layers, one after the other; nil where they are to stand otherwise.
  private func stacked(
    _ parts: [FeatureValue], _ axis: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue? {
    var indices: [Int] = []
    for part in parts {
      switch (part.content, parts[0].content) {
      case (.finalHidden(let layers), .finalHidden), (.finalCell(let layers), .finalCell):
        guard part.extent(axis) == .known(layers.count),
          !part.axes[axis].contains(where: { if case .features = $0 { true } else { false } })
        else { return nil }
        indices += layers
      default: return nil
      }
      guard indices.count <= 1 << 16 else {
        throw node.unsupported("joins too many final states")
      }
    }
    var result = parts[0]
    if case .finalHidden = result.content {
      result.content = .finalHidden(indices)
    } else {
      result.content = .finalCell(indices)
    }
    result.axes[axis] = [.layers(indices.count)]
    return result
  }

  /// `Split`: parts of features, or of final states.
  mutating func split(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try features(node, 0)
    let extents = value.axes.indices.map { value.extent($0) }
    let (axis, ranges) = try folder.ranges(ofSplit: node, &attributes, extents)
    for (index, range) in ranges.enumerated() {
      // Nobody may want it.
      guard let name = node.output(index), folder.liveNames.contains(name) else { continue }
      let part =
        extents[axis] == .known(range.count)
        ? value : try selecting(value, axis, range, removing: false, node)
      try define(node, .features(part), output: index)
    }
  }
}
