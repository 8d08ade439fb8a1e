import SluiceNetwork

extension StepImporter {
  /// The outputs of features, in the graph's order: those that are no state. Where all are a layer's
  /// state, that of those which come out twice which is least like the state's input, else the first that
  /// is no C.
  private func featureOutputs() -> [Int] {
    var features: [Int] = []
    var states: [Int: [Int]] = [:]
    var first: Int?
    for (index, output) in model.outputs.enumerated() {
      guard case .view(let view)? = values[output.name], cache(continuedBy: index) == nil else {
        continue
      }
      let state = input(continuedBy: view)
      if state == nil, !holdsStates(view, isFirst: index == 0) { features.append(index) }
      if !view.elements.contains(where: { $0.cellLayer != nil }) {
        first = first ?? index
        if let state { states[state, default: []].append(index) }
      }
    }
    guard features.isEmpty else { return features }
    let twice = states.values.filter { $0.count > 1 }.min { $0[0] < $1[0] }
    let least = twice?.min { likeness(ofOutput: $0) < likeness(ofOutput: $1) }
    return (least ?? first).map { [$0] } ?? []
  }

  /// How much a state that comes out is like the input that it goes in as: by its shape, then by its name.
  private func likeness(ofOutput index: Int) -> Int {
    let name = model.outputs[index].name
    guard case .view(let view)? = values[name], let input = input(continuedBy: view) else {
      return 0
    }
    return StatePair.likeness(name, inputs[input].name)
      + (view.shape == inputs[input].shape ? 1 << 16 : 0)
  }

  /// The network, after the last node.
  mutating func result() throws(ConversionError) -> ConvertedModel {
    for output in model.outputs where values[output.name] == nil {
      throw .unsupported(
        model.source.file, "output \"\(quotable(output.name))\"", "does not depend on the input")
    }
    if !isOverTime { try recogniseCells() }
    let features = featureOutputs()
    var written: [Int] = []
    var outputs: [ModelInterface.Output] = []
    var states: [Int: StepView] = [:]
    var returned: [StepView] = []
    var pairs: [StatePair] = []
    for (position, output) in model.outputs.enumerated() {
      guard case .view(let view)? = values[output.name] else {
        throw .unsupported(
          model.source.file, "output \"\(quotable(output.name))\"", "is no value of the step")
      }
      if features.contains(position) {
        written.append(try layer(writing: view, as: output))
        let axes = Self.axes(of: view.shape, time: view.time)
        outputs.append(.init(name: output.name, role: .sequence(axes)))
        if let input = soleState(position, view) {
          pairs.append(StatePair(input: inputs[input].name, output: output.name))
          returned.append(view)
        }
        continue
      }
      let place = "output \"\(quotable(output.name))\""
      if let input = cache(continuedBy: position) {
        pairs.append(StatePair(input: inputs[input].name, output: output.name))
        outputs.append(.init(name: output.name, role: .state([])))
        continue
      }
      guard let input = input(continuedBy: view) else {
        let states = Set(view.elements.map { claimedInput(of: $0) })
        if states.count == 1, let state = states.first ?? nil, inputs[state].count != view.count {
          throw .unsupported(
            model.source.file, place,
            "has \(view.count) elements; \(quotable(inputs[state].name)) has \(inputs[state].count)"
          )
        }
        throw .unsupported(
          model.source.file, place, "is not the state that goes in as an input, in the same order")
      }
      pairs.append(StatePair(input: inputs[input].name, output: output.name))
      states[outputs.count] = view
      returned.append(view)
      outputs.append(.init(name: output.name, role: .state([])))
    }
    guard !written.isEmpty else {
      throw .unsupported(
        model.source.file, "outputs", "none but states; expected one of features beside them")
    }
    try checkReturned(returned)
    if let reason = StatePair.refusal(of: pairs, order: stateInputs())
      ?? doubt(about: pairs, features)
    {
      throw .unsupported(model.source.file, "outputs", reason)
    }
    return try network(written, outputs, states)
  }

