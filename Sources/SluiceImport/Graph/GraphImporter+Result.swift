import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// The network and the roles of the graph's inputs and outputs, after the last node.
  mutating func result(
    _ sequence: ONNXModel.Value, _ nodes: [ONNXNode]
  ) throws(ConversionError) -> ConvertedModel {
    guard !layers.isEmpty else {
      throw .unsupported(model.source.file, "outputs", "no layer lies before them")
    }
    var values: [FeatureValue] = []
    var writers: [Name: ONNXNode] = [:]
    for node in nodes { for name in node.outputs { writers[name] = node } }
    for output in model.outputs {
      values.append(try value(of: output, writtenBy: writers[output.name]))
    }
    try bindRest(of: sequence)
    // What is written, in the order of the outputs, and the layers whose final states are outputs.
    var written: [Int] = []
    var states: Set<Int> = []
    for value in values {
      if let layers = value.content.finalLayers {
        states.formUnion(layers)
      } else if !written.contains(value.layer) {
        written.append(value.layer)
      }
    }
    var network = Network(layers: layers.layers, provenance: provenance)
    let (kept, isJoined) = network.prune(toWrite: written, keeping: states)
    try checkRows(of: values)
    let merged: [Int]
    (network, merged) = network.simplified()
    let indices = kept.mapValues { merged[$0] }
    var outputs: [ModelInterface.Output] = []
    for (output, value) in zip(model.outputs, values) {
      let role = try role(of: output, value, indices)
      let features = isJoined && value.content.finalLayers == nil ? range(of: value, written) : nil
      let counts = value.axes.map { max(FeatureValue.significant($0).count, 1) }
      var described = ModelInterface.Output(
        name: output.name, role: role, features: features,
        merged: counts.allSatisfy { $0 == 1 } ? nil : counts)
      let groups = value.axes.joined().compactMap { atom in
        if case .layers(let count) = atom { count } else { nil }
      }
      described.layerCount = groups.max() ?? described.layerCount
      outputs.append(described)
    }
    let hasSequence = outputs.contains { if case .sequence = $0.role { true } else { false } }
    network.output = hasSequence ? .sequence : .last
    let inputs = model.inputs.map { input in
      ModelInterface.Input(name: input.name, role: role(of: input, sequence: sequence))
    }
    let initial = initialStates.compactMap { state in
      indices[state.layer].map {
        ModelInterface.InitialState(layer: $0, hidden: state.hidden, cell: state.cell)
      }
    }
    return ConvertedModel(
      network: network,
      interface: ModelInterface(
        inputs: inputs, outputs: outputs, lengths: lengths.flatMap { $0 }, initialStates: initial))
  }

  /// What is written under an output's name: final states of layers, or the features of one.
  private mutating func value(
    of output: ONNXModel.Value, writtenBy node: ONNXNode?
  ) throws(ConversionError) -> FeatureValue {
    let place = "output \"\(quotable(output.name))\""
    guard case .features(let features)? = values[output.name], let node else {
      throw .unsupported(model.source.file, place, "does not depend on the sequence")
    }
    if case .ids = features.content {
      throw .unsupported(model.source.file, place, "the token ids themselves")
    }
    if features.content.finalLayers != nil, features.margin == nil { return features }
    let value = try besides(resolved(features, node), node)
    guard value.layer >= 0 else {
      throw .unsupported(model.source.file, place, "the input itself")
    }
    return value
  }

  /// Rows behind a sequence's end are zero: only recurrent layers leave them so.
  private func checkRows(of values: [FeatureValue]) throws(ConversionError) {
    guard lengths.flatMap({ $0 }) != nil else { return }
    for value in values where value.content == .sequence && !hasRecurrentRows(value.layer) {
      throw .unsupported(
        model.source.file, "layer \(quotable(layers[value.layer].name))",
        "beside the input sequence_lens")
    }
  }

  private func hasRecurrentRows(_ index: Int) -> Bool {
    guard index >= 0 else { return false }
    switch layers[index].operation {
    case .recurrent: return true
    case .concatenate:
      return layers.inputs(of: index).allSatisfy {
        if $0 >= 0, case .recurrent = layers[$0].operation { true } else { false }
      }
    default: return false
    }
  }

  /// Which of the network's outputs, those of the layers `written` side by side, are those of `value`.
  private func range(of value: FeatureValue, _ written: [Int]) -> Range<Int> {
    let start = written.prefix { $0 != value.layer }.reduce(0) { $0 + layers[$1].outputSize }
    return start..<start + layers[value.layer].outputSize
  }

  /// Names the input's axes that no recurrent layer named: the last of them counts steps.
  private mutating func bindRest(of sequence: ONNXModel.Value) throws(ConversionError) {
    let isIDs = layers[0].readsIDs
    let rank = sequence.shape?.count ?? 0
    if !isIDs, featureAxis == nil, !hasSingleFeature { featureAxis = rank - 1 }
    let free = (0..<rank).filter { ![timeAxis, batchAxis, isIDs ? nil : featureAxis].contains($0) }
    guard free.count <= (timeAxis == nil ? 2 : 0) + (timeAxis != nil && batchAxis == nil ? 1 : 0)
    else {
      throw .unsupported(
        model.source.file, "input \"\(quotable(sequence.name))\"", "more axes than steps and batch")
    }
    if timeAxis == nil {
      timeAxis = free.last
      batchAxis = free.count > 1 ? free[0] : nil
    } else if let axis = free.first {
      batchAxis = axis
    }
  }

  private func role(
    of input: ONNXModel.Value, sequence: ONNXModel.Value
  ) -> ModelInterface.Input.Role {
    if input.name == sequence.name {
      return .sequence((0..<(sequence.shape?.count ?? 0)).map(axis(ofInput:)))
    }
    guard folder.values[input.name] != nil else { return .unused }
    if freeInputs.contains(input.name) { return .free }
    return .constant
  }

  private func axis(ofInput index: Int) -> ModelInterface.Axis {
    index == timeAxis ? .time : index == batchAxis ? .batch : .feature
  }

  private func role(
    of output: ONNXModel.Value, _ value: FeatureValue, _ indices: [Int: Int]
  ) throws(ConversionError) -> ModelInterface.Output.Role {
    let place = "output \"\(quotable(output.name))\""
    var axes: [ModelInterface.Axis] = []
    for axis in value.axes {
      let atoms = FeatureValue.significant(axis)
      if atoms.isEmpty { axes.append(.one) }
      for atom in atoms {
        switch atom {
        case .input(let index, _): axes.append(self.axis(ofInput: index))
        case .features: axes.append(.feature)
        case .layers: axes.append(.layer)
        }
      }
    }
    guard Set(axes).subtracting([.one]).count == axes.count(where: { $0 != .one }) else {
      throw .unsupported(model.source.file, place, "several axes of one kind")
    }
    if value.content.finalLayers == nil, value.hasMixedFeatures {
      throw .unsupported(
        model.source.file, place,
        "its features stand in another order than the layers write them, of both directions mixed; "
          + "leave out the Transpose or Reshape that mixes them")
    }
    let layers = value.content.finalLayers?.compactMap { indices[$0] } ?? []
    switch value.content {
    case .finalHidden: return .finalHidden(layers: layers, axes)
    case .finalCell: return .finalCell(layers: layers, axes)
    case .last where lengths.flatMap({ $0 }) != nil:
      throw .unsupported(model.source.file, place, "the last step beside the input sequence_lens")
    case .last, .lastSteps, .end: return .last(axes)
    case .reversed:
      throw .unsupported(
        model.source.file, place,
        "its steps come from the last to the first: leave out the flip before it, and turn what comes out"
      )
    case .sequence, .first, .ids: return .sequence(axes)
    }
  }
}

extension FeatureValue.Content {
  /// The layers of which it is a final state; nil for other values.
  var finalLayers: [Int]? {
    switch self {
    case .finalHidden(let layers), .finalCell(let layers): layers
    case .ids, .sequence, .reversed, .last, .lastSteps, .end, .first: nil
    }
  }
}
