import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// What was understood of a source: its inputs and outputs, and each layer beside the nodes that became it.
struct Explanation {
  private let model: ConvertedModel
  private let layers: [LayerTable.Row]

  /// Prints what is understood of the model at `source`.
  static func show(
    _ source: String, _ options: SourceOptions, asJSON: Bool
  ) throws(ToolError) {
    let model = try converting { () throws(ConversionError) in
      try Converter.convert(source: source, options: options)
    }
    let explanation = try Explanation(of: model, source)
    guard asJSON else { return Console.print(explanation.text) }
    Console.print(.object(explanation.json))
  }

  /// The layers are described as a blob has them.
  init(of model: ConvertedModel, _ source: String) throws(ToolError) {
    let bytes = try converting { () throws(ConversionError) in
      try model.network.blobContents().unvalidatedBytes()
    }
    self.model = model
    // The view does not keep the bytes.
    let opened = try openModel(bytes, source)
    layers = withExtendedLifetime(opened) { LayerTable(opened.blob).rows }
  }

  var text: String {
    var parts = [ports]
    parts.append(
      Table(
        ["", "layer", "shape", "reads", "from"],
        rows: layers.indices.map { index in
          [
            "\(index)", layers[index].record.title, layers[index].record.shapes, reads(index),
            origins(index).joined(separator: ", ").printable,
          ]
        }, numbers: [0]
      ).text)
    if let inferred = model.inferred { parts.append("inferred: \(inferred)") }
    let rest = otherNodes
    if !rest.isEmpty {
      let list = rest.map { $0.count == 1 ? $0.operation : "\($0.count) \($0.operation)" }
      parts.append(
        "no layer of their own, as they are constant, move numbers about or lie within a layer:\n"
          + Table(rows: [[list.joined(separator: ", ").printable]]).text)
    }
    return parts.joined(separator: "\n\n")
  }

  var json: [JSON.Member] {
    [
      (
        "inputs",
        .array(
          model.interface.inputs.map {
            .object([("name", .string($0.name.text)), ("role", .string($0.role.text))])
          })
      ),
      (
        "outputs",
        .array(
          model.interface.outputs.map {
            .object([("name", .string($0.name.text)), ("role", .string(role($0)))])
          })
      ),
      (
        "layers",
        .array(
          layers.indices.map { index in
            .object([
              ("name", .string(layers[index].name)),
              ("kind", .string(layers[index].record.title)),
              ("shape", .string(layers[index].record.shapes)),
              ("reads", .array(model.network.inputs(of: index).map { .integer($0) })),
              ("from", .array(origins(index).map { .string($0) })),
            ])
          })
      ),
      ("otherNodes", .object(otherNodes.map { ($0.operation, .integer($0.count)) })),
    ]
  }

  private func origins(_ index: Int) -> [String] {
    let layer = model.network.layers[index]
    // A node may have become several layers, which then were one again.
    return layer.origins.isEmpty ? [layer.name] : layer.origins.once
  }

  /// The graph's inputs and outputs, a line each.
  private var ports: String {
    let inputs = model.interface.inputs.map { ["input", $0.name.text.printable, $0.role.text] }
    let outputs = model.interface.outputs.map { ["output", $0.name.text.printable, role($0)] }
    return Table(rows: inputs + outputs).text
  }

  private func reads(_ index: Int) -> String {
    let inputs = model.network.inputs(of: index)
    if inputs == [index - 1], index > 0 { return "" }
    return inputs.map { $0 < 0 ? "the input" : "\($0)" }.joined(separator: ", ")
  }

  private func role(_ output: ModelInterface.Output) -> String {
    func states(_ state: String, _ layers: [Int]) -> String {
      "\(state) after the last step, of layer "
        + layers.map { "\($0)" }.joined(separator: " and ")
    }
    switch output.role {
    case .sequence: return "what every step writes"
    case .last: return "what the last step writes"
    case .finalHidden(let layers, _): return states("h", layers)
    case .finalCell(let layers, _): return states("C", layers)
    case .state(let parts):
      guard !parts.isEmpty else { return "the next state, past values that layers delay" }
      let names = parts.map { "\($0.isCell ? "C" : "h") of layer \($0.layer)" }.once
      return "the next state, " + names.joined(separator: ", ")
    }
  }

  /// Nodes that became no layer, by their operators in the order of the graph.
  private var otherNodes: [(operation: String, count: Int)] {
    let used = Set(model.network.layers.flatMap(\.origins))
    var counts: [(operation: String, count: Int)] = []
    for node in model.nodes where !used.contains(node) {
      let operation = String(node.prefix { $0 != " " })
      if let place = counts.firstIndex(where: { $0.operation == operation }) {
        counts[place].count += 1
      } else {
        counts.append((operation, 1))
      }
    }
    return counts
  }
}

extension ModelInterface.Input.Role {
  /// The role, for people.
  fileprivate var text: String {
    switch self {
    case .sequence(let axes):
      axes.contains(.feature) ? "what every step reads" : "token ids, one at every step"
    case .constant: "part of the network, by the value given"
    case .state: "a state, which a stream keeps"
    case .free: "lengths or an initial state, if a run gives them"
    case .features: "more of what every step reads, beside the first"
    case .reset: "empties the state; a stream is reset instead"
    case .unused: "not read"
    }
  }
}

extension [String] {
  /// Each where it comes first.
  fileprivate var once: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}

extension LayerRecord {
  /// What is read and what is written.
  fileprivate var shapes: String { "\(inputShape) -> \(outputShape)" }
}
