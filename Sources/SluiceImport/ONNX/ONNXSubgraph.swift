import SluiceNetwork

/// A graph within a node: a branch of `If`, the body of `Loop` or `Scan`.
final class ONNXSubgraph: Sendable {
  let nodes: [ONNXNode]
  let initializers: [Name: ONNXTensor]
  let inputs: [Name]
  let outputs: [Name]
  /// The names that it reads and does not define.
  let captured: Set<Name>

  /// What the graphs of one file share while they are read.
  final class Scope {
    /// How deep graphs may lie in one another.
    static let maximumDepth = 16
    /// Nodes, initializers, inputs and outputs of all of them.
    static let maximumItems = 1 << 14

    let files: ExternalFiles?
    var depth = 0
    private var items = 0

    init(_ files: ExternalFiles?) { self.files = files }

    /// Counts one more.
    func count(_ reader: ProtobufReader, at offset: Int) throws(ConversionError) {
      items += 1
      guard items <= Self.maximumItems else {
        throw reader.malformed(
          offset, "more than \(Self.maximumItems) items of graphs within nodes")
      }
    }
  }

  init(_ reader: ProtobufReader, _ scope: Scope) throws(ConversionError) {
    var reader = reader
    guard scope.depth < Scope.maximumDepth else {
      throw reader.malformed(
        0, "graphs lie more than \(Scope.maximumDepth) deep in one another")
    }
    scope.depth += 1
    defer { scope.depth -= 1 }
    var nodes: [ONNXNode] = []
    var initializers: [Name: ONNXTensor] = [:]
    var (inputs, outputs): ([Name], [Name]) = ([], [])
    while let field = try reader.next() {
      switch field.number {
      case 1:
        try scope.count(reader, at: field.offset)
        nodes.append(
          try ONNXNode(
            reader.submessage(field, "NodeProto"), index: nodes.count, scope: scope))
      case 2, 10: _ = try reader.string(field)
      case 5:
        try scope.count(reader, at: field.offset)
        let tensor = try ONNXTensor(reader.source, reader.range(field), files: scope.files)
        guard !tensor.name.isEmpty, initializers.updateValue(tensor, forKey: tensor.name) == nil
        else {
          throw .malformed(
            reader.source.file, tensor.place, "an initializer without a name, or twice")
        }
      case 11, 12:
        try scope.count(reader, at: field.offset)
        let value = try ONNXModel.value(reader.submessage(field, "ValueInfoProto"))
        if field.number == 11 { inputs.append(value.name) } else { outputs.append(value.name) }
      case 13, 16: _ = try reader.range(field)
      case 14, 15: throw reader.unsupported(field)
      default: throw reader.unsupported(field)
      }
    }
    self.nodes = nodes
    self.initializers = initializers
    self.inputs = inputs
    self.outputs = outputs
    var defined = Set(initializers.keys).union(inputs)
    var captured: Set<Name> = []
    for node in nodes {
      for name in node.reads where !name.isEmpty && !defined.contains(name) {
        captured.insert(name)
      }
      defined.formUnion(node.outputs)
    }
    for name in outputs where !defined.contains(name) { captured.insert(name) }
    self.captured = captured
  }

  /// The nodes on which the outputs depend, in order.
  var liveNodes: [ONNXNode] {
    var names = Set(outputs)
    var live: [ONNXNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: names.contains) {
      live.append(node)
      names.formUnion(node.reads)
    }
    return live.reversed()
  }
}

extension ONNXNode {
  /// The graphs within it, by the attribute's name.
  func subgraph(_ name: Name) -> ONNXSubgraph? {
    for attribute in attributes where attribute.name == name {
      if case .graph(let graph) = attribute.value { return graph }
    }
    return nil
  }

  /// The names that it reads, those within its graphs included.
  var reads: [Name] { captured.isEmpty ? inputs : inputs + captured }
}

extension ONNXModel {
  /// Every graph within a node, and within those.
  var subgraphs: [ONNXSubgraph] {
    func graphs(_ nodes: [ONNXNode]) -> [ONNXSubgraph] {
      nodes.flatMap { node in
        node.attributes.flatMap { attribute -> [ONNXSubgraph] in
          guard case .graph(let graph) = attribute.value else { return [] }
          return [graph] + graphs(graph.nodes)
        }
      }
    }
    return graphs(nodes)
  }

  /// All nodes, those of branches in the place of theirs: what names are traced through.
  var allNodes: [ONNXNode] {
    var result: [ONNXNode] = []
    func append(_ nodes: [ONNXNode]) {
      for node in nodes {
        guard node.operation == "If" else {
          result.append(node)
          continue
        }
        for branch in ["then_branch", "else_branch"] {
          guard let graph = node.subgraph(Name(branch)) else { continue }
          append(graph.nodes)
          for (inner, outer) in zip(graph.outputs, node.outputs) {
            result.append(
              ONNXNode("Identity", [inner], [outer], in: node.file, at: node.place))
          }
        }
      }
    }
    append(nodes)
    return result
  }
}
