import SluiceNetwork

extension GraphImporter {
  /// `Concat`: of constants, of final states one layer after the other, or of features side by side.
  mutating func concat(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let axis = try attributes.integer("axis") else {
      throw node.malformed("the attribute axis is missing")
    }
    let first = try value(node, 0)
    let at = try position(axis, rank: first.rank, node)
    guard case .constant = first else {
      return try define(node, .features(try joined(node, at)))
    }
    var parts: [ConstantValue] = []
    for index in node.inputs.indices {
      let part = try stored(constant(node, index, "\(index)"), node)
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

  private mutating func joined(
    _ node: ONNXNode, _ axis: Int
  ) throws(ConversionError) -> FeatureValue {
    var parts: [FeatureValue] = []
    for index in node.inputs.indices { parts.append(try features(node, index)) }
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

  /// `Split`: parts of features, of final states, or of a constant.
  mutating func split(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try value(node, 0)
    let axis = try position(try attributes.integer("axis") ?? 0, rank: value.rank, node)
    var sizes = try attributes.integers("split")
    if node.input(1) != nil { sizes = try integers(node, 1, "split") }
    let count = try attributes.integer("num_outputs") ?? node.outputs.count
    guard count == node.outputs.count, sizes.map({ $0.count == count }) ?? true else {
      throw node.malformed("\(count) parts for \(node.outputs.count) outputs")
    }
    guard let total = value.extents[axis].known, count > 0, total <= Int(Int32.max) else {
      throw node.unsupported("splits an axis of a size that is not known, or too large")
    }
    // Equal parts, the last one smaller where they cannot be.
    let whole = (total + count - 1) / count
    let parts = sizes ?? (0..<count).map { min(whole, total - whole * $0) }
    guard parts.allSatisfy({ $0 > 0 && $0 <= total }), parts.reduce(0, +) == total else {
      throw node.malformed("parts of \(parts) of \(total)")
    }
    var start = 0
    for (index, part) in parts.enumerated() {
      let range = start..<start + part
      start += part
      switch value {
      case .constant(let constant):
        try define(
          node, .constant(try sliced(constant, axis, range.lowerBound, range.upperBound, node)),
          output: index)
      case .features(let features):
        // Nobody may want it.
        guard let name = node.output(index), liveNames.contains(name) else { continue }
        let part =
          range == 0..<total
          ? features : try selecting(features, axis, range, removing: false, node)
        try define(node, .features(part), output: index)
      case .norm: throw node.unsupported("the operator is not supported beside a layer norm")
      }
    }
  }
}
