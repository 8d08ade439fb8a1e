import SluiceBlob
import SluiceNetwork

/// What a source's tensors are: the layers in order, with the prefixes of their tensors.
package struct Architecture {
  /// One layer, or a stack of recurrent layers, of an architecture.
  struct Layer {
    /// The name by which others read it; nil where they cannot.
    var name: String?
    /// The names of the layers that it reads; nil for the layer before it.
    var inputs: [String]?
    /// What it is.
    var kind: Kind
    /// Where it stands, for errors; nil where it was inferred.
    var node: JSONNode?

    init(_ kind: Kind) { self.kind = kind }
  }

  /// What a layer is.
  enum Kind {
    case embedding(tensors: String, masksZero: Bool)
    /// Zeros where all features have the value: a step that recurrent layers which name it pass over.
    case masking(value: Float)
    case recurrent(Recurrent)
    case dense(tensors: String, activation: Network.Function)
    case convolution(Convolution)
    case layerNorm(tensors: String, epsilon: Float)
    case batchNorm(tensors: String, epsilon: Float)
    case prelu(tensors: String)
    case activation(Network.Function)
    case add
    case concatenate
    case slice(start: Int, count: Int)
    /// The greatest of neighbouring columns of a step, of each channel.
    case maxPool(length: Int, size: Int, stride: Int)
    /// The columns of each channel side by side, instead of the channels of each column.
    case transpose(length: Int)
    case scale(factor: Float, summand: Float)
  }

  /// A stack of recurrent layers.
  struct Recurrent {
    var cell: Network.Cell
    var tensors: String
    var count = 1
    /// What becomes of the outputs of two directions.
    enum Merge {
      case concatenate, sum, average
    }

    /// Whether each layer reads both ways, and what becomes of their outputs.
    var isBidirectional = false
    var merge = Merge.concatenate
    /// Whether the layers read from the last step to the first.
    var isReverse = false
    /// Whether what reads backwards in the last layer writes the state in which it ends.
    var writesFinalState = false
    /// Whether every direction of the last layer writes the state in which it ends at every step.
    var repeats = false
    /// The name of the layer whose masked steps are passed over; nil for none.
    var mask: String?
    /// Whether the output of a masked step is zero instead of the state.
    var zeroesMasked = false
    /// The size of the LSTM's projection, which the tensors must have; nil where they tell.
    var projection: Int?
    var gateActivation = Network.Function.sigmoid
    var cellClip: Float?
    var projectionClip: Float?
    var activation = Network.Function.tanh
  }

  /// A convolution along the stream, or within the columns of a step.
  struct Convolution {
    var tensors: String
    var length = 1
    var stride = 1
    var dilation = 1
    var groups = 1
    var padding = Network.Convolution.Padding.past
    var activation = Network.Function.identity
  }

  /// Features read at a step, or the ids of an embedding; nil where nothing says so.
  var inputSize: Int?
  var layers: [Layer]
  var output: OutputMode = .sequence
  /// Prefixes of tensors that have no part in what is computed.
  var ignored: [String] = []
  /// What tensors are called in the file, by the names that they have here; others have one name.
  var names: [(name: String, inFile: String, node: JSONNode)] = []
}

extension Architecture {
  /// The name of the network's input among a layer's `inputs`.
  static let inputName = "input"

  /// The architecture that a JSON text describes.
  package init(_ root: JSONNode) throws(ConversionError) {
    _ = try root.object(keys: ["input_size", "layers", "output", "ignore", "names"])
    inputSize = try root.optional("input_size")?.integer(in: 1...Int(BlobLimits.tokenCount))
    if let node = try root.optional("output") {
      switch try node.string() {
      case "sequence": output = .sequence
      case "last": output = .last
      default: throw node.malformed("expected \"sequence\" or \"last\"")
      }
    }
    for node in try root.optional("ignore")?.elements() ?? [] { ignored.append(try node.string()) }
    if let node = try root.optional("names") {
      for (name, inFile) in try node.members() {
        names.append((name, try inFile.string(), inFile))
      }
    }
    let list = try root.member("layers")
    layers = []
    for node in try list.elements() { layers.append(try Layer(node)) }
    guard !layers.isEmpty else { throw list.malformed("expected at least one layer") }
    guard layers.count <= BlobLimits.layerCount else {
      throw list.malformed("more than \(BlobLimits.layerCount) layers")
    }
  }
}
