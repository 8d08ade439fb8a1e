import SluiceBlob
import SluiceNetwork

extension ConstantFolder {
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

  /// What the inputs and attributes of `Gemm` or `MatMul` make of A: alpha and beta are multiplied in.
  mutating func dense(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> Network.Dense {
    let isGemm = node.operation == "Gemm"
    let alpha = isGemm ? try attributes.float("alpha") ?? 1 : 1
    let beta = isGemm ? try attributes.float("beta") ?? 1 : 1
    let isLeftTransposed = isGemm ? try attributes.flag("transA") : false
    let isTransposed = isGemm ? try attributes.flag("transB") : false
    guard !isLeftTransposed else {
      throw node.unsupported("the attribute transA is not supported")
    }
    let b = try floats(node, 1, "B", rank: 2)
    let (outputs, inputs) = isTransposed ? (b.shape[0], b.shape[1]) : (b.shape[1], b.shape[0])
    guard inputs > 0, outputs > 0 else {
      throw node.malformed("B of shape \(b.shape): weights without elements")
    }
    var bias: [Float]?
    if isGemm, node.input(2) != nil {
      bias = try row(constant(node, 2, "C"), of: outputs, at: 1, rank: 2, node, "C").map {
        beta * $0
      }
    }
    let rows =
      isTransposed
      ? b.values
      : (0..<outputs).flatMap { row in (0..<inputs).map { b.values[$0 * outputs + row] } }
    let weights = alpha == 1 ? rows : rows.map { alpha * $0 }
    // A product of finite numbers need not be finite.
    try requireFinite(weights + (bias ?? []), file: model.source.file, place: node.place)
    return Network.Dense(inputSize: inputs, outputSize: outputs, weights: weights, bias: bias)
  }
}
