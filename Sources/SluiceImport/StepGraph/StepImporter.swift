import SluiceBlob
import SluiceNetwork

/// Builds the network of a graph that computes one step: its state goes in as graph inputs and comes
/// out as graph outputs, and between calls somebody else keeps it. Here the stream does.
///
/// Every size is known (an axis of a size that the graph leaves open is one step of one sequence), so
/// that each number can be followed through whatever only moves it; constants fold as in a graph over
/// sequences. Which inputs are states shows at the end: those that recurrent nodes have claimed, and
/// those of cells that are written out, which are recognised in the layers.
struct StepImporter {
  let model: ONNXModel
  var folder: ConstantFolder
  let provenance: Provenance

  var values: [Name: StepValue] = [:]
  var layers = LayerList()
  /// The inputs that are read, in the graph's order; a view's sources count them.
  var inputs: [StepInput] = []
  /// Which numbers of the inputs are h and C of each recurrent layer before the step.
  var hidden: [Int: [StepElement]] = [:]
  var cells: [Int: [StepElement]] = [:]
  /// Which layer's state a number of an input is.
  var claims: [StepElement: (what: String, node: String)] = [:]
  /// The states that keep past values, and the output that is the next of each.
  var caches: [Int: Int] = [:]
  var past: PastValues?
  /// The node for which a layer was appended.
  var authors: [Int: ONNXNode] = [:]
  /// Whether the graph is one over sequences, of which a step is read.
  var isOverTime = false
  /// Steps of zeros that a `Pad` put before the first, for a convolution over them.
  var stepPads: [Name: Int] = [:]
  /// The layers that delay a source, by how many steps, in ascending order.
  var delayed: [Int: [(steps: Int, layer: Int)]] = [:]
  /// Inputs that empty the state, and are left out: a stream is reset instead.
  var resets: Set<Name> = []
  /// The layer that holds a run or pattern of numbers which was asked for before.
  var patterns: [[StepElement]: Int] = [:]
  /// What a layer has of a norm that is spelled out.
  var norms: [Int: StepNorm] = [:]
  /// The value that a layer of such a norm holds, x - mean x.
  var centredViews: [Int: StepView] = [:]
  /// What a layer of squares was made of.
  var squares: [Int: StepView] = [:]
  /// What a layer that limits its input has limited, and how.
  var limits: [Int: StepLimit] = [:]
  /// Numbers that may still be followed: a few nodes can ask for any number of them.
  private var budget = StepImporter.numbers
  private static let numbers = 1 << 21
  let outputNames: Set<Name>
  /// The node that writes each name.
  var writers: [Name: ONNXNode] = [:]

  init(_ model: ONNXModel, _ folder: ConstantFolder, _ provenance: Provenance) {
    self.model = model
    self.folder = folder
    self.provenance = provenance
    outputNames = Set(model.outputs.map(\.name))
  }

  /// The network, and what the graph's inputs and outputs are.
  mutating func convert(
    _ nodes: [ONNXNode], states: Set<Name>
  ) throws(ConversionError) -> ConvertedModel {
    try bindInputs(states)
    try run(all: nodes)
    return try result()
  }

  /// Counts numbers that a value has.
  mutating func spend(_ count: Int, _ node: ONNXNode) throws(ConversionError) {
    guard count <= budget else {
      throw node.unsupported("values of more than \(Self.numbers) numbers in one step")
    }
    budget -= count
  }

  /// Appends a layer that `node` computes; returns its index.
  @discardableResult
  mutating func append(
    _ operation: Network.Operation, reading inputs: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    let layer = try layers.append(operation, reading: inputs, node)
    authors[layer] = node
    return layer
  }

  /// Numbers that a source writes.
  func size(of source: Int32) -> Int {
    if source < -1 { return inputs[Int(-2 - source)].count }
    return layers[Int(source)].outputSize
  }
}

/// An input of the graph that the step reads.
struct StepInput {
  let name: Name
  let shape: [Int]
  let isIDs: Bool
  /// The axis that counts steps, of a graph over sequences.
  var time: Int?

  var count: Int { shape.reduce(1, *) }
}

/// What a layer has of a norm that is spelled out, operator by operator.
struct StepNorm {
  enum Stage: Equatable {
    case mean, centred, squares, variance
    /// The variance and a constant.
    case shifted(Float)
    /// The square root of that, and 1 / that.
    case deviation(Float)
    case inverse(Float)
  }

  let stage: Stage
  /// x
  let source: StepView
  /// The axes over which it is normalised.
  let axes: [Int]
}

/// A value within bounds.
struct StepLimit {
  let source: StepView
  let low: Float?
  let high: Float?
}

extension GraphImporter {
  /// The inputs that feed recurrent nodes as initial states alone, each with a value.
  func givenStates() -> Set<Name> {
    roles.states.subtracting(roles.weights).subtracting(roles.lengths).filter {
      folder.given[$0] != nil && folder.liveNames.contains($0)
    }
  }

  /// The state inputs of a graph that computes one step: those that nobody gave a value, and that
  /// reach a recurrent node as a state alone. Empty for a graph over sequences.
  func stepStates() -> Set<Name> {
    let missing = roles.all.filter { folder.given[$0] == nil && folder.liveNames.contains($0) }
    return missing.isDisjoint(with: roles.weights.union(roles.lengths)) ? missing : []
  }

  /// Whether the sequence is one of frames of several axes, each with an open one.
  var hasFrames: Bool {
    let inputs = model.inputs.filter {
      folder.liveNames.contains($0.name) && folder.given[$0.name] == nil && $0.type <= 1
    }
    return inputs.allSatisfy { $0.openAxis != nil }
      && inputs.contains { $0.shape?.count ?? 0 > 3 }
  }

  /// Whether inputs beside the first come out again in their shape: a step, whose cells may be written
  /// out in small operators.
  func hasPairedStates() -> Bool {
    let inputs = model.inputs.filter {
      folder.liveNames.contains($0.name) && folder.given[$0.name] == nil
        && model.fixed[$0.name] == nil && $0.type <= 1
    }
    guard inputs.count > 1 else { return false }
    let outputs = Set(model.outputs.compactMap { $0.shape?.map { $0 ?? 1 } })
    return inputs.dropFirst().contains { input in
      guard let shape = input.shape, !shape.isEmpty else { return false }
      return outputs.contains(shape.map { $0 ?? 1 })
    }
  }
}
