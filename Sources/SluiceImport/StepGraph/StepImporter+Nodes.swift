import SluiceNetwork

extension StepImporter {
  /// Interprets the nodes in their order, past those that cannot be, and then throws what these were.
  mutating func run(all nodes: [ONNXNode]) throws(ConversionError) {
    var obstacles = Obstacles(model.source.file)
    for node in nodes {
      guard obstacles.allows(node) else { continue }
      do throws(ConversionError) {
        try node.checkOperator()
        try run(node)
      } catch {
        let shapes = node.inputs.prefix(4).compactMap { values[$0]?.shape }.map { "\($0)" }
        obstacles.note(error, of: node, reading: shapes)
      }
    }
    try obstacles.finish()
  }

  /// Interprets one node, which has been checked.
  mutating func run(_ node: ONNXNode) throws(ConversionError) {
    // Of a step's values only the shape is a constant.
    if node.operation == "Shape", let name = node.input(0), let value = values[name] {
      var attributes = AttributeReader(node)
      try folder.shape(of: value.shape.map { .known($0) }, node, &attributes)
      return try attributes.finish()
    }
    guard node.inputs.contains(where: { values[$0] != nil }) else { return try folder.fold(node) }
    var attributes = AttributeReader(node)
    if let form = try Pointwise(node, &attributes, &folder) {
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
    case "Softmax": try softmax(node, &attributes, .softmax)
    case "LogSoftmax": try softmax(node, &attributes, .logSoftmax)
    case "BatchNormalization": try batchNorm(node, &attributes)
    case "Concat": try concat(node, &attributes)
    case "Split": try split(node, &attributes)
    default: try move(node, &attributes)
    }
    try attributes.finish()
  }

  /// Whether what `node` joins only comes out, and is the state of several layers as it went in.
  func isReturned(_ node: ONNXNode, _ views: [StepView]) -> Bool {
    guard let name = node.output(0), returnedNames.contains(name) else { return false }
    return areStates(views)
  }

  /// The operators that leave the order of numbers as it is.
  static let keepingOrder: Set<String> = [
    "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout", "Cast",
  ]

  /// The names of what comes out of the graph, perhaps in another shape, and is read by nothing else.
  static func returnedNames(of model: ONNXModel) -> Set<Name> {
    var readers: [Name: [ONNXNode]] = [:]
    for node in model.nodes {
      for name in Set(node.inputs) { readers[name, default: []].append(node) }
    }
    let outputs = Set(model.outputs.map(\.name))
    var returned: Set<Name> = []
    for name in model.nodes.reversed().flatMap(\.outputs) {
      let only = readers[name, default: []]
      let isReturned =
        only.isEmpty
        ? outputs.contains(name)
        : !outputs.contains(name) && only.count == 1 && keepingOrder.contains(only[0].operation)
          && only[0].input(0) == name && only[0].output(0).map(returned.contains) == true
      if isReturned { returned.insert(name) }
    }
    return returned
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
}

extension StepValue {
  var shape: [Int] {
    switch self {
    case .view(let view), .square(let view), .squares(let view, _): view.shape
    case .states(_, let shape): shape
    }
  }
}
