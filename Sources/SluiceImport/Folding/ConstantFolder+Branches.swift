import SluiceNetwork

extension ConstantFolder {
  /// The branch that an `If` takes, whose condition is a constant once shapes are known: the nodes on
  /// which its outputs depend, and what these are called.
  mutating func branch(
    of node: ONNXNode
  ) throws(ConversionError) -> (nodes: [ONNXNode], outputs: [Name]) {
    let condition: [Int]
    do throws(ConversionError) { condition = try integers(node, 0, "cond") } catch {
      throw node.unsupported(
        "its condition depends on what the step computes; export without branches, with every size "
          + "fixed, or say --input-shape NAME=1,N and --set NAME=VALUE")
    }
    guard condition.count == 1 else { throw node.malformed("cond is not one value") }
    let name = condition[0] != 0 ? "then_branch" : "else_branch"
    guard let graph = node.subgraph(Name(name)), graph.outputs.count >= node.outputs.count,
      graph.inputs.isEmpty
    else { throw node.malformed("the attribute \(name) is no graph of as many outputs") }
    enter(graph)
    return (graph.liveNodes, graph.outputs)
  }

  /// Takes in the initializers of a graph within a node. Those of another may have had their names.
  mutating func enter(_ graph: ONNXSubgraph) {
    for (name, tensor) in graph.initializers {
      scoped[name] = tensor
      forget(name)
    }
  }

  /// The constant that a name stands for.
  mutating func named(_ name: Name, _ node: ONNXNode) throws(ConversionError) -> ConstantValue {
    try constant(ONNXNode("Identity", [name], [], in: node.file, at: node.place), 0, name.text)
  }
}
