import SluiceBlob
import SluiceNetwork

/// Follows a graph from its input to its outputs and builds the layers that it computes.
///
/// It interprets each node on what its values are, not on their numbers: a constant, or what a
/// layer writes with a meaning for each axis. What plumbing does to the axes is followed, so
/// that a graph means the same to the converter however its exporter moves them about.
struct GraphImporter {
  let model: ONNXModel
  var folder: ConstantFolder
  /// What the graph's inputs are to recurrent nodes.
  let roles: RecurrentInputs
  let provenance: Provenance

  /// What is computed of the sequence: ``folder`` has the constants.
  var values: [Name: GraphValue] = [:]
  var layers = LayerList()
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
  /// The layers that delay a layer, by the steps.
  var delays: [Int: [Int: Int]] = [:]
  /// The lengths that the recurrent nodes were given: nil before the first.
  var lengths: [Int]??
  /// Initial states that differ from one sequence to the next.
  var initialStates: [ModelInterface.InitialState] = []
  /// The size of each axis of the sequence input, as far as the graph fixes it.
  var sequenceShape: [Int?] = []
  /// Graph inputs of lengths and initial states without a value: the caller's at every run.
  var freeInputs: Set<Name> = []
  /// The names that depend on a value which the caller gave.
  let givenNames: Set<Name>
  /// The names that depend on a graph input without a value: those of ``freeInputs``.
  var freeNames: Set<Name> = []

  /// The network that the graph of `model` computes, and what its inputs and outputs are.
  static func convert(
    _ model: ONNXModel, _ options: SourceOptions, provenance: Provenance
  ) throws(ConversionError) -> ConvertedModel {
    let (nodes, names) = model.liveNodes()
    var converted = try convert(model, options, provenance, nodes, names)
    converted.nodes = nodes.map(\.title)
    return converted
  }

  private static func convert(
    _ model: ONNXModel, _ options: SourceOptions, _ provenance: Provenance, _ nodes: [ONNXNode],
    _ names: Set<Name>
  ) throws(ConversionError) -> ConvertedModel {
    let folder = ConstantFolder(model, given: options.constants, liveNames: names)
    let importer = GraphImporter(model, folder, provenance)
    let states = options.states.isEmpty ? importer.stepStates() : options.states
    if !states.isEmpty || importer.hasPairedStates() {
      var step = StepImporter(model, folder, provenance)
      return try step.convert(nodes, states: states)
    }
    do throws(ConversionError) {
      return try sequences(importer, nodes)
    } catch {
      if importer.hasFrames {
        var step = StepImporter(model, folder, provenance)
        step.isOverTime = true
        return try step.convert(nodes, states: [])
      }
      // A single step from given states may be what only a graph of one step can hold.
      let given = importer.givenStates()
      guard !given.isEmpty else { throw error }
      var step = StepImporter(model, folder, provenance)
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
    let sequence: ONNXModel.Value
    do throws(ConversionError) { sequence = try importer.bindInputs() } catch {
      // What the operators are is the first thing to say of a graph.
      var obstacles = Obstacles(importer.model.source.file)
      for node in nodes {
        do throws(ConversionError) { try node.checkOperator() } catch {
          obstacles.note(error, of: node)
        }
      }
      try obstacles.finish()
      throw error
    }
    let rank = sequence.shape?.count ?? 0
    var failure: ConversionError?
    // Features are the last axis, or the second of three, or a single one has no axis.
    for axis in rank == 3 ? [2, 1] : rank < 3 ? [rank - 1, nil] : [rank - 1] {
      var attempt = importer
      attempt.assumedFeatureAxis = axis
      do throws(ConversionError) {
        try attempt.run(all: nodes)
        return try attempt.result(sequence, nodes)
      } catch {
        failure = failure ?? error
        if let unrolled = importer.unrolled(sequence, nodes, features: axis) { return unrolled }
        if !attempt.hasAssumed { break }
      }
    }
    throw failure
      ?? .unsupported(importer.model.source.file, "inputs", "a sequence without axes")
  }

  /// The network of a graph whose recurrences are written out a copy for each step; nil where it is none.
  private func unrolled(
    _ sequence: ONNXModel.Value, _ nodes: [ONNXNode], features axis: Int?
  ) -> ConvertedModel? {
    guard model.picksSteps else { return nil }
    var attempt = self
    attempt.assumedFeatureAxis = axis
    do throws(ConversionError) {
      try attempt.runUnrolled(nodes)
      return try attempt.result(sequence, nodes)
    } catch { return nil }
  }

  private init(
    _ model: ONNXModel, _ folder: ConstantFolder, _ provenance: Provenance
  ) {
    self.model = model
    self.folder = folder
    self.provenance = provenance
    roles = RecurrentInputs(of: model)
    givenNames = model.dependents(of: roles.all.intersection(folder.given.keys))
  }

  /// Gives the name of output `index` its value.
  mutating func define(
    _ node: ONNXNode, _ value: GraphValue, output index: Int = 0
  ) throws(ConversionError) {
    guard value.rank <= 8 else { throw node.unsupported("more than 8 axes") }
    guard let name = node.output(index) else { return }
    if case .features(let features) = value, areFeatures(features) {
      values[name] = .features(try besides(features, node))
    } else {
      values[name] = value
    }
  }

  /// Appends a layer that `node` computes; returns its index.
  @discardableResult
  mutating func append(
    _ operation: Network.Operation, reading inputs: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    try layers.append(operation, reading: inputs, node)
  }
}
