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
}
