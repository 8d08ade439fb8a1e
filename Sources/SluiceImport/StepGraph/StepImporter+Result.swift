import SluiceNetwork

extension StepImporter {
  /// Whether the parts come out as a state that goes in, all of it.
  func areStates(_ parts: [StepView]) -> Bool {
    (try? checkStates(parts, "")) != nil
  }

  /// The output of features: the first that is no state, wherever it stands. Where a layer's state is
  /// the output as well, that of those which come out twice which is least like the state's input.
  private var featureOutput: Int? {
    var states: [StepView.Source: [Int]] = [:]
    var first: Int?
    for (index, output) in model.outputs.enumerated() {
      guard case .view(let view)? = values[output.name], !isCell(view) else { continue }
      if !areStates([view]) { return index }
      first = first ?? index
      states[view.source, default: []].append(index)
    }
    let twice = states.values.filter { $0.count > 1 }.min { $0[0] < $1[0] }
    return twice?.min { likeness(ofOutput: $0) < likeness(ofOutput: $1) } ?? first
  }

  /// How much a state that comes out is like the input that it goes in as: by its shape, then by its name.
  private func likeness(ofOutput index: Int) -> Int {
    let name = model.outputs[index].name
    guard case .view(let view)? = values[name], case .layer(let layer) = view.source,
      let given = hidden[layer], case .state(let input) = given.source
    else { return 0 }
    return StatePair.likeness(name, input) + (view.shape == given.shape ? 1 << 16 : 0)
  }

  /// The network, after the last node.
  mutating func result(
    _ sequence: ONNXModel.Value, _ states: Set<Name>
  ) throws(ConversionError) -> ConvertedModel {
    var written: Int?
    var parts: [Int: [StepView]] = [:]
    var outputs: [ModelInterface.Output] = []
    var returned: Set<StepView.Source> = []
    var pairs: [StatePair] = []
    let features = featureOutput
    for (position, output) in model.outputs.enumerated() {
      let place = "output \"\(quotable(output.name))\""
      func refused(_ reason: String) -> ConversionError {
        .unsupported(model.source.file, place, reason)
      }
      switch values[output.name] {
      case .states(let views, _):
        let found = try checkStates(views, place)
        returned.formUnion(found.sources)
        pairs.append(StatePair(input: found.input, output: output.name))
        parts[outputs.count] = views
        outputs.append(.init(name: output.name, role: .state([])))
      case .view(let view):
        if position != features {
          let found = try checkStates([view], place)
          returned.formUnion(found.sources)
          pairs.append(StatePair(input: found.input, output: output.name))
          parts[outputs.count] = [view]
          outputs.append(.init(name: output.name, role: .state([])))
          continue
        }
        written = try layer(writing: view, as: output)
        outputs.append(
          .init(name: output.name, role: .sequence(axes(of: view.shape))))
      case .square, .squares: throw refused("squares, which only a magnitude is made of")
      case nil: throw refused("does not depend on the input")
      }
    }
    guard let written else {
      throw .unsupported(
        model.source.file, "outputs", "none but states; expected one of features beside them")
    }
    for index in hidden.keys.sorted() where !returned.contains(.layer(index)) {
      throw .unsupported(
        model.source.file, "outputs",
        "the state of \(quotable(layers[index].name)) is not among them: whoever runs the graph could "
          + "not carry it; export Y_h as an output")
    }
    for index in cells.keys.sorted() where !returned.contains(.cell(index)) {
      throw .unsupported(
        model.source.file, "outputs",
        "the cell of \(quotable(layers[index].name)) is not among them: whoever runs the graph could "
          + "not carry it; export Y_c as an output")
    }
    let order = model.inputs.map(\.name).filter(states.contains)
    if let reason = StatePair.refusal(of: pairs, order: order) ?? doubt(about: pairs, features) {
      throw .unsupported(model.source.file, "outputs", reason)
    }
    let inputs = model.inputs.map { input -> ModelInterface.Input in
      if input.name == sequence.name {
        return .init(
          name: input.name, role: .sequence(axes(of: (sequence.shape ?? []).map { $0 ?? 1 })))
      }
      return .init(
        name: input.name,
        role: states.contains(input.name)
          ? .state : folder.given[input.name] != nil ? .constant : .unused)
    }
    var network = Network(layers: layers.layers, output: .sequence, provenance: provenance)
    let (kept, _) = network.prune(toWrite: [written], keeping: [])
    for index in hidden.keys.sorted() where kept[index] == nil {
      throw .unsupported(
        model.source.file, "outputs",
        "no features depend on \(quotable(layers[index].name)), of which only the state comes out")
    }
    let (simple, merged) = network.simplified()
    let indices = kept.mapValues { merged[$0] }
    for (index, views) in parts {
      let name = outputs[index].name
      outputs[index] = .init(name: name, role: .state(views.compactMap { $0.part(indices) }))
    }
    return ConvertedModel(
      network: simple, interface: ModelInterface(inputs: inputs, outputs: outputs))
  }

  /// The layer that writes what comes out as features, appended where it is a part of another's.
  private mutating func layer(
    writing view: StepView, as output: ONNXModel.Value
  ) throws(ConversionError) -> Int {
    func refused(_ reason: String) -> ConversionError {
      .unsupported(model.source.file, "output \"\(quotable(output.name))\"", reason)
    }
    guard let node = writers[output.name], case .layer = view.source else {
      throw refused("is a state as it came in; expected what the step computes of its input")
    }
    guard view.significant.count <= 1 else {
      throw refused(
        "has the shape \(view.shape); expected one row of features: take one, or reshape")
    }
    let layer = try columns(view, channelAxis: channelAxis(view, node), node).layer
    guard layer >= 0 else { throw refused("is the input itself; expected what a layer computes") }
    return layer
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
  ) throws(ConversionError) -> (input: Name, sources: Set<StepView.Source>) {
    var found: Set<StepView.Source> = []
    var position = 0
    var input: Name?
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
    return (input ?? "", found)
  }
}

extension StepView {
  /// The state that it is, of the layer of the new index; nil where it is none.
  fileprivate func part(_ indices: [Int: Int]) -> ModelInterface.Output.StatePart? {
    switch source {
    case .layer(let index): indices[index].map { .init(layer: $0, isCell: false) }
    case .cell(let index): indices[index].map { .init(layer: $0, isCell: true) }
    case .state: nil
    }
  }
}
