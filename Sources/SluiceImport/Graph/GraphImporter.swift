import SluiceBlob
import SluiceNetwork

/// Follows a graph from its input to its outputs and builds the layers that it computes.
///
/// It interprets each node on what its values are, not on their numbers: a constant, or what a
/// layer writes with a meaning for each axis. What plumbing does to the axes is followed, so
/// that a graph means the same to the converter however its exporter moves them about.
struct GraphImporter {
  let model: ONNXModel
  let constants: [String: Tensor]
  let constantInputs: Set<String>
  let provenance: Provenance

  var values: [String: GraphValue] = [:]
  var layers: [Network.Layer] = []
  /// The axes of the sequence input that are steps, sequences and features, once known.
  var timeAxis: Int?
  var batchAxis: Int?
  var featureAxis: Int?
  /// Whether the input has a single feature, without an axis.
  var hasSingleFeature = false
  /// Which axis counts features where an operator asks before a layer has told; nil for none.
  var assumedFeatureAxis: Int?
  /// Whether an operator asked.
  var hasAssumed = false
  /// The copies of layers that read backwards which write their final state at every step.
  var finalCopies: [Int: Int] = [:]
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
    do throws(ConversionError) {
      return try sequences(importer, nodes)
    } catch {
      // A single step from given states may be what only a graph of one step can hold.
      let given = importer.givenStates()
      guard !given.isEmpty else { throw error }
      var step = StepImporter(model, importer, provenance)
      do throws(ConversionError) { return try step.convert(nodes, states: given) } catch _ {
        throw error
      }
    }
  }

  /// The network of a graph over sequences.
  private static func sequences(
    _ importer: GraphImporter, _ nodes: [ONNXNode]
  ) throws(ConversionError) -> ConvertedModel {
    var importer = importer
    for node in nodes { try check(node) }
    let sequence = try importer.bindInputs()
    let rank = sequence.shape?.count ?? 0
    var failure: ConversionError?
    // Features are the last axis, or the second of three, or a single one has no axis.
    for axis in rank == 3 ? [2, 1] : rank < 3 ? [rank - 1, nil] : [rank - 1] {
      var attempt = importer
      attempt.assumedFeatureAxis = axis
      do throws(ConversionError) {
        for node in nodes { try attempt.run(node) }
        return try attempt.result(sequence, nodes)
      } catch {
        failure = failure ?? error
        if !attempt.hasAssumed { break }
      }
    }
    throw failure
      ?? .unsupported(importer.model.source.file, "inputs", "a sequence without axes")
  }

  private init(
    _ model: ONNXModel, _ constants: [String: Tensor], _ provenance: Provenance
  ) {
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
    guard value.rank <= 8 else { throw node.unsupported("more than 8 axes") }
    if let name = node.output(index) { values[name] = value }
  }

  /// Appends a layer that `node` computes, under a name of its own; returns its index.
  @discardableResult
  mutating func append(
    _ operation: Network.Operation, reading inputs: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
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
    let listed = inputs == [layers.count - 1] ? [] : inputs
    layers.append(Network.Layer(name: name, operation: operation, inputs: listed))
    return layers.count - 1
  }

  /// The layers that layer `index` reads.
  func inputs(of index: Int) -> [Int] {
    layers[index].inputs.isEmpty ? [index - 1] : layers[index].inputs
  }
}
