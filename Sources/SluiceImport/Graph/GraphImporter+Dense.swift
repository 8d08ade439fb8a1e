import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Gemm`: a dense layer over rows of features, alpha and beta multiplied into it.
  mutating func gemm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let alpha = try attributes.float("alpha") ?? 1
    let beta = try attributes.float("beta") ?? 1
    guard try !attributes.flag("transA") else {
      throw node.unsupported("the attribute transA is not supported")
    }
    let isTransposed = try attributes.flag("transB")
    let a = try resolved(features(node, 0), node)
    guard a.axes.count == 2 else { throw node.malformed("A has \(a.axes.count) axes, expected 2") }
    let b = try floats(node, 1, "B", rank: 2)
    let outputs = isTransposed ? b.shape[0] : b.shape[1]
    var bias: [Float]?
    if node.input(2) != nil {
      let c = try constant(node, 2, "C")
      bias = try row(c, of: outputs, at: 1, rank: 2, node, "C").map { beta * $0 }
    }
    let rows = isTransposed ? b.values : transposed(b.values, b.shape)
    try dense(
      node, a, weights: alpha == 1 ? rows : rows.map { alpha * $0 },
      inputs: isTransposed ? b.shape[1] : b.shape[0], outputs: outputs, bias: bias)
  }

  /// `MatMul`: a dense layer without a bias.
  mutating func matMul(_ node: ONNXNode) throws(ConversionError) {
    let a = try resolved(features(node, 0), node)
    let b = try floats(node, 1, "B", rank: 2)
    try dense(
      node, a, weights: transposed(b.values, b.shape), inputs: b.shape[0], outputs: b.shape[1],
      bias: nil)
  }

  private mutating func dense(
    _ node: ONNXNode, _ input: FeatureValue, weights: [Float], inputs: Int, outputs: Int,
    bias: [Float]?
  ) throws(ConversionError) {
    guard inputs > 0, outputs > 0, !input.axes.isEmpty else {
      throw node.malformed("weights or an input without elements")
    }
    let axis = input.axes.count - 1
    try bindFeatures(of: input, axis: axis, size: inputs, node)
    // A product of finite numbers need not be finite.
    try requireFinite(weights + (bias ?? []), file: model.source.file, place: node.place)
    let layer = try append(
      .dense(
        Network.Dense(inputSize: inputs, outputSize: outputs, weights: weights, bias: bias)),
      reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: axis)))
  }

  private func transposed(_ values: [Float], _ shape: [Int]) -> [Float] {
    (0..<shape[1]).flatMap { column in
      (0..<shape[0]).map { values[$0 * shape[1] + column] }
    }
  }
}
