import SluiceBlob
import SluiceNetwork

/// What the attributes of a recurrent node say.
struct RecurrentForm {
  /// One direction of the node.
  struct Side {
    let cell: Network.Cell
    let form: Network.CellForm
  }

  /// One for each direction, in the order of the weights.
  let sides: [Side]
  let isBatchFirst: Bool
  let direction: String
  let hiddenSize: Int?

  /// Arrays of weights, one for each direction.
  var directionCount: Int { sides.count }

  var gateCount: Int { sides[0].cell.gateCount }

  /// ONNX's blocks of gate rows in PyTorch's order.
  let gateOrder: [Int]
  /// i, o, f, c to i, f, g, o.
  static let lstmOrder = [0, 2, 3, 1]
  /// z, r, h to r, z, n.
  static let gruOrder = [1, 0, 2]

  /// The functions of a node that names none, for each direction.
  static func usualFunctions(of node: ONNXNode) -> [Network.Function] {
    switch node.operation {
    case "LSTM": [.sigmoid, .tanh, .tanh]
    case "GRU": [.sigmoid, .tanh]
    default: [.tanh]
    }
  }

  init(_ node: ONNXNode, _ attributes: inout AttributeReader) throws(ConversionError) {
    direction = try attributes.string("direction")?.lowercased() ?? "forward"
    guard ["forward", "reverse", "bidirectional"].contains(direction) else {
      throw node.malformed("the attribute direction is \(quotable(direction))")
    }
    let directions = direction == "bidirectional" ? 2 : 1
    isBatchFirst = try attributes.flag("layout")
    hiddenSize = try attributes.integer("hidden_size")
    if let hiddenSize, !(1...Int(BlobLimits.size)).contains(hiddenSize) {
      throw node.malformed("the attribute hidden_size is \(hiddenSize)")
    }
    var form = Network.CellForm()
    if let clip = try attributes.float("clip") {
      guard clip > 0 else { throw node.malformed("the attribute clip is \(clip)") }
      form.clip = clip
    }
    let usual = Self.usualFunctions(of: node)
    var cell = Network.Cell.lstm
    switch node.operation {
    case "LSTM":
      form.isCoupled = try attributes.flag("input_forget")
      gateOrder = Self.lstmOrder
    case "GRU":
      cell = .gru(try attributes.flag("linear_before_reset") ? .resetAfter : .resetBefore)
      gateOrder = Self.gruOrder
    default:
      gateOrder = [0]
    }
    var given = try ActivationList(node, &attributes)
    var sides: [Side] = []
    for index in 0..<directions {
      let functions = try given?.take(usual.count, node) ?? usual
      var (cell, form) = (cell, form)
      form.isReverse = direction == "reverse" || index == 1
      if node.operation == "RNN" {
        cell = .rnn(functions[0])
      } else {
        form.gateActivation = functions[0]
        form.candidateActivation = functions[1]
        if functions.count > 2 { form.outputActivation = functions[2] }
      }
      sides.append(Side(cell: cell, form: form))
    }
    try given?.finish(node, "\(usual.count) for each direction")
    self.sides = sides
  }
}

/// The attributes `activations`, `activation_alpha` and `activation_beta`.
///
/// Parameters belong to the functions that have them, in the functions' order: so ONNX Runtime
/// takes them, where the standard leaves it open, and like it what is left over is ignored.
private struct ActivationList {
  private var names: ArraySlice<String>
  private var alphas: ArraySlice<Float>
  private var betas: ArraySlice<Float>

  /// Nil where the node names no activations.
  init?(_ node: ONNXNode, _ attributes: inout AttributeReader) throws(ConversionError) {
    let names = try attributes.strings("activations")
    alphas = try attributes.floats("activation_alpha")?[...] ?? []
    betas = try attributes.floats("activation_beta")?[...] ?? []
    guard (alphas + betas).allSatisfy({ $0.isFinite }) else {
      throw node.malformed("the attributes activation_alpha and activation_beta are not finite")
    }
    guard let names else { return nil }
    self.names = names[...]
  }

  /// The next functions.
  mutating func take(_ count: Int, _ node: ONNXNode) throws(ConversionError) -> [Network.Function] {
    guard names.count >= count else {
      throw node.malformed("the attribute activations has too few names")
    }
    var functions: [Network.Function] = []
    for _ in 0..<count { functions.append(try function(names.removeFirst(), node)) }
    return functions
  }

  private mutating func function(
    _ name: String, _ node: ONNXNode
  ) throws(ConversionError) -> Network.Function {
    // The standard's default and ONNX Runtime's differ for three functions: these need theirs given.
    func required(_ value: Float?, _ what: String) throws(ConversionError) -> Float {
      guard let value else {
        throw node.unsupported("the attribute \(what) has no value for \(quotable(name))")
      }
      return value
    }
    switch name.lowercased() {
    case "relu": return .relu
    case "tanh": return .tanh
    case "sigmoid": return .sigmoid
    case "softsign": return .softsign
    case "softplus": return .softplus
    case "leakyrelu": return .leakyReLU(alpha: alphas.popFirst() ?? 0.01)
    case "elu": return .elu(alpha: alphas.popFirst() ?? 1)
    case "thresholdedrelu":
      return .thresholdedReLU(alpha: try required(alphas.popFirst(), "activation_alpha"))
    case "affine":
      return .affine(
        alpha: try required(alphas.popFirst(), "activation_alpha"), beta: betas.popFirst() ?? 0)
    case "scaledtanh":
      return .scaledTanh(
        alpha: try required(alphas.popFirst(), "activation_alpha"),
        beta: try required(betas.popFirst(), "activation_beta"))
    case "hardsigmoid":
      return .hardSigmoid(alpha: alphas.popFirst() ?? 0.2, beta: betas.popFirst() ?? 0.5)
    default: throw node.unsupported("the attribute activations names \(quotable(name))")
    }
  }

  /// Refuses names that no gate took. Values that no function took mean nothing.
  func finish(_ node: ONNXNode, _ expected: String) throws(ConversionError) {
    guard names.isEmpty else {
      throw node.malformed("the attribute activations has too many names; expected \(expected)")
    }
  }
}
