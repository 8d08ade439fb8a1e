import SluiceNetwork

extension GraphImporter {
  /// How many inputs and outputs each operator has, where only these are understood.
  private static let arities: [String: (inputs: ClosedRange<Int>, outputs: Int)] = [
    "Add": (2...2, 1), "BatchNormalization": (5...5, 5), "Cast": (1...1, 1), "Celu": (1...1, 1),
    "Clip": (1...3, 1), "Concat": (1...256, 1), "Constant": (0...0, 1),
    "ConstantOfShape": (1...1, 1), "Conv": (2...3, 1), "Div": (2...2, 1), "Dropout": (1...3, 2),
    "Elu": (1...1, 1), "Equal": (2...2, 1), "Expand": (2...2, 1), "Flatten": (1...1, 1),
    "GRU": (3...6, 2), "Gather": (2...2, 1), "Gemm": (2...3, 1), "HardSigmoid": (1...1, 1),
    "Identity": (1...1, 1), "LSTM": (3...8, 3), "LayerNormalization": (2...3, 3),
    "LeakyRelu": (1...1, 1), "MatMul": (2...2, 1), "Mul": (2...2, 1), "Neg": (1...1, 1),
    "PRelu": (2...2, 1), "Pad": (1...4, 1), "Pow": (2...2, 1), "RNN": (3...6, 2),
    "ReduceMean": (1...2, 1), "ReduceProd": (1...2, 1), "Relu": (1...1, 1), "Reshape": (2...2, 1),
    "Selu": (1...1, 1),
    "Shape": (1...1, 1), "Sigmoid": (1...1, 1), "Slice": (1...5, 1), "Softmax": (1...1, 1),
    "Softplus": (1...1, 1), "Softsign": (1...1, 1), "Split": (1...2, 256), "Sqrt": (1...1, 1),
    "Squeeze": (1...2, 1), "Sub": (2...2, 1), "Tanh": (1...1, 1), "ThresholdedRelu": (1...1, 1),
    "Transpose": (1...1, 1), "Unsqueeze": (1...2, 1), "Where": (3...3, 1),
  ]

  /// Refuses an operator that is not known: the first thing to say of a graph.
  static func check(_ node: ONNXNode) throws(ConversionError) {
    guard node.domain.isEmpty || node.domain == "ai.onnx" else {
      throw node.unsupported("the operator domain \(quotable(node.domain))")
    }
    guard let arity = arities[node.operation] else {
      throw node.unsupported("the operator \(quotable(node.operation)) is not supported")
    }
    guard arity.inputs.contains(node.inputs.count), node.outputs.count <= arity.outputs else {
      throw node.malformed("\(node.inputs.count) inputs and \(node.outputs.count) outputs")
    }
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
