import SluiceNetwork

extension GraphImporter {
  /// Interprets the nodes in their order, past those that cannot be, and then throws what these were.
  mutating func run(all nodes: [ONNXNode]) throws(ConversionError) {
    var obstacles = Obstacles(model.source.file)
    for node in nodes {
      guard obstacles.allows(node) else { continue }
      do throws(ConversionError) {
        try node.checkOperator()
        try run(node)
      } catch {
        let shapes = node.inputs.prefix(4).compactMap { values[$0] }.map { value in
          "[\(value.extents.map { $0.text(time: timeAxis) }.joined(separator: ", "))]"
        }
        obstacles.note(error, of: node, reading: shapes)
      }
    }
    try obstacles.finish()
  }

  /// Interprets one node, which has been checked.
  mutating func run(_ node: ONNXNode) throws(ConversionError) {
    var attributes = AttributeReader(node)
    if let form = try pointwise(node, &attributes) {
      try activation(node, form)
      return try attributes.finish()
    }
    switch node.operation {
    case "LSTM", "GRU", "RNN": try recurrent(node, &attributes)
    case "Gemm": try gemm(node, &attributes)
    case "MatMul": try matMul(node)
    case "Conv": try convolution(node, &attributes)
    case "Pad": try pad(node, &attributes)
    case "Add", "Sub", "Mul", "Div", "Equal": try arithmetic(node)
    case "Softmax": try softmax(node, &attributes)
    case "PRelu": try prelu(node)
    case "BatchNormalization": try batchNorm(node, &attributes)
    case "LayerNormalization": try layerNorm(node, &attributes)
    case "ReduceMean": try mean(node, &attributes)
    case "ReduceProd": try product(node, &attributes)
    case "Pow", "Sqrt": try power(node)
    case "Gather": try gather(node, &attributes)
    case "Slice": try slice(node, &attributes)
    case "Split": try split(node, &attributes)
    case "Squeeze": try squeeze(node, &attributes)
    case "Unsqueeze": try unsqueeze(node, &attributes)
    case "Transpose": try transpose(node, &attributes)
    case "Reshape": try reshape(node, &attributes)
    case "Flatten": try flatten(node, &attributes)
    case "Shape": try shape(node, &attributes)
    case "Concat": try concat(node, &attributes)
    case "Expand": try expand(node)
    case "Where": try choose(node)
    case "ConstantOfShape": try constantOfShape(node, &attributes)
    case "Constant": try constant(node, &attributes)
    case "Dropout": try dropout(node, &attributes)
    case "Cast": try cast(node, &attributes)
    default: try define(node, try value(node, 0))
    }
    try attributes.finish()
  }
}
