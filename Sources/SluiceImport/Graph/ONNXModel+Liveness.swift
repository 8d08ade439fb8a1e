import SluiceNetwork

extension ONNXModel {
  /// The nodes on which the outputs depend, in order, and every name that these read.
  func liveNodes() -> (nodes: [ONNXNode], names: Set<Name>) {
    var names = Set(outputs.map(\.name))
    var live: [ONNXNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: { names.contains($0) }) {
      live.append(node)
      names.formUnion(node.reads)
    }
    return (live.reversed(), names)
  }

  /// The graph inputs that feed one of these inputs of a recurrent node.
  ///
  /// The trace ends at `Shape`: a state whose size is the input's is made of the size alone.
  fileprivate func inputs(feeding positions: Set<Int>) -> Set<Name> {
    var names: Set<Name> = []
    for node in allNodes.reversed() {
      if node.isRecurrent {
        for (index, name) in node.inputs.enumerated() where positions.contains(index) {
          names.insert(name)
        }
      } else if node.operation != "Shape", node.outputs.contains(where: { names.contains($0) }) {
        names.formUnion(node.inputs)
      }
    }
    return Set(inputs.lazy.map(\.name).filter(names.contains))
  }

  /// `names`, and every name that depends on the numbers of one of them.
  func dependents(of names: Set<Name>) -> Set<Name> {
    guard !names.isEmpty else { return [] }
    var names = names
    for node in allNodes where node.operation != "Shape" {
      if node.inputs.contains(where: { names.contains($0) }) { names.formUnion(node.outputs) }
    }
    return names
  }

  /// Whether gates stand here and no recurrent node: a cell that the exporter wrote out, or whose steps
  /// it wrote out one after the other, each with the same weights.
  var hasLooseGates: Bool {
    let operations = Set(nodes.map(\.operation))
    guard operations.isDisjoint(with: ["LSTM", "GRU", "RNN"]) else { return false }
    if operations.isSuperset(of: ["Sigmoid", "Tanh", "Mul"]) {
      return !operations.isDisjoint(with: ["MatMul", "Gemm"])
    }
    var products: Set<Name> = []
    let isUnrolled = nodes.contains { node in
      ["MatMul", "Gemm"].contains(node.operation)
        && node.input(1).map { !products.insert($0).inserted } == true
    }
    return isUnrolled && !operations.isDisjoint(with: ["Tanh", "Relu"])
  }
}

/// The graph inputs that feed recurrent nodes other than as their sequence.
struct RecurrentInputs {
  /// Those that become W, R, B or P.
  let weights: Set<Name>
  /// Those that become lengths of sequences.
  let lengths: Set<Name>
  /// Those that become initial states.
  let states: Set<Name>
  /// All of them: asked for each input of a graph, which may have thousands.
  let all: Set<Name>

  init(of model: ONNXModel) {
    weights = model.inputs(feeding: [1, 2, 3, 7])
    lengths = model.inputs(feeding: [4])
    states = model.inputs(feeding: [5, 6])
    all = weights.union(lengths).union(states)
  }
}

extension ONNXNode {
  var isRecurrent: Bool { ["LSTM", "GRU", "RNN"].contains(operation) }
}

extension ConversionError {
  /// What is not supported of a graph, and what its author can do.
  var aboutLooseGates: Self {
    guard kind == .unsupported else { return self }
    return .unsupported(
      file, place,
      "\(reason) (the graph has no LSTM, GRU or RNN node: its cells seem to be written out in small "
        + "operators, or unrolled step by step; export PyTorch's nn.LSTM, nn.GRU or nn.RNN by "
        + "torch.onnx.export(dynamo=False), Keras models by tools/python/export_keras.py, which reads their masks too)"
    )
  }
}
