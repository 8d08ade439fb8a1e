import SluiceBlob

/// A trained network as a chain of layers, in PyTorch's conventions, before any packing.
public struct Network: Sendable {
  /// One layer of the chain.
  public struct Layer: Sendable {
    /// A name unique among the layers, taken from the source.
    public var name: String
    /// What the layer computes, with its weights.
    public var operation: Operation

    /// A named layer.
    public init(name: String, operation: Operation) {
      self.name = name
      self.operation = operation
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
    case activation(Activation, size: Int)
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
    guard let first = layers.first else { return 0 }
    return first.readsIDs ? 1 : first.inputSize
  }

  /// Features written at a step.
  public var outputSize: Int { layers.last?.outputSize ?? 0 }

  /// Whether the network reads token ids in place of features.
  public var readsIDs: Bool { layers.first?.readsIDs ?? false }
}

extension Network.Layer {
  /// Features read at a step; of an embedding, the number of ids.
  public var inputSize: Int {
    switch operation {
    case .embedding(let table): table.count
    case .recurrent(let cell): cell.inputSize
    case .dense(let dense): dense.inputSize
    case .activation(_, let size): size
    }
  }

  /// Features written at a step.
  public var outputSize: Int {
    switch operation {
    case .embedding(let table): table.size
    case .recurrent(let cell): cell.hiddenSize
    case .dense(let dense): dense.outputSize
    case .activation(_, let size): size
    }
  }

  /// Whether the layer is an embedding.
  public var readsIDs: Bool {
    if case .embedding = operation { true } else { false }
  }
}
