import SluiceNetwork

extension StepImporter: NodeReader {
  func shapes(readBy node: ONNXNode) -> [String] {
    node.inputs.prefix(4).compactMap { values[$0]?.shape }.map { "\($0)" }
  }

  mutating func take(_ outputs: [Name], of node: ONNXNode) throws(ConversionError) {
    for (index, name) in outputs.enumerated() {
      guard let target = node.output(index) else { continue }
      if let value = values[name] {
        values[target] = value
        writers[target] = writers[name] ?? node
      } else if folder.liveNames.contains(target) {
        folder.bind(target, to: try folder.named(name, node))
      }
    }
  }

  mutating func run(_ node: ONNXNode) throws(ConversionError) {
    for name in node.outputs { writers[name] = node }
    // Of a step's values only the shape is a constant.
    if node.operation == "Shape" || node.operation == "Size", let name = node.input(0),
      let value = values[name], stepPads[name] == nil
    {
      var attributes = AttributeReader(node)
      if node.operation == "Size" {
        let count = value.shape.reduce(1, *)
        try folder.define(node, ConstantValue(shape: [], .integers([.known(count)])))
      } else {
        var extents = value.shape.map { Extent.known($0) }
        if let time = value.time { extents[time] = .axis(0) }
        try folder.shape(of: extents, node, &attributes)
      }
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
    case "ConvTranspose": try transposedConvolution(node, &attributes)
    case "MaxPool", "AveragePool": try pool(node, &attributes)
    case "GlobalMaxPool", "GlobalAveragePool": try globalPool(node)
    case "Pad": try pad(node, &attributes)
    case "LSTM", "GRU", "RNN": try recurrent(node, &attributes)
    case "Gemm", "MatMul": try product(node, &attributes)
    case "Einsum": try einsum(node, &attributes)
    case "Add", "Sub", "Mul", "Div", "Sum": try arithmetic(node)
    case "Min", "Max": try limit(node)
    case "Pow": try power(node)
    case "Sqrt": try squareRoot(node)
    case "Reciprocal": try reciprocal(node)
    case "Softmax": try softmax(node, &attributes, .softmax)
    case "LogSoftmax": try softmax(node, &attributes, .logSoftmax)
    case "PRelu": try prelu(node)
    case "ArgMax": try argMax(node, &attributes)
    case "Greater", "GreaterOrEqual", "Less", "LessOrEqual": try compare(node)
    case "Where": try choose(node)
    case "BatchNormalization": try batchNorm(node, &attributes)
    case "LayerNormalization": try layerNorm(node, &attributes)
    case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2", "ReduceSumSquare":
      try reduce(node, &attributes)
    case "LpNormalization": try normalise(node, &attributes)
    case "Concat": try concat(node, &attributes)
    case "ScatterND": try scatter(node, &attributes)
    case "Split": try split(node, &attributes)
    case "Gather" where node.input(1).flatMap({ values[$0] }) != nil:
      try embedding(node, &attributes)
    case "Cast" where node.input(0).flatMap({ values[$0] })?.areIDs == true:
      try folder.checkCast(node, &attributes, ofIntegers: true)
      try define(node, values[node.inputs[0]]!)
    default:
      if case .ids(let view)? = node.input(0).flatMap({ values[$0] }) {
        try moveIDs(view, node, &attributes)
      } else {
        try move(node, &attributes)
      }
    }
    try attributes.finish()
  }

  /// What only moves token ids about.
  private mutating func moveIDs(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let name = node.input(0), let output = node.output(0) else { return }
    values[name] = .view(view)
    defer { values[name] = .ids(view) }
    try move(node, &attributes)
    if case .view(let moved)? = values[output] { values[output] = .ids(moved) }
  }

  /// The row of a table that an id names.
  private mutating func embedding(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard case .ids(let ids)? = node.input(1).flatMap({ values[$0] }) else {
      throw node.unsupported("indices that are computed; expected token ids as they come in")
    }
    guard try attributes.integer("axis") ?? 0 == 0 else {
      throw node.unsupported("the attribute axis is not 0")
    }
    let table = try folder.floats(node, 0, "data", rank: 2)
    guard table.shape[0] > 0, table.shape[1] > 0 else { throw node.malformed("an empty table") }
    guard ids.count == 1, inputs.count(where: { $0.isIDs }) == 1 else {
      throw node.unsupported("\(ids.count) ids of a step; expected one, of one input")
    }
    let layer = try append(
      .embedding(
        Network.Embedding(count: table.shape[0], size: table.shape[1], weights: table.values)),
      reading: [Int(ids.elements[0].source)], node)
    try define(node, .view(StepView(layer: layer, shape: ids.shape + [table.shape[1]])))
  }

  /// The value of input `index`, which is no constant.
  func view(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> StepView {
    guard let name = node.input(index) else { throw node.malformed("input \(index) is missing") }
    guard stepPads[name] == nil else {
      throw node.unsupported("reads steps that were put before, which only a convolution does")
    }
    switch values[name] {
    case .view(let view): return view
    case .ids: throw node.unsupported("reads token ids, which only an embedding does")
    case .isAbove: throw node.unsupported("reads a comparison, which only Where does")
    case nil:
      throw node.unsupported("input \(index) is a constant; expected what the step computes")
    }
  }

  mutating func define(
    _ node: ONNXNode, _ value: StepValue, output index: Int = 0
  ) throws(ConversionError) {
    guard value.shape.count <= 16 else { throw node.unsupported("more than 16 axes") }
    try spend(value.shape.reduce(1, *), node)
    if isOverTime, case .view(let view) = value {
      guard let time = view.time, view.shape[time] == 1 else {
        throw node.unsupported("takes the axis of steps apart, or joins it with another")
      }
    }
    if let name = node.output(index) { values[name] = value }
  }
}

extension StepValue {
  var areIDs: Bool { if case .ids = self { true } else { false } }
}
