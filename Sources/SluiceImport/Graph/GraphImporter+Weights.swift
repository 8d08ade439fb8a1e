import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// The layers of W, R, B and P, one for each direction, gates in PyTorch's order.
  mutating func weights(
    _ node: ONNXNode, _ form: RecurrentForm
  ) throws(ConversionError) -> [Network.Recurrent] {
    let w = try floats(node, 1, "W", rank: 3)
    let r = try floats(node, 2, "R", rank: 3)
    let size = r.shape[2]
    guard (1...Int(BlobLimits.size)).contains(size), form.hiddenSize ?? size == size else {
      throw node.malformed("hidden_size does not agree with R of shape \(r.shape)")
    }
    let (directions, rows) = (form.directionCount, form.gateCount * size)
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
    let bias = try vectors(node, 3, "B", [directions, 2 * rows])
    let peepholes =
      node.operation == "LSTM" ? try vectors(node, 7, "P", [directions, 3 * size]) : nil
    func part(_ values: [Float], _ index: Int) -> ArraySlice<Float> {
      let count = values.count / directions
      return values[index * count..<(index + 1) * count]
    }
    func ordered(_ values: ArraySlice<Float>, _ order: [Int]) -> [Float] {
      let block = values.count / order.count
      return order.flatMap { gate in
        values[values.startIndex + gate * block..<values.startIndex + (gate + 1) * block]
      }
    }
    return form.sides.enumerated().map { index, side in
      var sideForm = side.form
      // i, o, f to i, f, o.
      sideForm.peepholes = peepholes.map { ordered(part($0, index), [0, 2, 1]) }
      let biases = bias.map { part($0, index) }
      return Network.Recurrent(
        cell: side.cell, inputSize: w.shape[2], hiddenSize: size,
        inputWeights: ordered(part(w.values, index), form.gateOrder),
        hiddenWeights: ordered(part(r.values, index), form.gateOrder),
        inputBias: biases.map { ordered($0.prefix(rows), form.gateOrder) },
        hiddenBias: biases.map { ordered($0.suffix(rows), form.gateOrder) }, form: sideForm)
    }
  }

  /// The floats of an optional input of this shape.
  private mutating func vectors(
    _ node: ONNXNode, _ index: Int, _ what: String, _ shape: [Int]
  ) throws(ConversionError) -> [Float]? {
    guard node.input(index) != nil else { return nil }
    let tensor = try floats(node, index, what, rank: 2)
    guard tensor.shape == shape else {
      throw node.malformed("\(what) has the shape \(tensor.shape), expected \(shape)")
    }
    return tensor.values
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

  /// The initial states, `[direction][sequence][size]`: of one sequence where all share it, of none
  /// where all start at zero.
  mutating func initialStates(
    _ node: ONNXNode, _ index: Int, _ what: String, _ form: RecurrentForm, _ size: Int
  ) throws(ConversionError) -> [[[Float]]] {
    let none = [[[Float]]](repeating: [], count: form.directionCount)
    guard node.input(index) != nil else { return none }
    let state = try constant(node, index, what)
    let (directionAxis, batchAxis) = form.isBatchFirst ? (1, 0) : (0, 1)
    guard state.shape.count == 3, state.extents[directionAxis] == .known(form.directionCount),
      state.extents[2] == .known(size), let values = state.floats, !values.isEmpty
    else {
      let isLonger = (state.extents.last?.known ?? 0) > size
      throw node.malformed(
        "\(what) is not of floats for \(form.directionCount) directions and \(size) units"
          + (isLonger ? "; ONNX has no LSTM with a projection (proj_size)" : ""))
    }
    let place = "tensor \(quotable(node.input(index) ?? what))"
    try requireFinite(values, file: model.source.file, place: place)
    if values.allSatisfy({ $0 == 0 }) { return none }
    let strides = state.strides
    // One stored element stands for a whole axis.
    func offset(_ position: Int, _ axis: Int) -> Int {
      state.shape[axis] == 1 ? 0 : position * strides[axis]
    }
    var states: [[[Float]]] = []
    for direction in 0..<form.directionCount {
      let rows = (0..<state.shape[batchAxis]).map { batch in
        (0..<size).map { unit in
          values[offset(direction, directionAxis) + offset(batch, batchAxis) + offset(unit, 2)]
        }
      }
      let isShared = rows.allSatisfy { $0 == rows[0] }
      guard isShared || givenNames.contains(node.input(index) ?? "") else {
        throw node.unsupported(
          "the input \(what) is a constant that differs between the \(rows.count) sequences of a "
            + "batch: every stream of a model starts from one state; export with one sequence, or "
            + "with the state as an input of the graph")
      }
      states.append(isShared ? [rows[0]] : rows)
    }
    return states
  }
}
