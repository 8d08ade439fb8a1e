import SluiceNetwork

/// What reads a folded graph node by node: as one over sequences, or as one of a step.
protocol NodeReader {
  var model: ONNXModel { get }
  var folder: ConstantFolder { get set }

  /// Interprets one node, which has been checked.
  mutating func run(_ node: ONNXNode) throws(ConversionError)
  /// Gives the outputs of an `If` the values of its branch.
  mutating func take(_ outputs: [Name], of node: ONNXNode) throws(ConversionError)
  /// The shapes of what `node` reads, as far as they are known, for a message.
  func shapes(readBy node: ONNXNode) -> [String]
}

extension NodeReader {
  /// Interprets the nodes in their order, past those that cannot be, and then throws what these were.
  mutating func run(all nodes: [ONNXNode]) throws(ConversionError) {
    var obstacles = Obstacles(model.source.file)
    try run(nodes, &obstacles)
    try obstacles.finish()
  }

  private mutating func run(
    _ nodes: [ONNXNode], _ obstacles: inout Obstacles
  ) throws(ConversionError) {
    for node in nodes {
      guard obstacles.allows(node) else { continue }
      do throws(ConversionError) {
        try node.checkOperator()
        if node.operation == "If" {
          let branch = try folder.branch(of: node)
          try run(branch.nodes, &obstacles)
          try take(branch.outputs, of: node)
        } else {
          try run(node)
        }
      } catch {
        obstacles.note(error, of: node, reading: shapes(readBy: node))
      }
    }
  }
}

extension ONNXNode {
  /// Which input of a comparison is above the other, a constant: the first of `Greater`, the second of `Less`.
  func operandAbove(_ isComputed: (Name) -> Bool) throws(ConversionError) -> Int {
    let operand = operation.hasPrefix("Greater") ? 0 : 1
    func isKnown(_ index: Int) -> Bool { !(input(index).map(isComputed) ?? false) }
    guard !isKnown(operand), isKnown(1 - operand) else {
      throw unsupported("expected whether a value is above a number")
    }
    return operand
  }
}
