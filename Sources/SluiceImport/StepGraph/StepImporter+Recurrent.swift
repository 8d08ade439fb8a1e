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
    var layer = try folder.weights(node, form)[0]
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
    try claim(h, "initial_h", node)
    hidden[index] = h
    layer.initialHidden = given(h)
    if layer.cell == .lstm {
      let c = try state(node, 6, "initial_c", layer.hiddenSize)
      try claim(c, "initial_c", node)
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

  /// Notes that `view`, of a state input, is the state of one layer, and of no other.
  private mutating func claim(
    _ view: StepView, _ what: String, _ node: ONNXNode
  ) throws(ConversionError) {
    guard case .state(let name) = view.source else { return }
    let range = view.offset..<view.offset + view.count
    if let other = claims[name, default: []].first(where: { $0.range.overlaps(range) }) {
      throw node.unsupported(
        "the input \"\(quotable(name))\" is its \(what), and also the \(other.what) of "
          + "\(other.node): a stream keeps a state for each; give each an input of its own")
    }
    claims[name, default: []].append((range, what, node.place))
  }

  /// The numbers that the caller gave for a state; empty for none, or for zero.
  private func given(_ view: StepView) -> [Float] {
    guard case .state(let name) = view.source, let tensor = folder.given[name],
      view.offset + view.count <= tensor.count
    else { return [] }
    let values = Array(tensor.floats[view.offset..<view.offset + view.count])
    return values.allSatisfy { $0 == 0 } ? [] : values
  }
}
