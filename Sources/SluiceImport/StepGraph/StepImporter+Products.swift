import SluiceNetwork

extension StepImporter {
  /// `Gemm` and `MatMul` with a constant matrix: a dense layer, of each column where there are several.
  mutating func product(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard node.input(0).flatMap({ values[$0] }) != nil, node.input(1).flatMap({ values[$0] }) == nil
    else { return try transposedProduct(node, &attributes) }
    let x = try view(node, 0)
    let shape = try folder.constant(node, 1, "B").shape
    if node.operation == "MatMul", shape.count > 2, shape.dropLast(2).contains(where: { $0 > 1 }) {
      return try groups(x, node)
    }
    let matrix = try folder.dense(node, &attributes)
    guard x.rank >= 1, x.shape[x.rank - 1] == matrix.inputSize else {
      throw node.malformed("B of \(matrix.inputSize) rows for A of shape \(x.shape)")
    }
    try define(node, .view(try dense(matrix, of: x, node)))
  }

  /// A dense layer of the last axis.
  private mutating func dense(
    _ dense: Network.Dense, of x: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    try x.checkStepsAreNot(among: [x.rank - 1], node)
    let columns = try columns(x, channelAxes: [x.rank - 1], node)
    let layer = try append(
      .each(
        columns.length, inputs: dense.inputSize, outputs: dense.outputSize, weights: dense.weights,
        bias: dense.bias), reading: [columns.layer], node)
    return StepView(layer: layer, shape: Array(x.shape.dropLast()) + [dense.outputSize])
      .timed(x.time)
  }

  /// A constant matrix times a column: W x, of which x W' is the transposed.
  private mutating func transposedProduct(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard node.operation == "MatMul", node.input(1).flatMap({ values[$0] }) != nil,
      node.input(0).flatMap({ values[$0] }) == nil
    else {
      _ = try view(node, 0)
      throw node.unsupported("a product of two values that the step computes")
    }
    let x = try view(node, 1)
    let w = try folder.floats(node, 0, "A", rank: 2)
    guard x.rank >= 2, x.shape[x.rank - 2] == w.shape[1], w.shape[0] > 0 else {
      throw node.malformed("A of the shape \(w.shape) for B of \(x.shape)")
    }
    let order = Array(0..<x.rank - 2) + [x.rank - 1, x.rank - 2]
    let matrix = Network.Dense(
      inputSize: w.shape[1], outputSize: w.shape[0], weights: w.values, bias: nil)
    try define(
      node, .view(try dense(matrix, of: x.transposed(order), node).transposed(order)))
  }

  /// A matrix for each group of features: `MatMul` of [..., G, M, I] and a constant [G, I, O].
  private mutating func groups(_ x: StepView, _ node: ONNXNode) throws(ConversionError) {
    let matrix = try folder.stored(folder.constant(node, 1, "B"), node)
    guard let w = matrix.floats, matrix.isStored else {
      throw node.unsupported("B is not made of known floats")
    }
    let rank = matrix.shape.count
    let (inputs, outputs) = (matrix.shape[rank - 2], matrix.shape[rank - 1])
    let outer = Array(matrix.shape.dropLast(2))
    guard x.rank >= 2, x.shape[x.rank - 1] == inputs,
      let batch = StepView.common(Array(x.shape.dropLast(2)), outer),
      let operand = x.expanded(to: batch + x.shape.suffix(2)),
      let places = StepView(0, shape: outer).expanded(to: batch)
    else { throw node.malformed("B of the shape \(matrix.shape) for A of \(x.shape)") }
    let groups = places.count
    let rows = operand.shape[operand.rank - 2]
    guard rows == 1 else { throw node.unsupported("several rows in each of \(groups) groups") }
    try define(
      node,
      .view(
        try grouped(operand, groups: groups, inputs: inputs, outputs: outputs, node) {
          group, output, input in
          w[(Int(places.elements[group].index) * inputs + input) * outputs + output]
        }.reshaped(batch + [1, outputs])))
  }

  /// Linear maps of groups of neighbouring features, each with weights of its own.
  mutating func grouped(
    _ x: StepView, groups: Int, inputs: Int, outputs: Int, _ node: ONNXNode,
    weight: (_ group: Int, _ output: Int, _ input: Int) -> Float
  ) throws(ConversionError) -> StepView {
    // Of many large groups, which a blob would spell out in zeros, each part is a layer.
    let isLarge = groups * inputs * groups * outputs > 1 << 14
    let count = isLarge ? (1...32).last { groups % $0 == 0 } ?? 1 : 1
    let size = groups / count
    var parts: [StepView] = []
    for part in 0..<count {
      let range = part * size * inputs..<(part + 1) * size * inputs
      let row = StepView(shape: [range.count], elements: Array(x.elements[range]))
      let layer = try columns(row, channelAxes: [0], node).layer
      var weights: [Float] = []
      for group in part * size..<(part + 1) * size {
        for output in 0..<outputs {
          for input in 0..<inputs { weights.append(weight(group, output, input)) }
        }
      }
      try requireFinite(weights, file: model.source.file, place: node.place)
      let map = Network.Convolution(
        length: 1, inputChannels: size * inputs, outputChannels: size * outputs, kernelSize: 1,
        groups: size, padding: .zeros(before: 0, after: 0), weights: weights)
      let index = try place(map, reading: layer, node)
      parts.append(StepView(layer: index, shape: [size * outputs]))
    }
    return StepView(joining: parts, along: 0)
  }

  /// `Einsum` of a value and a constant, where it is a linear map of an axis, or of each group.
  mutating func einsum(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let text = try attributes.string("equation") else {
      throw node.malformed("the attribute equation is missing")
    }
    guard values[node.inputs[0]] != nil, node.inputs.count == 2, values[node.inputs[1]] == nil,
      let terms = GroupedMap(
        text, inputs: try view(node, 0).shape, weights: try folder.constant(node, 1, "B").shape)
    else {
      throw node.unsupported(
        "the equation \(quotable(text)); expected a linear map of features, such as btgi,gih->btgh")
    }
    let x = try view(node, 0).transposed(terms.inputOrder)
    let w = try folder.stored(folder.constant(node, 1, "B"), node)
    guard let weights = w.floats, w.isStored else {
      throw node.unsupported("B is not made of known floats")
    }
    guard terms.batch == 1 else { throw node.unsupported("several rows of a step") }
    let result = try grouped(
      x, groups: terms.groups, inputs: terms.inputs, outputs: terms.outputs, node
    ) { group, output, input in weights[terms.place(group, output, input)] }
    // Axes of rows stand first before and after.
    let time = x.time.flatMap { $0 < terms.rowAxes ? $0 : nil }
    try define(
      node, .view(result.reshaped(terms.resultShape, time: time).transposed(terms.resultOrder)))
  }
}
