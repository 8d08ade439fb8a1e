import SluiceNetwork

extension StepImporter {
  /// LSTM, GRU and RNN whose sequence are the columns of one step: from the same state at every step, in one
  /// direction or both.
  mutating func recurrentAlongColumns(
    _ x: StepView, _ node: ONNXNode, _ form: RecurrentForm
  ) throws(ConversionError) {
    let count = x.shape[0]
    let layers = try folder.weights(node, form)
    let source = try columns(x, readBy: layers[0], node)
    if let name = node.output(2), folder.liveNames.contains(name) {
      throw node.unsupported("the output Y_c of a layer that runs over \(count) columns of a step")
    }
    let size = layers[0].hiddenSize
    var sides: [StepView] = []
    var ends: [StepView] = []
    for (index, var layer) in layers.enumerated() {
      layer.columns = Network.RecurrentColumns(count: count, mode: .along)
      layer.initialHidden = try initial(node, 5, "initial_h", [index, layers.count, size])
      if layer.cell == .lstm {
        layer.initialCell = try initial(node, 6, "initial_c", [index, layers.count, size])
      }
      let place = try append(.recurrent(layer), reading: [source], node)
      let written = StepView(layer: place, shape: [count, 1, 1, size])
        .timed(x.time == nil ? nil : 2)
      sides.append(written)
      // The column that is read last.
      ends.append(
        written.taking([layer.form.isReverse ? 0 : count - 1], of: 0)
          .reshaped([1, 1, size], time: x.time))
    }
    try define(node, .view(StepView(joining: sides, along: 1)))
    try define(node, .view(StepView(joining: ends, along: 0)), output: 1)
  }

  /// The constant state that a direction begins with; empty for zero.
  ///
  /// - Parameter part: which direction, of how many, of how many units.
  mutating func initial(
    _ node: ONNXNode, _ index: Int, _ what: String, _ part: [Int]
  ) throws(ConversionError) -> [Float] {
    guard let name = node.input(index) else { return [] }
    guard values[name] == nil else {
      throw node.unsupported(
        "runs over several steps in one call, or over columns, from an \(what) that the step reads; "
          + "export one step, or a layer whose state over columns is a constant")
    }
    let given = try folder.constant(node, index, what)
    // Zeros of however many steps or sequences.
    if given.floats?.allSatisfy({ $0 == 0 }) ?? false { return [] }
    let state = try folder.stored(given, node)
    guard let floats = state.floats, state.isStored, floats.count == part[1] * part[2] else {
      throw node.malformed("\(what) has the shape \(state.shape)")
    }
    try requireFinite(floats, file: model.source.file, place: node.place)
    let own = Array(floats[part[0] * part[2]..<(part[0] + 1) * part[2]])
    return own.allSatisfy { $0 == 0 } ? [] : own
  }
}
