import SluiceNetwork

extension ONNXSubgraph {
  /// The name that `name` is another of.
  func origin(of name: Name) -> Name {
    var name = name
    for node in nodes.reversed() where node.outputs.contains(name) {
      guard ["Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape"].contains(node.operation),
        let first = node.input(0)
      else { return name }
      name = first
    }
    return name
  }

  /// Whether `next` is one more than `name`.
  func increments(_ name: Name, to next: Name, in folder: ConstantFolder) -> Bool {
    let origin = origin(of: next)
    guard let node = nodes.first(where: { $0.outputs == [origin] }), node.operation == "Add" else {
      return false
    }
    return node.inputs.contains(name)
      && node.inputs.contains { other in
        guard other != name else { return false }
        let tensor = initializers[other] ?? folder.model.initializers[other]
        if let tensor = try? tensor?.tensor() { return tensor.integers == [1] }
        return folder.values[other]?.integers == [1]
          || nodes.contains { constant in
            constant.operation == "Constant" && constant.outputs == [other]
              && constant.attributes.contains { attribute in
                switch attribute.value {
                case .integer(1): true
                case .tensor(let tensor): (try? tensor.tensor())?.integers == [1]
                default: false
                }
              }
          }
      }
  }

  /// The nodes on which `names` depend, but those that write `given`.
  func liveNodes(for names: [Name], without given: Set<Name>) -> [ONNXNode] {
    var names = Set(names)
    var live: [ONNXNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: names.contains) {
      guard given.isDisjoint(with: node.outputs) else { continue }
      live.append(node)
      names.formUnion(node.reads)
    }
    return live.reversed()
  }
}
