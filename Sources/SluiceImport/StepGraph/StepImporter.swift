import SluiceBlob
import SluiceNetwork

/// Builds the network of a graph that computes one step: its state goes in as graph inputs and comes
/// out as graph outputs, and between calls somebody else keeps it. Here the stream does.
///
/// Every size is known (an axis of a size that the graph leaves open is one step of one sequence), so
/// that a value can be followed through whatever only moves its axes; constants fold as in a graph
/// over sequences.
struct StepImporter {
  let model: ONNXModel
  /// Folds the nodes that read constants alone.
  var constants: GraphImporter
  let provenance: Provenance

  var values: [String: StepValue] = [:]
  var layers: [Network.Layer] = []
  private var names: Set<String> = []
  /// Which state input, and from which element on, is h and C of each recurrent layer.
  var hidden: [Int: StepView] = [:]
  var cells: [Int: StepView] = [:]

  init(_ model: ONNXModel, _ constants: GraphImporter, _ provenance: Provenance) {
    self.model = model
    self.constants = constants
    self.provenance = provenance
  }

  /// The network, and what the graph's inputs and outputs are.
  mutating func convert(
    _ nodes: [ONNXNode], states: Set<String>
  ) throws(ConversionError) -> ConvertedModel {
    for node in nodes { try Self.check(node) }
    var sequence: ONNXModel.Value?
    for input in model.inputs where constants.liveNames.contains(input.name) {
      let place = "input \"\(quotable(input.name))\""
      guard input.type <= 1, let shape = input.shape else {
        throw .unsupported(
          model.source.file, place, "expected floats of a known number of axes")
      }
      let sizes = shape.map { $0 ?? 1 }
      guard let count = elementCount(of: sizes), count > 0, count <= BlobLimits.windowFloats else {
        throw .unsupported(model.source.file, place, "the shape \(sizes)")
      }
      if states.contains(input.name) {
        values[input.name] = .view(StepView(.state(input.name), shape: sizes))
        continue
      }
      guard sequence == nil else {
        throw .unsupported(
          model.source.file, place, "a second input that is no state of a recurrent layer")
      }
      sequence = input
      values[input.name] = .view(StepView(.layer(-1), shape: sizes))
    }
    guard let sequence else {
      throw .unsupported(model.source.file, "inputs", "no output depends on an input")
    }
    for node in nodes { try run(node) }
    return try result(sequence, states)
  }

  /// Appends a layer that `node` computes, under a name of its own.
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
    while !names.insert(name).inserted {
      copies += 1
      name = "\(base)#\(copies)"
    }
    // A chain needs no list.
    let listed = inputs == [layers.count - 1] ? [] : inputs
    layers.append(Network.Layer(name: name, operation: operation, inputs: listed))
    return layers.count - 1
  }

  func size(ofLayer index: Int) -> Int {
    if index >= 0 { return layers[index].outputSize }
    for case .view(let view) in values.values where view.source == .layer(-1) {
      return inputCount ?? view.count
    }
    return 0
  }

  /// Elements of the model's input.
  var inputCount: Int? {
    for input in model.inputs {
      if case .view(let view)? = values[input.name], view.source == .layer(-1) { return view.count }
    }
    return nil
  }
}

extension GraphImporter {
  /// The inputs that feed recurrent nodes as initial states alone, each with a value.
  func givenStates() -> Set<String> {
    let states = model.inputsOf([5, 6]).subtracting(model.inputsOf([1, 2, 3, 4, 7]))
    return states.filter { constants[$0] != nil && liveNames.contains($0) }
  }

  /// The state inputs of a graph that computes one step: those that nobody gave a value, and that
  /// reach a recurrent node as a state alone. Empty for a graph over sequences.
  func stepStates(_ nodes: [ONNXNode]) -> Set<String> {
    let missing = constantInputs.filter { constants[$0] == nil && liveNames.contains($0) }
    for node in nodes where ["LSTM", "GRU", "RNN"].contains(node.operation) {
      for index in [1, 2, 3, 4, 7] {
        if let name = node.input(index), missing.contains(name) { return [] }
      }
    }
    return missing
  }
}
