import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// LSTM, GRU and RNN over one step, their states those of the stream.
  mutating func recurrent(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let form = try RecurrentForm(node, &attributes)
    guard form.direction == "forward" else {
      throw node.unsupported("the attribute direction is \(form.direction) in a graph of one step")
    }
    guard node.input(4) == nil else {
      throw node.unsupported("the input sequence_lens is not supported in a graph of one step")
    }
    var layer = try constants.weights(node, form)[0]
    let x = try view(node, 0)
    guard x.axes.count == 3, x.axes[0].size == 1, x.axes[1].size == 1 else {
      throw node.unsupported("X has the shape \(x.shape); expected one step of one sequence")
    }
    let columns = try columns(x, channelAxis: 2, node)
    guard columns.channels == layer.inputSize else {
      throw node.malformed("reads \(layer.inputSize) features, its input has \(columns.channels)")
    }
    let index = try append(.recurrent(layer), reading: [columns.layer], node)
    let h = try state(node, 5, "initial_h", layer.hiddenSize)
    hidden[index] = h
    layer.initialHidden = given(h)
    if layer.cell == .lstm {
      let c = try state(node, 6, "initial_c", layer.hiddenSize)
      cells[index] = c
      layer.initialCell = given(c)
    }
    layers[index].operation = .recurrent(layer)
    let size = layer.hiddenSize
    define(node, .view(StepView(.layer(index), shape: [1, 1, 1, size])))
    define(node, .view(StepView(.layer(index), shape: [1, 1, size])), output: 1)
    define(node, .view(StepView(.cell(index), shape: [1, 1, size])), output: 2)
  }

  /// The state input that is h or C before the step.
  private func state(
    _ node: ONNXNode, _ index: Int, _ what: String, _ size: Int
  ) throws(ConversionError) -> StepView {
    guard node.input(index) != nil else {
      throw node.unsupported("the input \(what) is left out: every step would start from zero")
    }
    let view = try view(node, index)
    guard case .state = view.source, view.isContiguous, view.count == size else {
      throw node.unsupported("the input \(what) is not a state of \(size) units as it came in")
    }
    return view
  }

  /// The numbers that the caller gave for a state; empty for none, or for zero.
  private func given(_ view: StepView) -> [Float] {
    guard case .state(let name) = view.source, let tensor = constants.constants[name],
      view.offset + view.count <= tensor.count
    else { return [] }
    let values = Array(tensor.floats[view.offset..<view.offset + view.count])
    return values.allSatisfy { $0 == 0 } ? [] : values
  }

  /// Whether the parts come out as a state that goes in, all of it.
  func areStates(_ parts: [StepView]) -> Bool {
    (try? checkStates(parts, "")) != nil
  }

  /// The output of features: the first that is no state, wherever it stands. Where a layer's state is
  /// the output as well, the first of all.
  private var featureOutput: Int? {
    var first: Int?
    for (index, output) in model.outputs.enumerated() {
      guard case .view(let view)? = values[output.name], !isCell(view) else { continue }
      if !areStates([view]) { return index }
      first = first ?? index
    }
    return first
  }

  /// The network, after the last node.
  func result(
    _ sequence: ONNXModel.Value, _ states: Set<String>
  ) throws(ConversionError) -> ConvertedModel {
    var network: Network?
    var parts: [Int: [StepView]] = [:]
    var outputs: [ModelInterface.Output] = []
    var returned: Set<StepView.Source> = []
    let features = featureOutput
    for (position, output) in model.outputs.enumerated() {
      let place = "output \"\(quotable(output.name))\""
      func refused(_ reason: String) -> ConversionError {
        .unsupported(model.source.file, place, reason)
      }
      switch values[output.name] {
      case .states(let views, _):
        returned.formUnion(try checkStates(views, place))
        parts[outputs.count] = views
        outputs.append(.init(name: output.name, role: .state([])))
      case .view(let view):
        if position != features {
          returned.formUnion(try checkStates([view], place))
          parts[outputs.count] = [view]
          outputs.append(.init(name: output.name, role: .state([])))
          continue
        }
        guard case .layer(let index) = view.source, index == layers.count - 1,
          view.count == layers[index].outputSize, view.significant.count <= 1
        else { throw refused("is not all that the last layer computes") }
        network = Network(
          layers: Array(layers[...index]), output: .sequence, provenance: provenance)
        outputs.append(
          .init(name: output.name, role: .sequence(axes(of: view.shape))))
      case .square, .squares: throw refused("squares, which only a magnitude is made of")
      case nil: throw refused("does not depend on the input")
      }
    }
    guard let network else {
      throw .unsupported(model.source.file, "outputs", "none but states")
    }
    for index in hidden.keys.sorted() where !returned.contains(.layer(index)) {
      throw .unsupported(
        model.source.file, "outputs",
        "the state of \(quotable(layers[index].name)) is not among them")
    }
    for index in cells.keys.sorted() where !returned.contains(.cell(index)) {
      throw .unsupported(
        model.source.file, "outputs",
        "the cell of \(quotable(layers[index].name)) is not among them")
    }
    let inputs = model.inputs.map { input -> ModelInterface.Input in
      if input.name == sequence.name {
        return .init(
          name: input.name, role: .sequence(axes(of: (sequence.shape ?? []).map { $0 ?? 1 })))
      }
      return .init(
        name: input.name,
        role: states.contains(input.name)
          ? .state : constants.constants[input.name] != nil ? .constant : .unused)
    }
    let (simple, indices) = network.simplified()
    for (index, views) in parts {
      let name = outputs[index].name
      outputs[index] = .init(name: name, role: .state(views.compactMap { $0.part(indices) }))
    }
    return ConvertedModel(
      network: simple, interface: ModelInterface(inputs: inputs, outputs: outputs))
  }

  private func isCell(_ view: StepView) -> Bool {
    if case .cell = view.source { true } else { false }
  }

  /// Of a step's array the first axis of size 1 counts steps, the last of more the features.
  private func axes(of shape: [Int]) -> [ModelInterface.Axis] {
    var axes = shape.map { _ in ModelInterface.Axis.one }
    let feature = shape.lastIndex { $0 != 1 } ?? shape.count - 1
    if shape.indices.contains(feature) { axes[feature] = .feature }
    if let time = axes.firstIndex(of: .one), time < feature || feature < 0 { axes[time] = .time }
    return axes
  }

  /// Checks that what comes out as a state is what goes in as the same at the next step.
  private func checkStates(
    _ parts: [StepView], _ place: String
  ) throws(ConversionError) -> Set<StepView.Source> {
    var found: Set<StepView.Source> = []
    var position = 0
    var input: String?
    for part in parts {
      let given: StepView? =
        switch part.source {
        case .layer(let index): hidden[index]
        case .cell(let index): cells[index]
        case .state: nil
        }
      guard let given, case .state(let name) = given.source, part.isContiguous, part.offset == 0,
        part.count == given.count, given.offset == position, input == nil || input == name
      else {
        throw .unsupported(
          model.source.file, place, "is not the state that goes in as an input, in the same order")
      }
      input = name
      position += part.count
      found.insert(part.source)
    }
    if let input, case .view(let whole)? = values[input], whole.count != position {
      throw .unsupported(
        model.source.file, place, "has \(position) elements; \(quotable(input)) has \(whole.count)")
    }
    return found
  }
}

extension StepView {
  /// The state that it is, of the layer of the new index; nil where it is none.
  fileprivate func part(_ indices: [Int]) -> ModelInterface.Output.StatePart? {
    switch source {
    case .layer(let index) where index >= 0: .init(layer: indices[index], isCell: false)
    case .cell(let index): .init(layer: indices[index], isCell: true)
    case .layer, .state: nil
    }
  }
}
