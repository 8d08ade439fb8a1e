import SluiceBlob
import SluiceNetwork

/// One layer of RTNeural's JSON.
struct RTNeuralLayer {
  /// Keys of each type, beside those of all.
  private static let keys: [String: Set<String>] = [
    "dense": [], "time-distributed-dense": [], "lstm": [], "gru": [], "prelu": [],
    "activation": [], "batchnorm": ["epsilon"],
    "conv1d": ["kernel_size", "dilation", "groups", "strides", "padding"],
  ]
  private static let activations: [String: Network.Function] = [
    "": .identity, "linear": .identity, "tanh": .tanh, "relu": .relu, "sigmoid": .sigmoid,
    "softmax": .softmax, "elu": .elu(alpha: 1),
  ]

  let node: JSONNode
  let type: String
  /// The layer's place among the layers and its type: a name that stands once.
  let name: String
  let inputSize: Int
  let outputSize: Int
  let activation: Network.Function
  let weights: [JSONNode]

  init(_ node: JSONNode, index: Int, inputSize: Int) throws(ConversionError) {
    self.node = node
    self.inputSize = inputSize
    let keys: Set<String>
    (type, keys) = try Self.type(of: node)
    _ = try node.object(keys: keys.union(["type", "name", "activation", "shape", "weights"]))
    name = "\(index).\(type)"
    outputSize = try RTNeuralModel.size(of: try node.member("shape"))
    activation = try node.optional("activation").map(Self.function) ?? .identity
    weights = try node.optional("weights")?.elements() ?? []
  }

  /// The layer's type, and the keys of its own.
  static func type(
    of node: JSONNode
  ) throws(ConversionError) -> (type: String, keys: Set<String>) {
    let type = try node.member("type")
    let name = try type.string()
    guard let keys = keys[name] else {
      throw type.unsupported("the layer type \"\(quotable(name))\" is not supported")
    }
    return (name, keys)
  }

  private static func function(_ node: JSONNode) throws(ConversionError) -> Network.Function {
    let name = try node.string()
    guard let function = activations[name] else {
      throw node.unsupported("the activation \"\(quotable(name))\"")
    }
    return function
  }

  /// What the layer computes: it, and behind it an activation where that stands alone.
  func layers() throws(ConversionError) -> [Network.Layer] {
    switch type {
    case "dense", "time-distributed-dense": return [layer(.dense(try dense()))]
    case "conv1d":
      let convolution = layer(.convolution(try convolution()))
      return activation.isPlainPointwise ? [convolution] : [convolution] + alone()
    case "lstm", "gru":
      guard activation == .tanh || activation == .identity else {
        throw try node.member("activation").unsupported(
          "a recurrent layer with another activation than tanh")
      }
      return [layer(.recurrent(try type == "lstm" ? lstm() : gru()))]
    case "prelu": return [layer(.prelu(Network.PReLU(slopes: try slopes())))]
    case "batchnorm": return [layer(.scale(try batchNorm()))] + alone()
    default:
      try expectWeights(0)
      try keepsSize()
      return alone()
    }
  }

  private func layer(_ operation: Network.Operation) -> Network.Layer {
    Network.Layer(name: name, operation: operation)
  }

  /// The activation as a layer of its own; nothing where it changes nothing.
  private func alone() -> [Network.Layer] {
    guard activation != .identity else { return [] }
    let own = type == "activation" ? name : "\(name).activation"
    return [Network.Layer(name: own, operation: .activation(activation, size: outputSize))]
  }

  /// Throws where there are not that many arrays of weights.
  func expectWeights(_ counts: Int...) throws(ConversionError) {
    guard counts.contains(weights.count) else {
      let expected = counts.map(String.init).joined(separator: " or ")
      throw try (node.optional("weights") ?? node).malformed(
        "\(weights.count) arrays of weights; expected \(expected)")
    }
  }

  private func keepsSize() throws(ConversionError) {
    guard inputSize == outputSize else {
      throw try node.member("shape").malformed(
        "\(outputSize) features; expected the \(inputSize) that the layer reads")
    }
  }

  /// Where a shape's sizes come from, for errors.
  var sizes: String { "\(inputSize) features in, \(outputSize) out" }

  private func dense() throws(ConversionError) -> Network.Dense {
    try expectWeights(1, 2)
    let kernel = try weights[0].array(shape: [inputSize, outputSize], sizes)
    return Network.Dense(
      inputSize: inputSize, outputSize: outputSize,
      weights: transposed(kernel, columns: outputSize),
      bias: weights.count == 2 ? try weights[1].array(shape: [outputSize], sizes) : nil,
      activation: activation)
  }

  private func slopes() throws(ConversionError) -> [Float] {
    try expectWeights(1)
    try keepsSize()
    let array = try weights[0].array()
    // One slope may serve all.
    guard array.shape == [1, inputSize] || array.shape == [1, 1] else {
      throw weights[0].malformed("has the shape \(array.shape); expected [1, \(inputSize)]")
    }
    return array.count == inputSize
      ? array.floats : Array(repeating: array.floats[0], count: inputSize)
  }

  private func batchNorm() throws(ConversionError) -> Network.Scale {
    try expectWeights(2, 4)
    try keepsSize()
    let epsilonNode = try node.member("epsilon")
    let epsilon = Float(try epsilonNode.double())
    guard epsilon >= 0, epsilon.isFinite else {
      throw epsilonNode.malformed("expected a number of at least 0")
    }
    var vectors: [[Float]] = []
    for weights in weights { vectors.append(try weights.array(shape: [inputSize], sizes)) }
    let variance = vectors[vectors.count - 1]
    guard variance.allSatisfy({ $0 + epsilon > 0 }) else {
      throw weights[weights.count - 1].malformed("a variance that is not above 0")
    }
    return Network.Scale(
      mean: vectors[vectors.count - 2], variance: variance, epsilon: epsilon,
      weight: vectors.count == 4 ? vectors[0] : nil, bias: vectors.count == 4 ? vectors[1] : nil)
  }
}

/// The transpose of a matrix `[rows, columns]`.
func transposed(_ matrix: [Float], columns: Int) -> [Float] {
  let rows = matrix.count / columns
  return (0..<columns).flatMap { column in (0..<rows).map { matrix[$0 * columns + column] } }
}
