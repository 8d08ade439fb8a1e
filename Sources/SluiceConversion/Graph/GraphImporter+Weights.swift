import SluiceBlob

extension GraphImporter {
  /// The layer of W, R and B, its gates in PyTorch's order.
  mutating func weights(
    _ node: ONNXNode, _ form: RecurrentForm
  ) throws(ConversionError) -> Network.Recurrent {
    let w = try floats(node, 1, "W", rank: 3)
    let r = try floats(node, 2, "R", rank: 3)
    let size = r.shape[2]
    guard (1...Int(BlobLimits.size)).contains(size), form.hiddenSize ?? size == size else {
      throw node.malformed("hidden_size does not agree with R of shape \(r.shape)")
    }
    let (directions, rows) = (form.directionCount, form.cell.gateCount * size)
    guard r.shape == [directions, rows, size] else {
      throw node.malformed(
        "R has the shape \(r.shape), expected \([directions, rows, size]) for direction "
          + form.direction)
    }
    guard w.shape[0] == directions, w.shape[1] == rows, w.shape[2] > 0 else {
      throw node.malformed(
        "W has the shape \(w.shape), expected [\(directions), \(rows), input size] for direction "
          + form.direction)
    }
    var bias: [Float]?
    if node.input(3) != nil {
      let b = try floats(node, 3, "B", rank: 2)
      guard b.shape == [directions, 2 * rows] else {
        throw node.malformed("B has the shape \(b.shape), expected \([directions, 2 * rows])")
      }
      bias = b.values
    }
    guard form.direction == "forward" else {
      throw node.unsupported(
        "the attribute direction is \(form.direction); only forward can stream")
    }
    func ordered(_ values: ArraySlice<Float>) -> [Float] {
      let block = values.count / form.cell.gateCount
      return form.gateOrder.flatMap { gate in
        values[values.startIndex + gate * block..<values.startIndex + (gate + 1) * block]
      }
    }
    return Network.Recurrent(
      cell: form.cell, inputSize: w.shape[2], hiddenSize: size,
      inputWeights: ordered(w.values[...]), hiddenWeights: ordered(r.values[...]),
      inputBias: bias.map { ordered($0[..<rows]) }, hiddenBias: bias.map { ordered($0[rows...]) })
  }

  /// The finite, fully stored floats of input `index`.
  mutating func floats(
    _ node: ONNXNode, _ index: Int, _ what: String, rank: Int
  ) throws(ConversionError) -> (shape: [Int], values: [Float]) {
    let constant = try constant(node, index, what)
    guard constant.shape.count == rank else {
      throw node.malformed("\(what) has \(constant.shape.count) axes, expected \(rank)")
    }
    guard let values = constant.floats, constant.isStored else {
      throw node.unsupported("\(what) is not made of known floats")
    }
    let name = node.input(index) ?? what
    try requireFinite(values, file: model.source.file, place: "tensor \(quotable(name))")
    return (constant.shape, values)
  }

  /// The one initial state that all sequences share; empty for zero or none.
  mutating func initialState(
    _ node: ONNXNode, _ index: Int, _ what: String, _ form: RecurrentForm, _ size: Int
  ) throws(ConversionError) -> [Float] {
    guard node.input(index) != nil else { return [] }
    let state = try constant(node, index, what)
    let directionAxis = form.isBatchFirst ? 1 : 0
    guard state.shape.count == 3, state.extents[directionAxis] == .known(1),
      state.extents[2] == .known(size), let values = state.floats, !values.isEmpty
    else {
      throw node.malformed("\(what) is not of floats for 1 direction and \(size) units")
    }
    let place = "tensor \(quotable(node.input(index) ?? what))"
    try requireFinite(values, file: model.source.file, place: place)
    if values.allSatisfy({ $0 == 0 }) { return [] }
    let width = state.shape[2]
    let first = values.prefix(width)
    for start in stride(from: 0, to: values.count, by: width)
    where values[start..<start + width] != first {
      throw node.unsupported("\(what) differs from one sequence of the batch to the next")
    }
    return width == size ? Array(first) : Array(repeating: values[0], count: size)
  }
}
