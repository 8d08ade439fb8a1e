import SluiceBlob

extension GraphImporter {
  /// LSTM, GRU and RNN: one layer, with its sequence and final states as outputs.
  mutating func recurrent(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let form = try RecurrentForm(node, &attributes)
    if node.operation == "LSTM", node.input(7) != nil {
      throw node.unsupported("the input P (peepholes) is not supported")
    }
    guard node.input(4) == nil else {
      throw node.unsupported("the input sequence_lens is not supported")
    }
    var layer = try weights(node, form)
    let x = try tip(features(node, 0), node)
    guard x.content == .sequence, x.axes.count == 3 else {
      throw node.unsupported("X is not a sequence of three axes")
    }
    let (time, batch) = form.isBatchFirst ? (x.axes[1], x.axes[0]) : (x.axes[0], x.axes[1])
    try bindTime(time, batch, node)
    try bindFeatures(x.axes[2], size: layer.inputSize, node)
    layer.initialHidden = try initialState(node, 5, "initial_h", form, layer.hiddenSize)
    if layer.cell == .lstm {
      layer.initialCell = try initialState(node, 6, "initial_c", form, layer.hiddenSize)
    }
    try append(.recurrent(layer), node)

    let features: FeatureValue.Axis = [.features(layer.hiddenSize)]
    let sequenceAxes =
      form.isBatchFirst ? [batch, time, [], features] : [time, [], batch, features]
    let stateAxes = form.isBatchFirst ? [batch, [], features] : [[], batch, features]
    let index = layers.count - 1
    let outputs: [(FeatureValue.Content, [FeatureValue.Axis])] = [
      (.sequence, sequenceAxes), (.finalHidden([index]), stateAxes),
      (.finalCell([index]), stateAxes),
    ]
    for (index, (content, axes)) in outputs.enumerated() {
      try define(
        node, .features(FeatureValue(content: content, axes: axes, version: version)),
        output: index)
    }
  }

  /// Notes which axes of the input count steps and sequences; every layer must agree.
  private mutating func bindTime(
    _ time: FeatureValue.Axis, _ batch: FeatureValue.Axis, _ node: ONNXNode
  ) throws(ConversionError) {
    let steps = FeatureValue.significant(time)
    guard steps.count == 1, case .input(let timeIndex, _) = steps[0],
      timeAxis == nil || timeAxis == timeIndex
    else { throw node.unsupported("the first axis of X does not count the steps of the input") }
    timeAxis = timeIndex
    let sequences = FeatureValue.significant(batch)
    guard let atom = sequences.first else { return }
    guard sequences.count == 1, case .input(let batchIndex, _) = atom,
      batchIndex != timeIndex, batchAxis == nil || batchAxis == batchIndex
    else { throw node.unsupported("the batch axis of X does not count the sequences of the input") }
    batchAxis = batchIndex
  }

  /// Checks that `axis` counts the features that a layer reads, `size` of them.
  mutating func bindFeatures(
    _ axis: FeatureValue.Axis, size: Int, _ node: ONNXNode
  ) throws(ConversionError) {
    let atoms = FeatureValue.significant(axis)
    guard let atom = atoms.first, atoms.count == 1 else {
      throw node.unsupported("the last axis of its input does not count features alone")
    }
    switch atom {
    case .features: break
    case .input(let index, _):
      guard index != timeAxis, index != batchAxis, featureAxis == nil || featureAxis == index else {
        throw node.unsupported("the last axis of its input counts steps, not features")
      }
      featureAxis = index
    case .layers: throw node.unsupported("the last axis of its input counts layers, not features")
    }
    if let known = atom.size, known != size {
      throw node.malformed("reads \(size) features, its input has \(known)")
    }
  }
}
