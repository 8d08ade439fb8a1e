import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// The initial states, `[direction][sequence][size]`: of one sequence where all share it, of none
  /// where all start at zero.
  mutating func initialStates(
    _ node: ONNXNode, _ index: Int, _ what: String, _ form: RecurrentForm, _ size: Int
  ) throws(ConversionError) -> [[[Float]]] {
    let none = [[[Float]]](repeating: [], count: form.directionCount)
    guard node.input(index) != nil else { return none }
    let state = try folder.constant(node, index, what)
    let (directionAxis, batchAxis) = form.isBatchFirst ? (1, 0) : (0, 1)
    guard state.shape.count == 3, state.extents[directionAxis] == .known(form.directionCount),
      state.extents[2] == .known(size), let values = state.floats, !values.isEmpty
    else {
      let isLonger = (state.extents.last?.known ?? 0) > size
      throw node.malformed(
        "\(what) is not of floats for \(form.directionCount) directions and \(size) units"
          + (isLonger ? "; ONNX has no LSTM with a projection (proj_size)" : ""))
    }
    let place = "tensor \(quotable(node.input(index)?.text ?? what))"
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
