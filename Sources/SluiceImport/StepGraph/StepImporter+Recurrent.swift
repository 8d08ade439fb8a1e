import SluiceNetwork

extension StepImporter {
  /// LSTM, GRU and RNN over one step, their states those of the stream.
  mutating func recurrent(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let form = try RecurrentForm(node, &attributes)
    guard node.input(4) == nil else {
      throw node.unsupported("the input sequence_lens is not supported in a graph of one step")
    }
    let x = try view(node, 0)
    guard x.rank == 3 else {
      throw node.unsupported("X has the shape \(x.shape); expected one step of one sequence")
    }
    if x.time != nil {
      guard !form.isBatchFirst else { throw node.unsupported("the attribute layout is 1") }
      return x.time == 0
        ? try recurrentOverSteps(x, node, form) : try recurrentAlongColumns(x, node, form)
    }
    if x.shape[0] > 1, x.shape[1] == 1, !form.isBatchFirst {
      return try recurrentAlongColumns(x, node, form)
    }
    guard form.direction == "forward" else {
      throw node.unsupported("the attribute direction is \(form.direction) in a graph of one step")
    }
    guard x.shape[0] == 1, x.shape[1] == 1 || !form.isBatchFirst else {
      throw node.unsupported("X has the shape \(x.shape); expected one step of one sequence")
    }
    let count = x.shape[1]
    var layer = try cell(ofEach: count, node, form)
    let source = try columns(x, readBy: layer, node)
    let index = try append(.recurrent(layer), reading: [source], node)
    let h = try state(node, 5, "initial_h", count * layer.hiddenSize)
    try claim(h, "initial_h", node)
    hidden[index] = h
    layer.initialHidden = given(h)
    if layer.cell == .lstm {
      let c = try state(node, 6, "initial_c", count * layer.hiddenSize)
      try claim(c, "initial_c", node)
      cells[index] = c
      layer.initialCell = given(c)
    }
    layers[index].operation = .recurrent(layer)
    let size = layer.hiddenSize
    try define(node, .view(StepView(layer: index, shape: [1, 1, count, size])))
    try define(node, .view(StepView(layer: index, shape: [1, count, size])), output: 1)
    try define(
      node, .view(StepView(StepElement.source(ofCell: index), shape: [1, count, size])), output: 2)
  }

  /// The cell of a node that reads forwards: each column is a sequence of its own where there are several.
  mutating func cell(
    ofEach count: Int, _ node: ONNXNode, _ form: RecurrentForm
  ) throws(ConversionError) -> Network.Recurrent {
    var layer = try folder.weights(node, form)[0]
    if count > 1 { layer.columns = Network.RecurrentColumns(count: count, mode: .each) }
    return layer
  }

  /// The layer that writes X as the columns that a cell reads.
  mutating func columns(
    _ x: StepView, readBy cell: Network.Recurrent, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    let columns = try columns(x, channelAxes: [2], node)
    guard columns.channels == cell.inputSize else {
      throw node.malformed("reads \(cell.inputSize) features, its input has \(columns.channels)")
    }
    return columns.layer
  }

  /// The numbers of a state input that are h or C before the step, in any order of its axes.
  private func state(
    _ node: ONNXNode, _ index: Int, _ what: String, _ size: Int
  ) throws(ConversionError) -> [StepElement] {
    guard node.input(index) != nil else {
      throw node.unsupported("the input \(what) is left out: every step would start from zero")
    }
    let view = try view(node, index)
    let elements = view.elements.compactMap { raw($0) }
    guard elements.count == view.count, view.count == size, Set(elements).count == size,
      Set(elements.map(\.source)).count == 1
    else {
      throw node.unsupported(
        "the input \(what) is not a state of \(size) units as it came in; what empties a state is "
          + "left to whoever resets the stream: export without it")
    }
    return elements
  }

  /// The number of an input that `element` is, through layers that only pick; nil where it is computed.
  func raw(_ element: StepElement) -> StepElement? {
    var element = element
    while element.input == nil {
      guard let source = pick(element) else { return nil }
      element = source
    }
    return element
  }

  /// What a layer that only picks has at `element` from what it reads; nil where it computes.
  func pick(_ element: StepElement) -> StepElement? {
    guard element.cellLayer == nil, element.source >= 0 else { return nil }
    let (layer, index) = (Int(element.source), Int(element.index))
    let reads = layers.inputs(of: layer)
    switch layers[layer].operation {
    case .slice(let slice):
      let place = index / slice.count * slice.channels + slice.start + index % slice.count
      return StepElement(source: Int32(reads[0]), index: Int32(place))
    case .concatenate(_, let channels):
      let total = channels.reduce(0, +)
      guard total > 0 else { return nil }
      let column = index / total
      var (rest, part) = (index % total, 0)
      while rest >= channels[part] {
        rest -= channels[part]
        part += 1
      }
      return StepElement(
        source: Int32(reads[part]), index: Int32(column * channels[part] + rest))
    case .gather(let gather):
      let place = gather.indices[index]
      return place < 0 ? nil : StepElement(source: Int32(reads[0]), index: Int32(place))
    case .dense(let dense):
      // A single 1.
      let row = dense.weights[index * dense.inputSize..<(index + 1) * dense.inputSize]
      guard dense.bias == nil, dense.activation == .identity,
        row.count(where: { $0 != 0 }) == 1, let one = row.firstIndex(of: 1)
      else { return nil }
      return StepElement(source: Int32(reads[0]), index: Int32(one - row.startIndex))
    default: return nil
    }
  }

  /// Notes that these numbers of a state input are the state of one layer, and of no other.
  mutating func claim(
    _ elements: [StepElement], _ what: String, _ node: ONNXNode
  ) throws(ConversionError) {
    for element in elements {
      if let other = claims[element] {
        let name = element.input.map { inputs[$0].name } ?? ""
        throw node.unsupported(
          "the input \"\(quotable(name))\" is its \(what), and also the \(other.what) of "
            + "\(other.node): a stream keeps a state for each; give each an input of its own")
      }
    }
    for element in elements { claims[element] = (what, node.place) }
  }

  /// The numbers that the caller gave for a state; empty for none, or for zero.
  func given(_ elements: [StepElement]) -> [Float] {
    guard let input = elements.first?.input, let tensor = folder.given[inputs[input].name],
      elements.allSatisfy({ Int($0.index) < tensor.count })
    else { return [] }
    let floats = tensor.floats
    let values = elements.map { floats[Int($0.index)] }
    return values.allSatisfy { $0 == 0 } ? [] : values
  }
}
