import SluiceNetwork

extension GraphImporter: NodeReader {
  func shapes(readBy node: ONNXNode) -> [String] {
    node.inputs.prefix(4).compactMap {
      values[$0]?.extents ?? folder.values[$0]?.extents
    }.map { extents in
      "[\(extents.map { $0.text(time: timeAxis) }.joined(separator: ", "))]"
    }
  }

  mutating func take(_ outputs: [Name], of node: ONNXNode) throws(ConversionError) {
    for (index, name) in outputs.enumerated() {
      guard let target = node.output(index), folder.liveNames.contains(target) else { continue }
      if let value = values[name] {
        values[target] = value
      } else {
        folder.bind(target, to: try folder.named(name, node))
      }
    }
  }

  mutating func run(_ node: ONNXNode) throws(ConversionError) {
    guard node.inputs.contains(where: { values[$0] != nil }) else { return try folder.fold(node) }
    var attributes = AttributeReader(node)
    if let form = try Pointwise(node, &attributes, &folder) {
      try activation(node, form)
      return try attributes.finish()
    }
    switch node.operation {
    case "LSTM", "GRU", "RNN": try recurrent(node, &attributes)
    case "Gemm", "MatMul": try product(node, &attributes)
    case "Conv": try convolution(node, &attributes)
    case "ConvTranspose": try transposedConvolution(node, &attributes)
    case "Pad": try pad(node, &attributes)
    case "Add", "Sub", "Mul", "Div", "Equal": try arithmetic(node)
    case "Softmax": try softmax(node, &attributes, .softmax)
    case "LogSoftmax": try softmax(node, &attributes, .logSoftmax)
    case "PRelu": try prelu(node)
    case "BatchNormalization": try batchNorm(node, &attributes)
    case "LayerNormalization": try layerNorm(node, &attributes)
    case "ReduceMean": try mean(node, &attributes)
    case "Pow", "Sqrt": try power(node)
    case "Reciprocal": try mapped(node, .reciprocal)
    case "Min", "Max": try limit(node)
    case let name where ONNXNode.ofSteps.contains(name): throw node.unsupportedOnSequences
    case "ReduceSum", "ReduceL2", "ReduceMax", "ReduceSumSquare": try reduce(node, &attributes)
    case "ArgMax": try argMax(node, &attributes)
    case "Einsum": try einsum(node, &attributes)
    case "Loop", "Scan": try loop(node, &attributes)
    case "Greater", "GreaterOrEqual", "Less", "LessOrEqual": try compare(node)
    case "Where" where computed(node, 0) != nil: try choose(node)
    case "Gather": try gather(node, &attributes)
    case "Slice": try slice(node, &attributes)
    case "ReverseSequence": try reverseSequence(node, &attributes)
    case "Split": try split(node, &attributes)
    case "Squeeze": try squeeze(node, &attributes)
    case "Unsqueeze": try unsqueeze(node, &attributes)
    case "Transpose": try transpose(node, &attributes)
    case "Reshape": try reshape(node, &attributes)
    case "Flatten": try flatten(node, &attributes)
    case "Shape":
      let extents = computed(node, 0)?.extents ?? []
      try folder.shape(of: extents, node, &attributes)
    case "Concat": try concat(node, &attributes)
    case "Expand": try expand(node)
    case "Tile": try tile(node)
    case "Dropout":
      try folder.checkDropout(node, &attributes)
      try define(node, try value(node, 0))
    case "Cast": try cast(node, &attributes)
    case "Identity": try define(node, try value(node, 0))
    // What is computed of constants alone: it says which input is none.
    default: return try folder.fold(node)
    }
    try attributes.finish()
  }
}
