import SluiceNetwork

/// Nodes that other tools write for what operators of the standard say, spelled out in these.
extension ONNXModel {
  /// Writes out what ONNX Runtime fuses when it saves an optimised model, and leaves out what Keras
  /// does to ids below zero.
  func rewritten() -> [ONNXNode] {
    let writers = nodes.reduce(into: [Name: ONNXNode]()) { writers, node in
      for name in node.outputs { writers[name] = node }
    }
    var fresh = FreshNames(Set(writers.keys).union(initializers.keys).union(inputs.map(\.name)))
    return nodes.flatMap { node -> [ONNXNode] in
      switch (node.domain, node.operation) {
      case ("com.microsoft", "FusedConv"), ("com.microsoft", "FusedGemm"):
        node.unfused(&fresh) ?? [node]
      case ("com.microsoft", "FusedMatMul"): unfusedProduct(node, &fresh) ?? [node]
      case ("", "Where"):
        wrappedIDs(node, writers).map { [node.renamed("Identity", [$0])] } ?? [node]
      default: [node]
      }
    }
  }

  /// A product with a factor of its own, and a constant matrix that may be transposed.
  private func unfusedProduct(_ node: ONNXNode, _ fresh: inout FreshNames) -> [ONNXNode]? {
    var alpha: Float = 1
    var isTransposed = false
    for attribute in node.attributes {
      switch (attribute.name, attribute.value) {
      case ("alpha", .float(let factor)): alpha = factor
      case ("transB", .integer(let flag)): isTransposed = flag != 0
      case (_, .integer(0)): break
      default: return nil
      }
    }
    guard node.inputs.count == 2, node.outputs.count == 1 else { return nil }
    var nodes: [ONNXNode] = []
    var (right, result) = (node.inputs[1], node.outputs[0])
    if isTransposed {
      guard initializers[right]?.shape.count == 2 else { return nil }
      let turned = fresh.name(like: right)
      nodes.append(node.renamed("Transpose", [right], [turned]))
      right = turned
    }
    if alpha != 1 { result = fresh.name(like: result) }
    nodes.append(node.renamed("MatMul", [node.inputs[0], right], [result]))
    guard alpha != 1 else { return nodes }
    let factor = fresh.name(like: result)
    let value = ONNXAttribute("value_float", .float(alpha))
    nodes.append(node.renamed("Constant", [], [factor], [value]))
    nodes.append(node.renamed("Mul", [result, factor], node.outputs))
    return nodes
  }

  /// The ids of `ids < 0 ? ids + count : ids`, which counts those below zero from the end: no stream has such.
  private func wrappedIDs(_ node: ONNXNode, _ writers: [Name: ONNXNode]) -> Name? {
    guard node.inputs.count == 3, let less = writers[node.inputs[0]], less.operation == "Less",
      let sum = writers[node.inputs[1]], sum.operation == "Add", sum.inputs.count == 2,
      less.inputs.count == 2, less.inputs[0] == node.inputs[2], sum.inputs[0] == node.inputs[2],
      constant(less.inputs[1], writers) == 0,
      constant(sum.inputs[1], writers).map({ $0 > 0 }) == true
    else { return nil }
    // Through casts to an input of integers.
    var source = node.inputs[2]
    for _ in 0..<8 {
      guard let writer = writers[source] else { break }
      guard ["Cast", "Identity"].contains(writer.operation) else { return nil }
      source = writer.inputs.first ?? ""
    }
    let input = inputs.first { $0.name == source }
    return input.map { $0.type != 0 && !$0.isFloatingPoint } == true ? node.inputs[2] : nil
  }

  /// The one integer that a name stands for; nil where it stands for something else.
  private func constant(_ name: Name, _ writers: [Name: ONNXNode]) -> Int64? {
    var tensor = initializers[name]
    if let writer = writers[name], writer.operation == "Constant" {
      for attribute in writer.attributes {
        if case .tensor(let value) = attribute.value { tensor = value }
      }
    }
    guard let tensor, tensor.refusal == nil, elementCount(of: tensor.shape) == 1,
      let values = try? tensor.tensor().integers
    else { return nil }
    return values.first
  }
}

/// Names that nothing in a graph has.
private struct FreshNames {
  private var taken: Set<Name>

  init(_ taken: Set<Name>) { self.taken = taken }

  mutating func name(like name: Name) -> Name {
    var text = "\(name.text)#"
    while !taken.insert(Name(text)).inserted { text += "#" }
    return Name(text)
  }
}

extension ONNXNode {
  /// A convolution or a product of matrices, and the activation behind it.
  fileprivate func unfused(_ fresh: inout FreshNames) -> [ONNXNode]? {
    var (function, parameters): (String?, [Float]) = (nil, [])
    var own: [ONNXAttribute] = []
    for attribute in attributes {
      switch (attribute.name, attribute.value) {
      case ("activation", .string(let name)): function = name
      case ("activation_params", .floats(let values)): parameters = values
      case ("activation_alpha", .float(let value)): parameters.insert(value, at: 0)
      case ("activation_beta", .float(let value)): parameters.append(value)
      default: own.append(attribute)
      }
    }
    let names: [Name]
    switch function {
    case "Relu", "Tanh", "Sigmoid": names = []
    case "LeakyRelu": names = ["alpha"]
    case "HardSigmoid": names = ["alpha", "beta"]
    default: return nil
    }
    // A fourth input is added before the activation.
    guard outputs.count == 1, inputs.count <= 3, names.count <= parameters.count else { return nil }
    let sums = fresh.name(like: outputs[0])
    return [
      renamed(operation == "FusedConv" ? "Conv" : "Gemm", inputs, [sums], own),
      renamed(
        function ?? "", [sums], outputs,
        zip(names, parameters).map { ONNXAttribute($0, .float($1)) }),
    ]
  }
}
