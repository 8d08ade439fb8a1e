import SluiceNetwork

/// A recurrence that was found in its copies, and the sequence whose steps they read.
struct RolledSteps {
  let steps: UnrolledSteps
  /// What the third turn reads of the sequence, and what the first does.
  let element: Name
  let first: Name
  let reads: StepReads
  /// Whether the first turn reads the last step.
  let isReverse: Bool
  /// A node that reads a step, for messages.
  let node: ONNXNode
}

extension GraphImporter {
  /// Puts the layers that one turn computes in the place of all turns.
  mutating func take(
    _ rolled: RolledSteps, of x: FeatureValue
  ) throws(ConversionError) {
    let (steps, node) = (rolled.steps, rolled.node)
    let x = try resolved(x, node)
    let axis = rolled.reads.axis
    guard x.content == .sequence || x.content == .reversed else {
      throw node.unsupported("reads what is not a sequence")
    }
    let (own, count) = try features(of: x, node)
    let rest = x.axes.indices.filter { $0 != axis && $0 != own }
    let batch = rest.map { x.axes[$0] }.filter { !FeatureValue.significant($0).isEmpty }
    guard own != axis, batch.count <= 1 else { throw node.unsupported("a sequence of more axes") }
    try bindTime(x.axes[axis], batch.first ?? [], node)
    if let own { try bindFeatures(of: x, axis: own, size: count, node) }
    var shape = x.axes.indices.map { $0 == own ? count : 1 }
    if rolled.reads.removes { shape.remove(at: axis) }

    var step = StepImporter(model, folder, provenance)
    step.inputs = [StepInput(name: "x", shape: shape, isIDs: false)]
    let element = StepView(StepElement.source(ofInput: 0), shape: shape)
    step.values[rolled.element] = .view(element)
    if steps.starts == nil {
      step.values[rolled.first] = .view(element)
      try step.run(all: steps.firstNodes)
    }
    let initial = try bindStates(of: rolled, in: &step)
    try step.run(all: steps.nodes)
    var pairs: [(input: Int, view: StepView)] = []
    for (index, state) in steps.states.enumerated() {
      pairs.append((index + 1, try step.view(of: state.next, node)))
    }
    if steps.starts == nil {
      // From zero the first turn, of other nodes, must compute the same.
      var both: [(StepView, StepView)] = []
      for (state, pair) in zip(steps.states, pairs) {
        both.append((pair.view, try step.view(of: state.first, node)))
      }
      for value in steps.joined {
        both.append((try step.view(of: value.name, node), try step.view(of: value.first, node)))
      }
      var check = CellCheck(step)
      guard check.startsFromZero(both) else {
        throw node.unsupported("the first copy computes something else than the others")
      }
    }
    let cells = try recogniseCells(of: &step, pairs, from: initial, node)
    try place(rolled, cells, x, &step)
  }

  /// Makes inputs of the step of what the third turn reads of the one before; returns the constants that
  /// these start from, by their place.
  private mutating func bindStates(
    of rolled: RolledSteps, in step: inout StepImporter
  ) throws(ConversionError) -> [Int: ConstantValue] {
    var initial: [Int: ConstantValue] = [:]
    for state in rolled.steps.states {
      let shape: [Int]
      if let start = rolled.steps.starts?[state.first] {
        let constant = try folder.named(start, rolled.node)
        guard constant.floats != nil, constant.extents.dropLast().allSatisfy({ $0.known ?? 1 == 1 })
        else { throw rolled.node.unsupported("a state of the shape \(constant.shape)") }
        shape = constant.extents.map { $0.known ?? 1 }
        initial[step.inputs.count] = constant
      } else {
        shape = try step.view(of: state.first, rolled.node).shape
      }
      step.values[state.name] = .view(
        StepView(StepElement.source(ofInput: step.inputs.count), shape: shape))
      step.inputs.append(StepInput(name: state.name, shape: shape, isIDs: false))
    }
    return initial
  }

