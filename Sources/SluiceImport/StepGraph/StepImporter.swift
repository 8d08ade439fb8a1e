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
  var folder: ConstantFolder
  let provenance: Provenance

  var values: [Name: StepValue] = [:]
  var layers = LayerList()
  /// Which state input, and from which element on, is h and C of each recurrent layer.
  var hidden: [Int: StepView] = [:]
  var cells: [Int: StepView] = [:]
  /// Which elements of a state input are the state of which node.
  var claims: [Name: [(range: Range<Int>, what: String, node: String)]] = [:]
  /// Elements of the model's input.
  private var inputCount = 0
  /// The names of what only comes out.
  let returnedNames: Set<Name>
  /// The node that writes each name.
  let writers: [Name: ONNXNode]

  init(_ model: ONNXModel, _ folder: ConstantFolder, _ provenance: Provenance) {
    self.model = model
    self.folder = folder
    self.provenance = provenance
    returnedNames = Self.returnedNames(of: model)
    var writers: [Name: ONNXNode] = [:]
    for node in model.nodes { for name in node.outputs { writers[name] = node } }
    self.writers = writers
  }

  /// The network, and what the graph's inputs and outputs are.
  mutating func convert(
    _ nodes: [ONNXNode], states: Set<Name>
  ) throws(ConversionError) -> ConvertedModel {
    var sequence: ONNXModel.Value?
    for input in model.inputs where folder.liveNames.contains(input.name) {
      let place = "input \"\(quotable(input.name))\""
      guard input.type <= 1 else {
        throw .unsupported(
          model.source.file, place,
          "is of the element type \(input.type) (ONNX's data_type); expected floats: a graph of one step "
            + "reads features, and an embedding stays with whoever runs it")
      }
      guard let shape = input.shape else {
        throw .unsupported(
          model.source.file, place,
          "its number of axes is not known; export with an example input, so that the shape stands in "
            + "the file")
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
      inputCount = count
      values[input.name] = .view(StepView(.layer(-1), shape: sizes))
    }
    for input in model.inputs
    where input.isFloatingPoint && !folder.liveNames.contains(input.name) {
      throw .unsupported(
        model.source.file, "input \"\(quotable(input.name))\"",
        "no output depends on it: a state that was lost on the way? The states that are read are "
          + "\(quotable(states.sorted())); leave the input out of the export where it is none")
    }
    guard let sequence else {
      throw .unsupported(model.source.file, "inputs", "no output depends on an input")
    }
    try run(all: nodes)
    return try result(sequence, states)
  }

  /// Appends a layer that `node` computes; returns its index.
  @discardableResult
  mutating func append(
    _ operation: Network.Operation, reading inputs: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    try layers.append(operation, reading: inputs, node)
  }

  func size(ofLayer index: Int) -> Int {
    index >= 0 ? layers[index].outputSize : inputCount
  }
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
}
