import SluiceNetwork

/// A node of a graph: an operator, the names it reads and the names it writes.
struct ONNXNode {
  let operation: String
  let domain: String
  let inputs: [Name]
  let outputs: [Name]
  let attributes: [ONNXAttribute]
  let name: String
  let file: String
  /// What an error calls the node.
  let place: String
  /// The names that graphs within it read and do not define.
  let captured: [Name]

  /// Its name, or what it writes.
  var source: String { name.isEmpty ? output(0)?.text ?? operation : name }
  /// The operator and the name.
  var title: String { "\(operation) \(quotable(source))" }

  /// A node without attributes.
  init(_ operation: String, _ inputs: [Name], _ outputs: [Name], in file: String, at place: String)
  {
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.file = file
    self.place = place
    (domain, name, attributes, captured) = ("", "", [], [])
  }

  /// The same node with another operator, which is one of the standard.
  ///
  /// - Parameter outputs: its own where they are left out.
  func renamed(
    _ operation: String, _ inputs: [Name], _ outputs: [Name]? = nil,
    _ attributes: [ONNXAttribute] = []
  ) -> ONNXNode {
    ONNXNode(self, operation, inputs, outputs ?? self.outputs, attributes)
  }

  private init(
    _ node: ONNXNode, _ operation: String, _ inputs: [Name], _ outputs: [Name],
    _ attributes: [ONNXAttribute]
  ) {
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    (domain, captured) = ("", [])
    (name, file, place) = (node.name, node.file, node.place)
  }

  init(
    _ reader: ProtobufReader, index: Int, scope: ONNXSubgraph.Scope
  ) throws(ConversionError) {
    var reader = reader
    var (operation, domain, name) = ("", "", "")
    var (inputs, outputs): ([Name], [Name]) = ([], [])
    var attributes: [ONNXAttribute] = []
    while let field = try reader.next() {
      switch field.number {
      case 1: inputs.append(Name(try reader.string(field)))
      case 2: outputs.append(Name(try reader.string(field)))
      case 3: name = try reader.string(field)
      case 4: operation = try reader.string(field)
      case 5:
        attributes.append(try ONNXAttribute(reader.submessage(field, "AttributeProto"), scope))
      case 7: domain = try reader.string(field)
      case 6, 8: _ = try reader.string(field)
      case 9, 10: _ = try reader.range(field)
      default: throw reader.unsupported(field)
      }
      guard inputs.count <= 256, outputs.count <= 256, attributes.count <= 64 else {
        throw reader.malformed(field.offset, "a node of too many inputs, outputs or attributes")
      }
    }
    file = reader.source.file
    place = "node \(name.isEmpty ? "\(index)" : quotable(name)) (\(quotable(operation)))"
    self.operation = operation
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.name = name
    var captured: Set<Name> = []
    for attribute in attributes {
      if case .graph(let graph) = attribute.value { captured.formUnion(graph.captured) }
    }
    self.captured = captured.sorted()
    guard !operation.isEmpty, !outputs.isEmpty else {
      throw malformed("a node without an operator or without outputs")
    }
    guard Set(attributes.map(\.name)).count == attributes.count else {
      throw malformed("an attribute stands twice")
    }
  }

  func malformed(_ reason: String) -> ConversionError { .malformed(file, place, reason) }
  func unsupported(_ reason: String) -> ConversionError { .unsupported(file, place, reason) }

  /// The name of input `index`; nil where it is left out.
  func input(_ index: Int) -> Name? {
    inputs.indices.contains(index) && !inputs[index].isEmpty ? inputs[index] : nil
  }

  /// The name of output `index`; nil where it is left out.
  func output(_ index: Int) -> Name? {
    outputs.indices.contains(index) && !outputs[index].isEmpty ? outputs[index] : nil
  }
}
