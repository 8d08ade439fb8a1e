import SluiceBlob

/// Follows a graph from its input to its outputs and builds the chain of layers that it computes.
///
/// It interprets each node on what its values are, not on their numbers: a constant, or the output
/// of the chain so far with a meaning for each axis. What plumbing does to the axes is followed, so
/// that a graph means the same to the converter however its exporter moves them about.
struct GraphImporter {
  let model: ONNXModel
  let constants: [String: Tensor]
  let constantInputs: Set<String>
  let provenance: Provenance

  var values: [String: GraphValue] = [:]
  var layers: [Network.Layer] = []
  /// Counts the changes to the chain.
  var version = 0
  /// The axes of the sequence input that are steps, sequences and features, once known.
  var timeAxis: Int?
  var batchAxis: Int?
  var featureAxis: Int?
  /// The lengths that the recurrent nodes were given: nil before the first.
  var lengths: [Int]??
  /// Initial states that differ from one sequence to the next.
  var initialStates: [ModelInterface.InitialState] = []
  /// Graph inputs of lengths and initial states without a value: the caller's at every run.
  var freeInputs: Set<String> = []
  var layerNames: Set<String> = []
  /// The names that live nodes read, and the outputs.
  var liveNames: Set<String> = []
  /// Elements that folding may still produce: a few nodes can ask for any number.
  private var budget: Int

  /// The network that the graph of `model` computes, and what its inputs and outputs are.
  static func convert(
    _ model: ONNXModel, constants: [String: Tensor], provenance: Provenance
  ) throws(ConversionError) -> ConvertedModel {
    var importer = GraphImporter(model, constants, provenance)
    let (nodes, names) = model.liveNodes()
    importer.liveNames = names
    let states = importer.stepStates(nodes)
    if !states.isEmpty {
      var step = StepImporter(model, importer, provenance)
      return try step.convert(nodes, states: states)
    }
    for node in nodes { try check(node) }
    let sequence = try importer.bindInputs()
    for node in nodes { try importer.run(node) }
    return try importer.result(sequence)
  }

  private init(_ model: ONNXModel, _ constants: [String: Tensor], _ provenance: Provenance) {
    self.model = model
    self.constants = constants
    self.provenance = provenance
    constantInputs = model.inputsOfWeights()
    budget = model.source.count.multipliedReportingOverflow(by: 4).partialValue + 1 << 16
  }

  /// Counts `count` elements that `node` makes; nil is too many.
  mutating func spend(_ count: Int?, _ node: ONNXNode) throws(ConversionError) {
    guard let count, count <= budget else {
      throw node.unsupported("constants of far more elements than the file holds")
    }
    budget -= count
  }

  /// Gives the name of output `index` its value.
  mutating func define(
    _ node: ONNXNode, _ value: GraphValue, output index: Int = 0
  ) throws(ConversionError) {
    let rank =
      switch value {
      case .constant(let constant): constant.shape.count
      case .features(let features): features.axes.count
      }
    guard rank <= 8 else { throw node.unsupported("more than 8 axes") }
    if let name = node.output(index) { values[name] = value }
  }

  /// Appends a layer that `node` computes, under a name of its own; without `inputs` it reads the
  /// layer before it.
  mutating func append(
    _ operation: Network.Operation, _ node: ONNXNode, reading inputs: [Int] = []
  ) throws(ConversionError) {
    guard layers.count < BlobLimits.layerCount else {
      throw node.unsupported("more than \(BlobLimits.layerCount) layers")
    }
    let source = node.name.isEmpty ? node.output(0) ?? node.operation : node.name
    let base = source.utf8.count <= 200 ? source : quotable(source)
    var name = base
    var copies = 1
    while !layerNames.insert(name).inserted {
      copies += 1
      name = "\(base)#\(copies)"
    }
    layers.append(Network.Layer(name: name, operation: operation, inputs: inputs))
    version += 1
  }
}
