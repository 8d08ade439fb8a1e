import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Gather`: an embedding, or one step or layer of the sequence.
  mutating func gather(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let axis = try attributes.integer("axis") ?? 0
    guard computed(node, 0) != nil else {
      let ids = try features(node, 1)
      let rank = try folder.constant(node, 0, "data").shape.count
      guard try node.position(of: axis, rank: rank) == 0 else {
        throw node.unsupported("the attribute axis is \(axis); expected 0")
      }
      return try embedding(node, ids)
    }
    let features = try features(node, 0)
    let at = try node.position(of: axis, rank: features.axes.count)
    guard computed(node, 1) == nil else {
      throw node.unsupported("indices that depend on the sequence")
    }
    let (list, isScalar) = try folder.indices(ofGather: node)
    guard let first = list.first, list.enumerated().allSatisfy({ $1 == first &+ $0 }) else {
      throw node.unsupported("indices that are not neighbours")
    }
    guard (-(1 << 31)..<1 << 31).contains(first) else {
      throw node.malformed("the index \(first)")
    }
    let range = first..<first + list.count
    if let last = try lastSteps(
      of: features, at, from: first, to: range.upperBound == 0 ? .max : range.upperBound, node)
    {
      var last = last
      if isScalar { last.axes.remove(at: at) }
      return try define(node, .features(last))
    }
    try define(
      node, .features(try selecting(features, at, range, removing: isScalar, node)))
  }

  private mutating func embedding(
    _ node: ONNXNode, _ ids: FeatureValue
  ) throws(ConversionError) {
    guard ids.content == .ids, layers.isEmpty else {
      throw node.unsupported("an embedding reads the token ids of the input, before any layer")
    }
    let table = try folder.floats(node, 0, "data", rank: 2)
    guard table.shape[0] > 0, table.shape[1] > 0 else { throw node.malformed("an empty table") }
    try append(
      .embedding(
        Network.Embedding(
          count: table.shape[0], size: table.shape[1], weights: table.values)),
      reading: [-1], node)
    let axes = ids.axes + [[.features(table.shape[1])]]
    try define(node, .features(FeatureValue(content: .sequence, axes: axes, layer: 0)))
  }

  /// `features` at `range` of an axis: the last step, some features, the states of some layers, or
  /// all there is.
  ///
  /// - Parameter range: what is selected; a negative lower bound counts from the end, and then the
  ///   upper bound only tells how many.
  mutating func selecting(
    _ features: FeatureValue, _ axis: Int, _ range: Range<Int>, removing: Bool, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    var result = features
    let size = features.extent(axis).known
    func lower(of count: Int, _ what: String) throws(ConversionError) -> Int {
      let lower = range.lowerBound < 0 ? range.lowerBound + count : range.lowerBound
      guard (0..<count).contains(lower), range.count <= count - lower else {
        throw node.malformed("the index \(range.lowerBound) of \(count) \(what)")
      }
      return lower
    }
    if let index = steps(of: features, axis) {
      let isLast = range.lowerBound == -1 || size.map { range.lowerBound == $0 - 1 } == true
      let isFirst = range.lowerBound == 0 || size.map { range.lowerBound == -$0 } == true
      guard isLast || isFirst, range.count == 1, features.margin == nil else {
        throw node.unsupported("selects steps other than the last alone")
      }
      timeAxis = index
      result.content = isLast == (features.content == .sequence) ? .last : .first
      result.axes[axis] = []
    } else if size == 1 {
      _ = try lower(of: 1, "elements")
    } else if case .lastSteps(let count) = features.content,
      FeatureValue.sole(features.axes[axis]) == .layers(count)
    {
      result = try steps(
        features, of: count, axis, from: lower(of: count, "steps"), range.count, node)
    } else if case .layers(let count)? = FeatureValue.sole(features.axes[axis]) {
      result = try directions(features, axis, from: lower(of: count, "layers"), range.count, node)
    } else {
      if features.content != .first { result = try resolved(features, node) }
      let (own, count) = try self.features(of: result, node)
      guard own == axis else {
        throw node.unsupported("selects a part of an axis that counts neither steps nor features")
      }
      let layer = try part(
        of: result.layer, channels: count, start: lower(of: count, "features"),
        count: range.count, node)
      result = written(layer, like: result, axis: axis)
    }
    if removing {
      guard result.axes[axis].allSatisfy({ $0.size == 1 }) else {
        throw node.unsupported("removes an axis that is not of size 1")
      }
      result.axes.remove(at: axis)
    }
    return result
  }

  /// The input's axis of steps that `axis` is; nil where it counts something else.
  func steps(of value: FeatureValue, _ axis: Int) -> Int? {
    guard value.content == .sequence || value.content == .reversed,
      case .input(let index, _)? = FeatureValue.sole(value.axes[axis])
    else { return nil }
    if let timeAxis { return timeAxis == index ? index : nil }
    // Of an input that no layer has read yet, what is selected from is either features or steps; behind an
    // embedding the features are its own.
    let own = hasSingleFeature || value.layer >= 0 ? nil : featureAxis ?? assumedFeatureAxis
    return index == own || index == batchAxis ? nil : index
  }

  /// The final states, or the features, of `count` layers or directions from `first` on.
  private mutating func directions(
    _ features: FeatureValue, _ axis: Int, from first: Int, _ count: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    let atoms = features.axes.flatMap(\.self)
    let own = atoms.compactMap { atom in
      if case .features(let size) = atom { size } else { nil }
    }
    let groups = atoms.count { if case .layers(let count) = $0 { count > 1 } else { false } }
    guard own.count == 1, groups == 1 else {
      throw node.unsupported("selects from a part of the features")
    }
    var result = features
    // Of one layer's state these are no layers, but parts of its features.
    if features.content.finalLayers?.count == 1 { result = try resolved(features, node) }
    switch result.content {
    case .finalHidden(let all): result.content = .finalHidden(Array(all[first..<first + count]))
    case .finalCell(let all): result.content = .finalCell(Array(all[first..<first + count]))
    case .sequence, .reversed, .last, .end, .first:
      result.layer = try part(
        of: result.layer, channels: layers[result.layer].outputSize, start: first * own[0],
        count: count * own[0], node)
    case .lastSteps, .ids:
      throw node.unsupported("selects from a part of the features")
    }
    result.axes[axis] = count == 1 ? [] : [.layers(count)]
    return result
  }
}