  /// Appends the layers of a turn, and gives their values to what others read of the turns.
  private mutating func place(
    _ rolled: RolledSteps, _ cells: [Int], _ x: FeatureValue, _ step: inout StepImporter
  ) throws(ConversionError) {
    let node = rolled.node
    let time = x.axes[rolled.reads.axis]
    let batch = batchAxis.map { [FeatureValue.Atom.input($0, size: sequenceShape[$0])] } ?? []
    var written = cells
    var joined: [(value: UnrolledSteps.Joined, view: StepView, layer: Int)] = []
    for value in rolled.steps.joined {
      let view = try step.view(of: value.name, node)
      let layer = try step.written(by: view, node)
      written.append(layer)
      joined.append((value, view, layer))
    }
    var finals: [(value: UnrolledSteps.Final, view: StepView, layer: Int)] = []
    for value in rolled.steps.finals {
      let view = try step.view(of: value.name, node)
      var layer = view.elements.first?.cellLayer ?? 0
      if view.elements.first?.cellLayer == nil { layer = try step.written(by: view, node) }
      written.append(layer)
      finals.append((value, view, layer))
    }
    let isReverse = rolled.isReverse != (x.content == .reversed)
    let places = try append(written, of: step, reading: x.layer, isReverse: isReverse, node)
    for (value, view, layer) in joined {
      var attributes = AttributeReader(value.node)
      let at = try value.node.position(of: try attributes.required("axis"), rank: view.rank)
      try attributes.finish()
      // Steps of several features side by side are one axis, which a Reshape parts.
      // A single feature beside the sequences is on the axis that is joined too.
      let isMerged = view.shape[at] > 1 || view.rank == 1 + (batch.isEmpty ? 0 : 1)
      guard let place = places[layer],
        var axes = view.axes(
          features: layers[place].outputSize, batch: batch, besides: isMerged ? nil : at),
        !isMerged || axes[at] == [.features(view.count)]
      else { throw value.node.unsupported("joins \(view.shape) along the axis \(at)") }
      axes[at] = time + axes[at]
      let content = value.isTurned ? x.content.turned : x.content
      try define(
        value.node, .features(FeatureValue(content: content, axes: axes, layer: place)))
    }
    for (value, view, layer) in finals {
      guard let place = places[layer],
        let axes = view.axes(features: layers[place].outputSize, batch: batch)
      else { throw node.unsupported("the last step of the shape \(view.shape)") }
      let isCell = view.elements[0].cellLayer != nil
      let content: FeatureValue.Content =
        isCell ? .finalCell([place]) : cells.contains(layer) ? .finalHidden([place]) : .last
      guard !isReverse || content != .last else {
        throw node.unsupported("the first step of what is not a layer read backwards")
      }
      values[value.output] = .features(FeatureValue(content: content, axes: axes, layer: place))
    }
  }
}

extension StepImporter {
  /// The value of a name, which must be computed.
  fileprivate func view(
    of name: Name, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    guard case .view(let view)? = values[name] else {
      throw node.unsupported("\(quotable(name)) does not follow from the step")
    }
    return view
  }

  /// The layer that writes a value and nothing else.
  fileprivate mutating func written(
    by view: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    guard view.elements.allSatisfy({ $0.source >= 0 && $0.cellLayer == nil }) else {
      throw node.unsupported("writes what the step does not compute")
    }
    return try realised(view.elements, channels: view.count, node)
  }
}

extension StepView {
  /// The axes of a value of one step: the last of more than one element counts features, one beside it
  /// sequences; nil where they do not follow.
  fileprivate func axes(
    features: Int, batch: FeatureValue.Axis, besides axis: Int? = nil
  ) -> [FeatureValue.Axis]? {
    let others = shape.indices.filter { $0 != axis }
    guard let own = others.last(where: { shape[$0] == features }), count == features else {
      return nil
    }
    var axes = [FeatureValue.Axis](repeating: [], count: rank)
    axes[own] = [.features(features)]
    let rest = others.filter { $0 != own }
    guard batch.isEmpty || rest.count == 1 else { return nil }
    for place in rest { axes[place] = batch }
    return axes
  }
}

extension CellCheck {
  /// Whether both of each pair compute the same of any step where all states are zero.
  mutating func startsFromZero(_ pairs: [(StepView, StepView)]) -> Bool {
    for scale in [0.1, 1, 10] {
      for _ in 0..<32 {
        guard agree(pairs, scale: scale) else { return false }
      }
    }
    return true
  }
}
