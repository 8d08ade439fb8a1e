import SluiceBlob

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
    let a = try tip(features(node, 0), node)
    guard a.axes.count == 2 else { throw node.malformed("A has \(a.axes.count) axes, expected 2") }
    let b = try floats(node, 1, "B", rank: 2)
    let outputs = isTransposed ? b.shape[0] : b.shape[1]
    var bias: [Float]?
    if node.input(2) != nil {
      let c = try constant(node, 2, "C")
      bias = try biasRow(c, count: outputs, rank: 2, node, "C").map { beta * $0 }
    }
    let rows = isTransposed ? b.values : transposed(b.values, b.shape)
    try dense(
      node, a, weights: alpha == 1 ? rows : rows.map { alpha * $0 },
      inputs: isTransposed ? b.shape[1] : b.shape[0], outputs: outputs, bias: bias)
  }

  /// `MatMul`: a dense layer without a bias, which an `Add` may bring.
  mutating func matMul(_ node: ONNXNode) throws(ConversionError) {
    let a = try tip(features(node, 0), node)
    let b = try floats(node, 1, "B", rank: 2)
    try dense(
      node, a, weights: transposed(b.values, b.shape), inputs: b.shape[0], outputs: b.shape[1],
      bias: nil)
  }

  private mutating func dense(
    _ node: ONNXNode, _ input: FeatureValue, weights: [Float], inputs: Int, outputs: Int,
    bias: [Float]?
  ) throws(ConversionError) {
    guard inputs > 0, outputs > 0, let last = input.axes.last else {
      throw node.malformed("weights or an input without elements")
    }
    try bindFeatures(last, size: inputs, node)
    // A product of finite numbers need not be finite.
    try requireFinite(weights + (bias ?? []), file: model.source.file, place: node.place)
    try append(
      .dense(
        Network.Dense(inputSize: inputs, outputSize: outputs, weights: weights, bias: bias)), node)
    var output = input
    output.axes[output.axes.count - 1] = [.features(outputs)]
    output.version = version
    try define(node, .features(output))
  }

  /// `Add`: of constants, or the bias of the `MatMul` before it, on either side.
  mutating func add(_ node: ONNXNode) throws(ConversionError) {
    let (left, right) = (try value(node, 0), try value(node, 1))
    let (input, row): (FeatureValue, ConstantValue)
    switch (left, right) {
    case (.constant, .constant): return try arithmetic(node)
    case (.features(let value), .constant(let constant)),
      (.constant(let constant), .features(let value)):
      (input, row) = (try tip(value, node), constant)
    case (.features, .features):
      throw node.unsupported("adds two sequences: a graph that branches")
    }
    guard case .dense(var dense)? = layers.last?.operation, dense.bias == nil,
      dense.activation == .identity, input.axes.last == [.features(dense.outputSize)]
    else { throw node.unsupported("adds a constant to something other than a MatMul") }
    dense.bias = try biasRow(
      row, count: dense.outputSize, rank: input.axes.count, node, "the constant")
    layers[layers.count - 1].operation = .dense(dense)
    version += 1
    var output = input
    output.version = version
    try define(node, .features(output))
  }

  /// A constant that is added to every row of `count` features.
  private func biasRow(
    _ constant: ConstantValue, count: Int, rank: Int, _ node: ONNXNode, _ what: String
  ) throws(ConversionError) -> [Float] {
    let size = constant.shape.last ?? 1
    guard let values = constant.floats, constant.isStored, constant.shape.count <= rank,
      values.count == size, size == count || size == 1
    else { throw node.unsupported("\(what) is not a row of \(count) floats") }
    try requireFinite(values, file: model.source.file, place: node.place)
    return size == count ? values : Array(repeating: values[0], count: count)
  }

  private func transposed(_ values: [Float], _ shape: [Int]) -> [Float] {
    (0..<shape[1]).flatMap { column in
      (0..<shape[0]).map { values[$0 * shape[1] + column] }
    }
  }
}
