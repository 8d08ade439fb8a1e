import SluiceNetwork

/// An ONNX file, parsed and checked as a file; what its graph means is another matter.
struct ONNXModel {
  /// Nodes and initializers of far larger graphs than a chain of layers: a bound on memory.
  static let maximumItems = 1 << 12
  /// Nodes of the graph: a recurrence that an exporter unrolled has some 40 for each step.
  static let maximumNodes = 1 << 13
  /// All fields of a graph: its items, and the shapes of values between them.
  static let maximumGraphFields = 1 << 16
  static let opsets: ClosedRange<Int64> = 7...28

  /// An input or output of the graph.
  struct Value {
    let name: Name
    /// The element type's code; 0 where the file does not say.
    var type: Int64 = 0
    /// The size of each axis, nil where it is not fixed; nil where the file does not say.
    var shape: [Int?]?

    /// Whether its numbers may be floats.
    var isFloatingPoint: Bool { [0, 1, 10, 11, 16].contains(type) }
  }

  let source: SourceBytes
  private(set) var nodes: [ONNXNode] = []
  private(set) var initializers: [Name: ONNXTensor] = [:]
  var inputs: [Value] = []
  /// The values of inputs that are the same at every run.
  var fixed: [Name: Tensor] = [:]
  private(set) var outputs: [Value] = []
  private(set) var opset: Int64 = 0
  /// What the file says of itself (`metadata_props`).
  private(set) var properties: [(name: String, value: String)] = []
  /// Bytes of the file, and of those beside it that hold its numbers.
  private(set) var byteCount: Int
  /// XXH64 of the file and of those that hold its external data.
  private(set) var hash: UInt64
  /// The names of the files beside it that hold its external data.
  private(set) var otherFiles: [String] = []

  init(_ source: SourceBytes) throws(ConversionError) {
    self.source = source
    (byteCount, hash) = (source.count, 0)
    let files = source.isFile ? ExternalFiles(of: source) : nil
    var reader = ProtobufReader(source, "ModelProto", 0..<source.count)
    var graph: Range<Int>?
    while let field = try reader.next() {
      switch field.number {
      case 1, 5: _ = try reader.integer(field)
      case 2, 3, 4, 6: _ = try reader.string(field)
      case 7:
        guard graph == nil else { throw reader.malformed(field.offset, "a second graph") }
        graph = try reader.range(field)
      case 8: try readOpset(reader.submessage(field, "OperatorSetIdProto"))
      case 14: try readProperty(reader.submessage(field, "StringStringEntryProto"))
      // On which devices nodes may run.
      case 26: _ = try reader.range(field)
      case 20:
        throw .unsupported(
          source.file, "byte \(field.offset) (training_info)",
          "the file describes training; export the model for inference alone")
      case 25:
        throw .unsupported(
          source.file, "byte \(field.offset) (functions)",
          "the model defines functions of its own; write them out "
            + "(onnx.inliner.inline_local_functions)")
      default: throw reader.unsupported(field)
      }
    }
    guard let graph else { throw .malformed(source.file, "byte 0", "an ONNX model has a graph") }
    guard Self.opsets.contains(opset) else {
      throw .unsupported(
        source.file, "opset_import",
        "version \(opset) of ONNX's operators; expected \(Self.opsets.lowerBound) to "
          + "\(Self.opsets.upperBound); export with one of them (torch.onnx.export: opset_version)")
    }
    try readGraph(ProtobufReader(source, "GraphProto", graph), files)
    byteCount += files?.count ?? 0
    hash = files?.hash ?? source.hash
    otherFiles = files?.names ?? []
    // An older file lists its initializers among the inputs, as their default values.
    inputs.removeAll { initializers[$0.name] != nil }
    try checkNames()
    nodes = rewritten()
  }

  private mutating func readOpset(_ reader: ProtobufReader) throws(ConversionError) {
    var reader = reader
    var (domain, version): (String, Int64) = ("", 0)
    while let field = try reader.next() {
      switch field.number {
      case 1: domain = try reader.string(field)
      case 2: version = try reader.integer(field)
      default: throw reader.unsupported(field)
      }
    }
    if domain.isEmpty || domain == "ai.onnx" { opset = version }
  }

  private mutating func readProperty(_ reader: ProtobufReader) throws(ConversionError) {
    var reader = reader
    var property = (name: "", value: "")
    while let field = try reader.next() {
      switch field.number {
      case 1: property.name = try reader.string(field)
      case 2: property.value = try reader.string(field)
      default: throw reader.unsupported(field)
      }
    }
    guard properties.count < Self.maximumItems else {
      throw reader.malformed(0, "more than \(Self.maximumItems) metadata_props")
    }
    properties.append(property)
  }

