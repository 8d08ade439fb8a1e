import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// What a layer reads: the features of one layer, at every step or at the last.
  ///
  /// Final states are what their layers write at the last step; of one that reads backwards a copy
  /// of the layer gives it, which writes its final state at every step.
  mutating func resolved(
    _ value: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    guard value.margin == nil else {
      throw node.unsupported("reads more steps than the sequence has")
    }
    switch value.content {
    case .ids: throw node.unsupported("reads token ids, which only an embedding does")
    case .finalCell: throw node.unsupported("reads a final cell state; only outputs can be that")
    case .sequence, .reversed, .last, .lastSteps, .end: return value
    case .first:
      guard value.layer >= 0, case .recurrent(let layer) = layers[value.layer].operation,
        layer.form.isReverse
      else { throw node.unsupported("reads the first step of what is not a layer read backwards") }
      guard lengths.flatMap({ $0 }) == nil else {
        throw node.unsupported("reads the first step beside the input sequence_lens")
      }
      var result = value
      result.content = .last
      result.layer = try finalState(of: value.layer, node)
      return result
    case .finalHidden(let indices):
      var result = value
      result.content = lengths.flatMap { $0 } == nil ? .last : .end
      var sources: [Int] = []
      for index in indices { sources.append(try finalState(of: index, node)) }
      guard sources.count > 1 else {
        result.layer = sources[0]
        return result
      }
      let sizes = sources.map { layers[$0].outputSize }
      let joined = result.axes.firstIndex { axis in
        guard let both = FeatureValue.layersOfFeatures(axis) else { return false }
        return (both.count, both.size) == (sources.count, sizes[0])
          && axis.indices.allSatisfy { both.range.contains($0) || axis[$0].size == 1 }
      }
      guard let joined else {
        throw node.unsupported("reads the final states of several layers that are not side by side")
      }
      result.axes[joined] = [.features(sizes.reduce(0, +))]
      result.layer = try append(
        .concatenate(length: 1, channels: sizes), reading: sources, node)
      return result
    }
  }

  /// The layer that writes the final state of layer `index` at the last step.
  private mutating func finalState(of index: Int, _ node: ONNXNode) throws(ConversionError) -> Int {
    guard case .recurrent(var layer) = layers[index].operation, layer.form.isReverse else {
      return index
    }
    if let copy = finalCopies[index] { return copy }
    layer.form.writesFinalState = true
    let copy = try append(.recurrent(layer), reading: layers.inputs(of: index), node)
    finalCopies[index] = copy
    if let state = initialStates.first(where: { $0.layer == index }) {
      initialStates.append(
        ModelInterface.InitialState(layer: copy, hidden: state.hidden, cell: state.cell))
    }
    return copy
  }

  /// As ``features(of:_:)``, for what makes no difference between features: these may lie in several
  /// axes, of which none is then returned.
  mutating func anyFeatures(
    of value: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> (axis: Int?, count: Int) {
    let sizes = value.axes.joined().compactMap { atom -> Int? in
      switch atom {
      case .layers(let size), .features(let size): size
      case .input: nil
      }
    }
    guard value.layer >= 0, let count = elementCount(of: sizes),
      layers[value.layer].outputSize == count
    else {
      return try features(of: value, node)
    }
    let axis = value.axes.firstIndex { FeatureValue.significant($0) == [.features(count)] }
    return (axis, count)
  }

  /// Which axis of `value` counts features, nil for a single feature without an axis, and how many
  /// there are.
  ///
  /// - Precondition: `value` has been resolved.
  mutating func features(
    of value: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> (axis: Int?, count: Int) {
    guard value.layer < 0 else {
      let count = layers[value.layer].outputSize
      let axis = value.axes.firstIndex { FeatureValue.significant($0) == [.features(count)] }
      guard axis != nil || count == 1 else {
        throw node.unsupported("the features of its input lie in several axes")
      }
      return (axis, count)
    }
    if featureAxis == nil, !hasSingleFeature {
      hasAssumed = true
      if let assumedFeatureAxis, ![timeAxis, batchAxis].contains(assumedFeatureAxis) {
        featureAxis = assumedFeatureAxis
      } else {
        hasSingleFeature = true
      }
    }
    guard let featureAxis else { return (nil, 1) }
    let axis = value.axes.firstIndex { axis in
      if case .input(featureAxis, _)? = FeatureValue.sole(axis) { true } else { false }
    }
    guard let axis, let size = value.extent(axis).known, size > 0 else {
      throw node.unsupported("the number of features is not known")
    }
    guard size <= Int(BlobLimits.size) else {
      throw node.unsupported("\(size) features; a blob holds up to \(BlobLimits.size)")
    }
    return (axis, size)
  }

  /// Checks that `axis` of `value` counts the features that a layer reads, `size` of them.
  mutating func bindFeatures(
    of value: FeatureValue, axis: Int, size: Int, _ node: ONNXNode
  ) throws(ConversionError) {
    let atoms = FeatureValue.significant(value.axes[axis])
    if value.layer < 0, featureAxis == nil, !hasSingleFeature {
      switch atoms.first {
      case nil: hasSingleFeature = true
      case .input(let index, _)? where atoms.count == 1 && ![timeAxis, batchAxis].contains(index):
        featureAxis = index
        // The file may leave its size open.
        if atoms[0].size == nil { return }
      default: throw node.unsupported("the last axis of its input does not count features alone")
      }
    }
    if value.layer < 0, case .input(featureAxis, nil)? = FeatureValue.sole(value.axes[axis]) {
      return
    }
    let found = try features(of: value, node)
    guard found.axis == axis || (found.axis == nil && atoms.isEmpty) else {
      throw node.unsupported("the last axis of its input does not count features alone")
    }
    guard found.count == size else {
      throw node.malformed("reads \(size) features, its input has \(found.count)")
    }
  }

  /// `value` with the features that `layer` writes in the place of its own.
  func written(_ layer: Int, like value: FeatureValue, axis: Int?) -> FeatureValue {
    var result = value
    result.layer = layer
    // Of the input itself its own axes tell the size.
    if let axis, layer >= 0 { result.axes[axis] = [.features(layers[layer].outputSize)] }
    return result
  }

  /// The layer of `count` features from `start` on of what `layer` writes.
  mutating func part(
    of layer: Int, channels: Int, start: Int, count: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if start == 0, count == channels { return layer }
    if layer >= 0, case .concatenate(length: 1, let sizes) = layers[layer].operation {
      var first = 0
      for (input, size) in zip(layers.inputs(of: layer), sizes) {
        if first == start, size == count, input >= 0 { return input }
        first += size
      }
    }
    return try append(
      .slice(Network.Slice(channels: channels, start: start, count: count)), reading: [layer], node)
  }
}