  /// The state that features are as well: h of the only layer that has one, which comes out once and in the
  /// shape in which it goes in.
  private func soleState(_ position: Int, _ view: StepView) -> Int? {
    guard hidden.count == 1, let input = input(continuedBy: view),
      inputs[input].shape == view.shape
    else { return nil }
    let isTwice = model.outputs.enumerated().contains { index, output in
      guard index != position, case .view(let other)? = values[output.name] else { return false }
      return self.input(continuedBy: other) == input
    }
    return isTwice ? nil : input
  }

  /// The state input whose layer an output's number is of.
  private func claimedInput(of element: StepElement) -> Int? {
    let layer = element.cellLayer ?? Int(element.source)
    return (element.cellLayer != nil ? cells[layer] : hidden[layer])?.first?.input
  }

  /// The names of the inputs that are states, in the graph's order.
  func stateInputs() -> [Name] {
    let claimed = Set(claims.keys.compactMap(\.input)).union(caches.keys)
    return inputs.indices.filter(claimed.contains).map { inputs[$0].name }
  }

  /// Refuses states that go in and do not come out.
  private func checkReturned(
    _ views: [StepView]
  ) throws(ConversionError) {
    let returned = Set(views.flatMap { $0.elements.map(\.source) })
    for index in hidden.keys.sorted() where !returned.contains(Int32(index)) {
      throw .unsupported(
        model.source.file, "outputs",
        "the state of \(quotable(layers[index].name)) is not among them: whoever runs the graph could "
          + "not carry it; export Y_h as an output")
    }
    for index in cells.keys.sorted() where !returned.contains(StepElement.source(ofCell: index)) {
      throw .unsupported(
        model.source.file, "outputs",
        "the cell of \(quotable(layers[index].name)) is not among them: whoever runs the graph could "
          + "not carry it; export Y_c as an output")
    }
    let claimed = Set(claims.keys.compactMap(\.input))
    for input in claimed.sorted() {
      let missing = (0..<inputs[input].count).contains { index in
        claims[StepElement(source: StepElement.source(ofInput: input), index: Int32(index))] == nil
      }
      guard missing else { continue }
      throw .unsupported(
        model.source.file, "input \"\(quotable(inputs[input].name))\"",
        "is a state, of which a part is no recurrent layer's")
    }
  }

  /// The layer that writes what comes out as features, appended where it is a part of another's.
  private mutating func layer(
    writing view: StepView, as output: ONNXModel.Value
  ) throws(ConversionError) -> Int {
    func refused(_ reason: String) -> ConversionError {
      .unsupported(model.source.file, "output \"\(quotable(output.name))\"", reason)
    }
    guard let node = writers[output.name] else {
      throw refused("holds a state as it came in; expected what the step computes of its input")
    }
    guard view.elements.allSatisfy({ $0.source >= 0 && $0.cellLayer == nil }) else {
      let states = Set(claims.keys.compactMap(\.input))
      throw refused(
        view.elements.contains { $0.input.map(states.contains) ?? false }
          ? "holds a state as it came in; expected what the step computes of its input"
          : "holds the input itself; expected what a layer computes")
    }
    // A row of several axes is read from the last on.
    let significant = view.significant
    let last = significant.last.map { view.shape[$0] } ?? 1
    let channels = significant.count > 1 ? last : view.count
    return try realised(view.elements, channels: channels, node)
  }

  /// Of a step's array the first axis of size 1 counts steps, those of more the features.
  static func axes(of shape: [Int], time: Int?) -> [ModelInterface.Axis] {
    var axes = shape.map { $0 == 1 ? ModelInterface.Axis.one : .feature }
    let feature = shape.lastIndex { $0 != 1 } ?? shape.count - 1
    if let time {
      axes[time] = .time
      if !axes.contains(.feature), let last = axes.lastIndex(of: .one) { axes[last] = .feature }
      return axes
    }
    if shape.indices.contains(feature) { axes[feature] = .feature }
    if let time = axes.firstIndex(of: .one), time < feature || feature < 0 { axes[time] = .time }
    return axes
  }
}
