import SluiceNetwork

extension ONNXModel {
  /// The nodes on which the outputs depend, in order, and every name that these read.
  func liveNodes() -> (nodes: [ONNXNode], names: Set<String>) {
    var names = Set(outputs.map(\.name))
    var live: [ONNXNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: { names.contains($0) }) {
      live.append(node)
      names.formUnion(node.inputs)
    }
    return (live.reversed(), names)
  }

  /// The graph inputs that feed a recurrent node other than as its sequence.
  ///
  /// The trace ends at `Shape`: a state whose size is the input's is made of the size alone.
  func inputsOfWeights() -> Set<String> { inputsOf(Set(1...7)) }

  /// The graph inputs that feed one of these inputs of a recurrent node.
  func inputsOf(_ positions: Set<Int>) -> Set<String> {
    var names: Set<String> = []
    for node in nodes.reversed() {
      if ["LSTM", "GRU", "RNN"].contains(node.operation) {
        for (index, name) in node.inputs.enumerated() where positions.contains(index) {
          names.insert(name)
        }
      } else if node.operation != "Shape", node.outputs.contains(where: { names.contains($0) }) {
        names.formUnion(node.inputs)
      }
    }
    return Set(inputs.map(\.name)).intersection(names)
  }

  /// Whether gates stand here and no recurrent node: a cell that the exporter wrote out.
  var hasLooseGates: Bool {
    let operations = Set(nodes.map(\.operation))
    return operations.isDisjoint(with: ["LSTM", "GRU", "RNN"])
      && operations.isSuperset(of: ["Sigmoid", "Tanh", "Mul"])
      && !operations.isDisjoint(with: ["MatMul", "Gemm"])
  }
}

extension ConversionError {
  /// What is not supported of a graph, and what its author can do.
  var aboutLooseGates: Self {
    guard kind == .unsupported else { return self }
    return .unsupported(
      file, place,
      "\(reason) (the graph has no LSTM, GRU or RNN node: its cells seem to be written out in small "
        + "operators; export PyTorch's nn.LSTM or nn.GRU, Keras models by export_keras.py)")
  }
}
