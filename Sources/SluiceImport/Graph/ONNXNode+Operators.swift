import SluiceNetwork

extension ONNXNode {
  /// How many inputs and outputs each operator has, where only these are understood.
  private static let arities: [String: (inputs: ClosedRange<Int>, outputs: Int)] = [
    "Add": (2...2, 1), "And": (2...2, 1), "Abs": (1...1, 1), "ArgMax": (1...1, 1),
    "AveragePool": (1...1, 1), "BatchNormalization": (5...5, 5), "Cast": (1...1, 1),
    "Ceil": (1...1, 1), "Celu": (1...1, 1), "Clip": (1...3, 1), "Concat": (1...256, 1),
    "Constant": (0...0, 1), "ConstantOfShape": (1...1, 1), "Conv": (2...3, 1),
    "ConvTranspose": (2...3, 1), "Div": (2...2, 1),
    "Dropout": (1...3, 2), "Einsum": (1...2, 1), "Elu": (1...1, 1), "Equal": (2...2, 1),
    "Exp": (1...1, 1), "Expand": (2...2, 1), "Flatten": (1...1, 1), "Floor": (1...1, 1),
    "GRU": (3...6, 2), "Gather": (2...2, 1), "Gemm": (2...3, 1), "GlobalAveragePool": (1...1, 1),
    "GlobalMaxPool": (1...1, 1), "Greater": (2...2, 1), "GreaterOrEqual": (2...2, 1),
    "HardSigmoid": (1...1, 1), "Identity": (1...1, 1), "If": (1...1, 256), "LSTM": (3...8, 3),
    "LayerNormalization": (2...3, 3), "LeakyRelu": (1...1, 1), "Less": (2...2, 1),
    "LessOrEqual": (2...2, 1), "Log": (1...1, 1), "Loop": (2...256, 256),
    "LogSoftmax": (1...1, 1), "LpNormalization": (1...1, 1),
    "MatMul": (2...2, 1), "Max": (1...256, 1), "MaxPool": (1...1, 2), "Min": (1...256, 1),
    "Mod": (2...2, 1), "Mul": (2...2, 1), "Neg": (1...1, 1), "Not": (1...1, 1), "Or": (2...2, 1),
    "PRelu": (2...2, 1), "Pad": (1...4, 1), "Pow": (2...2, 1), "RNN": (3...6, 2),
    "Range": (3...3, 1), "Reciprocal": (1...1, 1), "ReduceL2": (1...2, 1), "ReduceMax": (1...2, 1),
    "ReduceMean": (1...2, 1), "ReduceProd": (1...2, 1), "ReduceSum": (1...2, 1),
    "ReduceSumSquare": (1...2, 1), "Relu": (1...1, 1), "Reshape": (2...2, 1), "Round": (1...1, 1),
    "ReverseSequence": (2...2, 1), "Scan": (1...256, 256), "ScatterND": (3...3, 1),
    "Selu": (1...1, 1), "Shape": (1...1, 1),
    "Sigmoid": (1...1, 1),
    "Size": (1...1, 1), "Slice": (1...5, 1), "Softmax": (1...1, 1), "Softplus": (1...1, 1),
    "Softsign": (1...1, 1), "Split": (1...2, 256), "Sqrt": (1...1, 1), "Squeeze": (1...2, 1),
    "Sub": (2...2, 1), "Sum": (1...256, 1), "Tanh": (1...1, 1), "ThresholdedRelu": (1...1, 1),
    "Tile": (2...2, 1), "Transpose": (1...1, 1), "Unsqueeze": (1...2, 1), "Where": (3...3, 1),
    "Xor": (2...2, 1),
  ]

  /// Refuses an operator that is not known: the first thing to say of a graph.
  func checkOperator() throws(ConversionError) {
    guard domain.isEmpty || domain == "ai.onnx" else {
      throw unsupported("the operator domain \(quotable(domain))\(advice)")
    }
    guard let arity = Self.arities[operation] else {
      throw unsupported("the operator \(quotable(operation)) is not supported\(advice)")
    }
    guard arity.inputs.contains(inputs.count), outputs.count <= arity.outputs else {
      throw malformed("\(inputs.count) inputs and \(outputs.count) outputs")
    }
  }

  /// Operators that a graph of one step may have, over that step, and one over sequences not.
  static let ofSteps: Set<String> = [
    "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpNormalization", "MaxPool", "Sum",
  ]

  /// That the operator is none that sequences have.
  var unsupportedOnSequences: ConversionError {
    unsupported("the operator \(quotable(operation)) is not supported on sequences\(advice)")
  }

  /// What the author of a graph can do about an operator that is not known.
  private var advice: String {
    switch operation {
    case "Erf", "Gelu": "; train with an activation that is read, such as Tanh or Relu"
    case "Attention", "MultiHeadAttention", "Einsum":
      "; it reads many steps at once, which a stream of steps does not keep"
    case "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMax", "ReduceSum",
      "CumSum":
      "; pool over steps in the program that runs the model, over what it writes at every step"
    case let name where Self.isQuantised(name):
      "; the model is quantised: convert the float model that it was made from (--type int8 "
        + "quantises here)"
    default: "; leave it to the program that runs the model, or replace it before the export"
    }
  }

  private static func isQuantised(_ operation: String) -> Bool {
    operation.hasPrefix("DynamicQuantize") || operation.hasPrefix("QLinear")
      || operation.hasSuffix("Integer") || operation.hasSuffix("IntegerToFloat")
      || ["QuantizeLinear", "DequantizeLinear", "QGemm", "QAttention"].contains(operation)
  }
}
