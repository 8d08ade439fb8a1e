extension GraphImporter {
  /// The chain and the roles of the graph's inputs and outputs, after the last node.
  mutating func result(_ sequence: ONNXModel.Value) throws(ConversionError) -> ConvertedModel {
    guard !layers.isEmpty else {
      throw .unsupported(model.source.file, "outputs", "no layer lies before them")
    }
    try bindRest(of: sequence)
    let lengths = lengths.flatMap { $0 }
    if lengths != nil, let layer = layers.first(where: { !$0.hasRecurrentRows }) {
      // Rows behind a sequence's end are zero: only these layers leave them so.
      throw .unsupported(
        model.source.file, "layer \(quotable(layer.name))", "beside the input sequence_lens")
    }
    var outputs: [ModelInterface.Output] = []
    for output in model.outputs {
      outputs.append(.init(name: output.name, role: try role(of: output)))
    }
    let hasSequence = outputs.contains { if case .sequence = $0.role { true } else { false } }
    let network = Network(
      layers: layers, output: hasSequence ? .sequence : .last, provenance: provenance)
    let inputs = model.inputs.map { input in
      ModelInterface.Input(name: input.name, role: role(of: input, sequence: sequence))
    }
    return ConvertedModel(
      network: network,
      interface: ModelInterface(
        inputs: inputs, outputs: outputs, lengths: lengths, initialStates: initialStates))
  }

  /// Names the input's axes that no recurrent layer named: the last of them counts steps.
  private mutating func bindRest(of sequence: ONNXModel.Value) throws(ConversionError) {
    let isIDs = layers[0].readsIDs
    let rank = sequence.shape?.count ?? 0
    if !isIDs, featureAxis == nil { featureAxis = rank - 1 }
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
    guard case .constant? = values[input.name] else { return .unused }
    if freeInputs.contains(input.name) { return .free }
    return .constant
  }

  private func axis(ofInput index: Int) -> ModelInterface.Axis {
    index == timeAxis ? .time : index == batchAxis ? .batch : .feature
  }

  private func role(
    of output: ONNXModel.Value
  ) throws(ConversionError) -> ModelInterface.Output.Role {
    let place = "output \"\(quotable(output.name))\""
    guard case .features(let features)? = values[output.name] else {
      throw .unsupported(model.source.file, place, "does not depend on the sequence")
    }
    var axes: [ModelInterface.Axis] = []
    for axis in features.axes {
      let atoms = FeatureValue.significant(axis)
      guard atoms.count <= 1 else {
        throw .unsupported(model.source.file, place, "an axis that merges several")
      }
      switch atoms.first {
      case nil: axes.append(.one)
      case .input(let index, _)?: axes.append(self.axis(ofInput: index))
      case .features?: axes.append(.feature)
      case .layers?: axes.append(.layer)
      }
    }
    switch features.content {
    case .ids: throw .unsupported(model.source.file, place, "the token ids themselves")
    case .last where lengths.flatMap({ $0 }) != nil:
      throw .unsupported(model.source.file, place, "the last step beside the input sequence_lens")
    case .finalHidden(let layers): return .finalHidden(layers: layers, axes)
    case .finalCell(let layers): return .finalCell(layers: layers, axes)
    case .sequence, .last:
      guard features.version == version else {
        throw .unsupported(
          model.source.file, place,
          "layers follow that lead to another output: a graph that branches")
      }
      return features.content == .sequence ? .sequence(axes) : .last(axes)
    }
  }
}

extension Network.Layer {
  /// Whether rows of padding, which are zero, would not come out otherwise.
  fileprivate var hasRecurrentRows: Bool {
    switch operation {
    case .recurrent, .concatenate: true
    default: false
    }
  }
}