  private mutating func readGraph(
    _ reader: ProtobufReader, _ files: ExternalFiles?
  ) throws(ConversionError) {
    var reader = reader
    try checkCounts(reader)
    let scope = ONNXSubgraph.Scope(files)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        nodes.append(
          try ONNXNode(
            reader.submessage(field, "NodeProto"), index: nodes.count, scope: scope))
      case 2, 10: _ = try reader.string(field)
      case 5: try keep(ONNXTensor(source, reader.range(field), files: files))
      case 15: try keep(ONNXTensor(sparse: reader.submessage(field, "SparseTensorProto")))
      case 11: inputs.append(try Self.value(reader.submessage(field, "ValueInfoProto")))
      case 12: outputs.append(try Self.value(reader.submessage(field, "ValueInfoProto")))
      case 13, 16: _ = try reader.range(field)
      case 14:
        throw .unsupported(
          source.file, "byte \(field.offset) (quantization_annotation)",
          "the model is quantised: convert the float model that it was made from")
      default: throw reader.unsupported(field)
      }
    }
  }

  private mutating func keep(_ initializer: ONNXTensor) throws(ConversionError) {
    guard !initializer.name.isEmpty,
      initializers.updateValue(initializer, forKey: initializer.name) == nil
    else {
      throw .malformed(source.file, initializer.place, "an initializer without a name, or twice")
    }
  }

  /// Counts before anything is kept: thousands of items take more memory than their bytes.
  ///
  /// Where a field is malformed it stops, and leaves the error to who reads.
  private func checkCounts(_ reader: ProtobufReader) throws(ConversionError) {
    var rest = reader
    var fields = 0
    var counts: [Int: Int] = [:]
    while let field = try? rest.next() {
      fields += 1
      guard fields <= Self.maximumGraphFields else {
        throw reader.malformed(field.offset, "more than \(Self.maximumGraphFields) fields")
      }
      guard [1, 5, 11, 12, 15].contains(field.number) else { continue }
      counts[field.number, default: 0] += 1
      let limit = field.number == 1 ? Self.maximumNodes : Self.maximumItems
      guard counts[field.number, default: 0] <= limit else {
        throw reader.malformed(
          field.offset,
          "more than \(limit) \(field.number == 1 ? "nodes" : "initializers, inputs or outputs"): "
            + "recurrences that an exporter unrolled step by step? Export PyTorch models with LSTM, GRU or RNN nodes "
            + "(torch.onnx.export, dynamo=False), Keras models by tools/python/export_keras.py")
      }
    }
  }

  /// Every name is defined once, before it is read.
  private func checkNames() throws(ConversionError) {
    var defined = Set(initializers.keys)
    defined.reserveCapacity(defined.count + inputs.count + nodes.count)
    for input in inputs where input.name.isEmpty || !defined.insert(input.name).inserted {
      throw .malformed(source.file, "input \"\(quotable(input.name))\"", "has no name of its own")
    }
    try check(nodes, &defined)
    for output in outputs where !defined.contains(output.name) {
      throw .malformed(source.file, "output \"\(quotable(output.name))\"", "nothing defines it")
    }
    guard !outputs.isEmpty, Set(outputs.map(\.name)).count == outputs.count else {
      throw .malformed(source.file, "outputs", "expected at least one, each once")
    }
  }

  /// The same of the nodes of one graph, within which others may lie.
  private func check(_ nodes: [ONNXNode], _ defined: inout Set<Name>) throws(ConversionError) {
    for node in nodes {
      for name in node.inputs where !name.isEmpty && !defined.contains(name) {
        throw node.malformed("reads \"\(quotable(name))\", which nothing before it defines")
      }
      for attribute in node.attributes {
        guard case .graph(let graph) = attribute.value else { continue }
        // What a graph defines is its own.
        var added: [Name] = []
        for name in graph.inputs + graph.initializers.keys.sorted() {
          guard defined.insert(name).inserted else {
            throw node.malformed("its graph defines \"\(quotable(name))\" a second time")
          }
          added.append(name)
        }
        try check(graph.nodes, &defined)
        for name in graph.outputs where !defined.contains(name) {
          throw node.malformed(
            "its graph has the output \"\(quotable(name))\", which nothing defines")
        }
        for name in added + graph.nodes.flatMap(\.outputs) { defined.remove(name) }
      }
      for name in node.outputs where !name.isEmpty && !defined.insert(name).inserted {
        throw node.malformed("defines \"\(quotable(name))\" a second time")
      }
    }
  }
}
