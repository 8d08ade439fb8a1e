import SluiceNetwork

extension StepImporter {
  /// How many inputs and outputs each operator has.
  private static let arities: [String: (inputs: ClosedRange<Int>, outputs: Int)] = [
    "Add": (2...2, 1), "Cast": (1...1, 1), "Celu": (1...1, 1), "Clip": (1...3, 1),
    "Concat": (1...256, 1), "Constant": (0...0, 1), "ConstantOfShape": (1...1, 1),
    "Conv": (2...3, 1), "Div": (2...2, 1), "Dropout": (1...3, 2), "Elu": (1...1, 1),
    "Expand": (2...2, 1), "Flatten": (1...1, 1), "GRU": (3...6, 2), "Gather": (2...2, 1),
    "Gemm": (2...3, 1), "HardSigmoid": (1...1, 1), "Identity": (1...1, 1), "LSTM": (3...8, 3),
    "LeakyRelu": (1...1, 1), "MatMul": (2...2, 1), "Mul": (2...2, 1), "Neg": (1...1, 1),
    "Pad": (1...3, 1), "Pow": (2...2, 1), "RNN": (3...6, 2), "ReduceMean": (1...2, 1),
    "Relu": (1...1, 1), "Reshape": (2...2, 1), "Selu": (1...1, 1), "Shape": (1...1, 1),
    "Sigmoid": (1...1, 1), "Slice": (1...5, 1), "Softmax": (1...1, 1), "Softplus": (1...1, 1),
    "Softsign": (1...1, 1), "Sqrt": (1...1, 1), "Squeeze": (1...2, 1), "Sub": (2...2, 1),
    "Tanh": (1...1, 1), "ThresholdedRelu": (1...1, 1), "Transpose": (1...1, 1),
    "Unsqueeze": (1...2, 1),
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
    // Of a step's values only the shape is a constant.
    if node.operation == "Shape", let name = node.input(0), let value = values[name] {
      return try shape(node, of: value)
    }
    guard node.inputs.contains(where: { values[$0] != nil }) else {
      guard node.operation != "Pow", node.operation != "Sqrt", node.operation != "Conv" else {
        throw node.unsupported("reads constants alone")
      }
      return try constants.run(node)
    }
    var attributes = AttributeReader(node)
    if let form = try constants.pointwise(node, &attributes) {
      try activation(node, form)
      return try attributes.finish()
    }
    switch node.operation {
    case "Conv": try convolution(node, &attributes)
    case "Pad": try pad(node, &attributes)
    case "LSTM", "GRU", "RNN": try recurrent(node, &attributes)
    case "Gemm", "MatMul": try product(node, &attributes)
    case "Add", "Sub", "Mul", "Div": try arithmetic(node)
    case "Pow": try power(node)
    case "Sqrt": try squareRoot(node)
    case "Softmax": try softmax(node, &attributes)
    case "Concat": try concat(node, &attributes)
    default: try move(node, &attributes)
    }
    try attributes.finish()
  }

  /// Whether what `node` joins only comes out, and is the state of several layers as it went in.
  func isReturned(_ node: ONNXNode, _ views: [StepView]) -> Bool {
    guard let name = node.output(0), model.outputs.contains(where: { $0.name == name }),
      !model.nodes.contains(where: { $0.inputs.contains(name) })
    else { return false }
    return areStates(views)
  }

  /// The value of input `index`, which is no constant.
  func view(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> StepView {
    guard let name = node.input(index) else { throw node.malformed("input \(index) is missing") }
    switch values[name] {
    case .view(let view): return view
    case .square, .squares:
      throw node.unsupported("reads squares, which only a magnitude is made of")
    case .states: throw node.unsupported("reads several states; only outputs can be that")
    case nil:
      throw node.unsupported("input \(index) is a constant; expected what the step computes")
    }
  }

  mutating func define(_ node: ONNXNode, _ value: StepValue, output index: Int = 0) {
    if let name = node.output(index) { values[name] = value }
  }

  private mutating func shape(
    _ node: ONNXNode, of value: StepValue
  ) throws(ConversionError) {
    guard node.attributes.isEmpty else { throw node.unsupported("a part of a shape") }
    let sizes: [Int]
    switch value {
    case .view(let view), .square(let view), .squares(let view, _): sizes = view.shape
    case .states(_, let shape): sizes = shape
    }
    try constants.define(
      node,
      .constant(ConstantValue(shape: [sizes.count], .integers(sizes.map { .known($0) }))))
  }
}
