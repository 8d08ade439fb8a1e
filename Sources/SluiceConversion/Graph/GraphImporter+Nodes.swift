extension GraphImporter {
  /// How many inputs and outputs each operator has, where only these are understood.
  private static let arities: [String: (inputs: ClosedRange<Int>, outputs: Int)] = [
    "LSTM": (3...8, 3), "GRU": (3...6, 2), "RNN": (3...6, 2), "Gemm": (2...3, 1),
    "MatMul": (2...2, 1), "Add": (2...2, 1), "Sub": (2...2, 1), "Mul": (2...2, 1),
    "Div": (2...2, 1), "Relu": (1...1, 1), "Tanh": (1...1, 1), "Sigmoid": (1...1, 1),
    "Softmax": (1...1, 1), "Gather": (2...2, 1), "Slice": (1...5, 1), "Squeeze": (1...2, 1),
    "Unsqueeze": (1...2, 1), "Transpose": (1...1, 1), "Reshape": (2...2, 1), "Shape": (1...1, 1),
    "Concat": (1...256, 1), "Expand": (2...2, 1), "ConstantOfShape": (1...1, 1),
    "Constant": (0...0, 1), "Identity": (1...1, 1), "Dropout": (1...3, 2), "Cast": (1...1, 1),
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
    switch node.operation {
    case "LSTM", "GRU", "RNN": try recurrent(node, &attributes)
    case "Gemm": try gemm(node, &attributes)
    case "MatMul": try matMul(node)
    case "Add": try add(node)
    case "Sub", "Mul", "Div": try arithmetic(node)
    case "Relu": try activation(node, .relu)
    case "Tanh": try activation(node, .tanh)
    case "Sigmoid": try activation(node, .sigmoid)
    case "Softmax": try softmax(node, &attributes)
    case "Gather": try gather(node, &attributes)
    case "Slice": try slice(node, &attributes)
    case "Squeeze": try squeeze(node, &attributes)
    case "Unsqueeze": try unsqueeze(node, &attributes)
    case "Transpose": try transpose(node, &attributes)
    case "Reshape": try reshape(node, &attributes)
    case "Shape": try shape(node, &attributes)
    case "Concat": try concat(node, &attributes)
    case "Expand": try expand(node)
    case "ConstantOfShape": try constantOfShape(node, &attributes)
    case "Constant": try constant(node, &attributes)
    case "Dropout": try dropout(node, &attributes)
    case "Cast": try cast(node, &attributes)
    default: try define(node, try value(node, 0))
    }
    try attributes.finish()
  }
}
