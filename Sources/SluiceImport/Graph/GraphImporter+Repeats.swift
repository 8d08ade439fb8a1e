import SluiceNetwork

extension GraphImporter {
  /// Defines what `node` writes as the last step at every step, as a decoder reads it; returns whether
  /// that is what it computes.
  ///
  /// - Parameters:
  ///   - counts: what each axis is to become; nil for one that stays as it is.
  mutating func repeatedOverTime(
    _ value: FeatureValue, _ counts: [Extent?], _ node: ONNXNode
  ) throws(ConversionError) -> Bool {
    guard let timeAxis, lengths.flatMap({ $0 }) == nil else { return false }
    let steps = sequenceShape[timeAxis]
    // The axes that grow: one, of a single entry, to as many as the input has steps.
    let grown = counts.indices.filter { index in
      counts[index] != nil && counts[index] != value.extent(index)
    }
    guard grown.count == 1, let axis = grown.first, value.extent(axis) == .known(1),
      counts[axis] == .axis(timeAxis) || (steps != nil && counts[axis] == steps.map(Extent.known))
    else { return false }
    // One sequence at a time: an axis of features is never of a single entry beside others.
    guard value.axes[axis].allSatisfy({ if case .features = $0 { false } else { true } }) else {
      return false
    }
    var result = try resolved(value, node)
    guard result.content == .last else { return false }
    result.layer = try repeated(result.layer, node, depth: 0)
    result.content = .sequence
    result.axes[axis] = [.input(timeAxis, size: steps)]
    try define(node, .features(result))
    return true
  }

  /// A copy of layer `index` that writes at every step what it writes at the last.
  private mutating func repeated(
    _ index: Int, _ node: ONNXNode, depth: Int
  ) throws(ConversionError) -> Int {
    guard index >= 0, depth < 64 else {
      throw node.unsupported("repeats the last step of the input itself")
    }
    if case .recurrent(var layer) = layers[index].operation {
      guard !layer.form.writesFinalState else { return index }
      layer.form.writesFinalState = true
      guard initialStates.allSatisfy({ $0.layer != index }) else {
        throw node.unsupported("repeats the state of a layer whose initial states differ")
      }
      return try append(.recurrent(layer), reading: layers.inputs(of: index), node)
    }
    if case .convolution = layers[index].operation {
      throw node.unsupported("repeats the last step of a convolution")
    }
    var inputs: [Int] = []
    for input in layers.inputs(of: index) {
      inputs.append(try repeated(input, node, depth: depth + 1))
    }
    return try append(layers[index].operation, reading: inputs, node)
  }
}
