import SluiceNetwork

extension GraphImporter {
  /// `Loop` and `Scan` over the steps of a sequence, whose body is a recurrent cell written out in small
  /// operators: the cell becomes a layer.
  mutating func loop(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let body = node.subgraph("body") else {
      throw node.malformed("the attribute body is missing")
    }
    attributes.skip("body")
    let parts =
      try node.operation == "Loop" ? loopParts(node, body) : scanParts(node, body, &attributes)
    guard let source = parts.source else {
      throw node.unsupported("its body reads no sequence step by step")
    }
    let x = try resolved(source, node)
    guard x.content == .sequence, x.axes.count == 3 else {
      throw node.unsupported("reads what is not a sequence of three axes")
    }
    try bindTime(x.axes[0], x.axes[1], node)
    guard let size = x.extent(2).known else {
      throw node.unsupported("the number of features is not known")
    }
    try bindFeatures(of: x, axis: 2, size: size, node)
    // The body as a graph of one step.
    var step = StepImporter(model, folder, provenance)
    step.folder.enter(body)
    step.inputs = [StepInput(name: "x", shape: [1, size], isIDs: false)]
    for name in parts.elements {
      step.values[name] = .view(StepView(StepElement.source(ofInput: 0), shape: [1, size]))
    }
    var initial: [Int: ConstantValue] = [:]
    for state in parts.states {
      let constant = try folder.named(parts.initial[state.name] ?? "", node)
      guard constant.floats != nil, let units = constant.extents.last?.known,
        constant.extents.dropLast().allSatisfy({ $0 == .known(1) || $0.known == nil })
      else { throw node.unsupported("a state of the shape \(constant.shape)") }
      initial[step.inputs.count] = constant
      let shape = constant.extents.map { $0.known ?? 1 }
      step.values[state.name] = .view(
        StepView(StepElement.source(ofInput: step.inputs.count), shape: shape))
      step.inputs.append(StepInput(name: state.name, shape: shape, isIDs: false))
      guard units > 0 else { throw node.unsupported("a state without units") }
    }
    let wanted = parts.states.map(\.next) + parts.written.map(\.next)
    try step.run(all: body.liveNodes(for: wanted, without: parts.elements))
    try take(&step, parts, initial, x, node)
  }

  /// Takes the layers that the body computes over.
  private mutating func take(
    _ step: inout StepImporter, _ parts: LoopParts, _ initial: [Int: ConstantValue],
    _ x: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) {
    var pairs: [(input: Int, view: StepView)] = []
    for (index, state) in parts.states.enumerated() {
      guard case .view(let view)? = step.values[state.next] else {
        throw node.unsupported(
          "the state \(quotable(state.name)) does not follow from what it reads")
      }
      pairs.append((index + 1, view))
    }
    let cells = try recogniseCells(of: &step, pairs, from: initial, node)
    var written: [Int] = cells
    var outputs: [(Carried, Int)] = []
    for output in parts.written {
      guard case .view(let view)? = step.values[output.next],
        view.elements.allSatisfy({ $0.source >= 0 && $0.cellLayer == nil })
      else { throw node.unsupported("writes what its body does not compute") }
      let layer = try step.realised(view.elements, channels: view.count, node)
      written.append(layer)
      outputs.append((output, layer))
    }
    let places = try append(written, of: step, reading: x.layer, node)
    for (index, state) in parts.states.enumerated() {
      guard let name = node.output(state.output), folder.liveNames.contains(name),
        case .view(let view)? = step.values[state.next]
      else { continue }
      let element = view.elements[0]
      let layer = element.cellLayer ?? Int(element.source)
      guard let place = places[layer], step.inputs[index + 1].count == view.count else { continue }
      let axes: [FeatureValue.Axis] = [x.axes[1], [.features(view.count)]]
      try define(
        node,
        .features(
          FeatureValue(
            content: element.cellLayer == nil ? .finalHidden([place]) : .finalCell([place]),
            axes: axes, layer: place)), output: state.output)
    }
    for (output, layer) in outputs {
      guard let place = places[layer] else { continue }
      try define(
        node,
        .features(
          FeatureValue(
            content: .sequence,
            axes: [x.axes[0], x.axes[1], [.features(layers[place].outputSize)]],
            layer: place)), output: output.output)
    }
  }

  /// Finds the cells of a body, which must be those of all its states, and what they start from.
  ///
  /// - Parameters:
  ///   - states: inputs of the body, and what is the next of each.
  ///   - initial: the constants that the inputs start from.
  /// - Returns: the layers of the body that are cells.
  func recogniseCells(
    of step: inout StepImporter, _ states: [(input: Int, view: StepView)],
    from initial: [Int: ConstantValue], _ node: ONNXNode
  ) throws(ConversionError) -> [Int] {
    guard try step.recogniseCells(states).isEmpty else {
      throw node.unsupported(
        "its body is no LSTM, GRU or Elman cell that is written out; export with LSTM, GRU or RNN nodes "
          + "(Keras models by export_keras.py)")
    }
    let cells = step.hidden.keys.sorted()
    for index in cells {
      guard case .recurrent(var layer) = step.layers[index].operation else { continue }
      layer.initialHidden = try start(step.hidden[index] ?? [], initial, node)
      layer.initialCell = try start(step.cells[index] ?? [], initial, node)
      step.layers[index].operation = .recurrent(layer)
    }
    return cells
  }

  /// Appends the layers of a body on which `written` depend, over the sequence that layer `source` writes;
  /// returns their places by those in the body.
  mutating func append(
    _ written: [Int], of step: StepImporter, reading source: Int, isReverse: Bool = false,
    _ node: ONNXNode
  ) throws(ConversionError) -> [Int: Int] {
    var places: [Int: Int] = [-2: source]
    for index in try step.ordered(written).order {
      let layer = step.layers[index]
      var operation = layer.operation
      if case .recurrent(var cell) = operation {
        cell.form.isReverse = isReverse
        operation = .recurrent(cell)
      }
      let place = try layers.append(
        operation, reading: step.layers.inputs(of: index).map { places[$0] ?? $0 },
        named: layer.name, in: node.file)
      layers[place].origins = layer.origins
      places[index] = place
    }
    return places
  }

  /// What a state starts from; empty for zero.
  private func start(
    _ elements: [StepElement], _ initial: [Int: ConstantValue], _ node: ONNXNode
  ) throws(ConversionError) -> [Float] {
    var values: [Float] = []
    for element in elements {
      guard let input = element.input, let constant = initial[input], let floats = constant.floats
      else { return [] }
      values.append(floats[floats.count == 1 ? 0 : Int(element.index) % floats.count])
    }
    try requireFinite(values, file: model.source.file, place: node.place)
    return values.allSatisfy { $0 == 0 } ? [] : values
  }
}
