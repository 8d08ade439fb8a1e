import SluiceBlob

/// A trained network as a graph of layers, in PyTorch's conventions, before any packing.
///
/// Layers are in order of execution, and each reads layers before it: by default the one just
/// before, so that a chain needs no indices. The network's output is that of the last layer.
public struct Network: Sendable {
  /// One layer of the graph.
  public struct Layer: Sendable {
    /// A name unique among the layers, taken from the source.
    public var name: String
    /// What the layer computes, with its weights.
    public var operation: Operation
    /// The indices of the layers that it reads, -1 for the network's input; empty stands for the
    /// layer before it, of the first layer for the network's input.
    public var inputs: [Int]
    /// The nodes of the source's graph that became it, each as operator and name; empty without a graph.
    package var origins: [String] = []

    /// A named layer.
    public init(name: String, operation: Operation, inputs: [Int] = []) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
    }
  }

  /// What a layer computes, with its weights.
  public enum Operation: Sendable {
    /// A table row for each token id.
    case embedding(Embedding)
    /// An LSTM, a GRU or an Elman network.
    case recurrent(Recurrent)
    /// Fully connected: y = f(W x + b).
    case dense(Dense)
    /// An activation alone over `size` features.
    case activation(Function, size: Int)
    /// Taps over neighbouring columns, within a step or along the stream.
    case convolution(Convolution)
    /// A factor and a summand for each channel.
    case scale(Scale)
    /// Each column brought to mean 0 and variance 1.
    case layerNorm(LayerNorm)
    /// A slope for each channel where it is negative.
    case prelu(PReLU)
    /// The sum of `count` inputs, at least 2, each of `size` features.
    case add(size: Int, count: Int)
    /// The product of `count` inputs, at least 2, each of `size` features.
    case multiply(size: Int, count: Int)
    /// Columns side by side: of every input a column of its channels, `length` times.
    case concatenate(length: Int, channels: [Int])
    /// sqrt(re^2 + im^2): reads `[length, 2 * channels]`, of every column all re, then all im.
    case magnitude(length: Int, channels: Int)
    /// Mirrored columns before and behind a step's.
    case reflectPad(ReflectPad)
    /// Some channels of every column.
    case slice(Slice)
    /// x and a mark behind it, or zeros where the step is masked.
    case mask(Mask)
    /// The greatest of neighbouring columns, of each channel.
    case maxPool(MaxPool)
    /// The index of every column's greatest channel, of equal ones the first: `[length]`.
    case argMax(length: Int, channels: Int)
    /// What was read some steps before.
    case delay(Delay)
    /// Some features in some order.
    case gather(Gather)
  }

  /// The layers in order of execution; never empty.
  public var layers: [Layer]
  /// Which outputs of a sequence count.
  public var output: OutputMode
  /// The word of each token id; empty where there is no vocabulary.
  public var vocabulary: [String]
  /// The name of each output; empty where there are none.
  public var labels: [String]
  /// Where the weights came from.
  public var provenance: Provenance
  /// What a blob tells an application of the network: a JSON object, or empty for none.
  public var metadata = ""

  /// A network of the given layers.
  public init(
    layers: [Layer], output: OutputMode = .sequence, vocabulary: [String] = [],
    labels: [String] = [], provenance: Provenance
  ) {
    self.layers = layers
    self.output = output
    self.vocabulary = vocabulary
    self.labels = labels
    self.provenance = provenance
  }

  /// Features read at a step; 1, an id, where the network begins with an embedding.
  public var inputSize: Int {
    if readsIDs { return 1 }
    for (index, layer) in layers.enumerated() {
      let inputs = inputs(of: index)
      if let place = inputs.firstIndex(of: Self.networkInput) { return layer.inputSizes[place] }
    }
    return 0
  }

  /// Features read at a step, or ids of the embedding that the network begins with.
  public var rangeOfInput: Int { readsIDs ? layers[0].inputSize : inputSize }

  /// Features written at a step.
  public var outputSize: Int { layers.last?.outputSize ?? 0 }

  /// Whether the network reads token ids in place of features.
  public var readsIDs: Bool { layers.first?.readsIDs ?? false }
}
