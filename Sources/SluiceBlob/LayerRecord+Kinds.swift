extension LayerRecord {
  /// A record of the given values; the byte ranges are for the writer to fill in.
  public init(
    kind: LayerKind, variant: GRUVariant? = nil, inputSize: Int, hiddenSize: Int = 0,
    outputSize: Int, gateOrder: GateOrder = .none, gateActivation: ActivationFunction = .identity,
    candidateActivation: ActivationFunction = .identity,
    outputActivation: ActivationFunction = .identity, cellFlags: CellFlags = CellFlags(rawValue: 0),
    clip: Float = 0,
    direction: Direction = .forward, storage: StorageType = .f32, grade: ActivationGrade = .exact
  ) {
    self.kind = kind
    self.variant = variant
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.outputSize = outputSize
    self.direction = direction
    self.gateOrder = gateOrder
    self.storage = storage
    self.gateActivation = gateActivation
    self.candidateActivation = candidateActivation
    self.outputActivation = outputActivation
    self.cellFlags = cellFlags
    self.clip = clip
    self.grade = grade
    weights = ByteRange()
    biases = ByteRange()
    initialState = ByteRange()
    name = ByteRange()
  }

  /// A table of `tokenCount` rows of `outputSize` floats.
  public static func embedding(tokenCount: Int, outputSize: Int) -> LayerRecord {
    LayerRecord(kind: .embedding, inputSize: tokenCount, outputSize: outputSize)
  }

  /// An LSTM with sigmoid gates, and tanh of candidate and cell.
  public static func lstm(inputSize: Int, hiddenSize: Int) -> LayerRecord {
    LayerRecord(
      kind: .lstm, inputSize: inputSize, hiddenSize: hiddenSize, outputSize: hiddenSize,
      gateOrder: .ifgo, gateActivation: .sigmoid, candidateActivation: .tanh,
      outputActivation: .tanh)
  }

  /// A GRU with sigmoid gates and tanh of the candidate.
  public static func gru(inputSize: Int, hiddenSize: Int, variant: GRUVariant) -> LayerRecord {
    LayerRecord(
      kind: .gru, variant: variant, inputSize: inputSize, hiddenSize: hiddenSize,
      outputSize: hiddenSize, gateOrder: .rzn, gateActivation: .sigmoid,
      candidateActivation: .tanh)
  }

  /// An Elman network.
  public static func rnn(
    inputSize: Int, hiddenSize: Int, activation: ActivationFunction = .tanh
  ) -> LayerRecord {
    LayerRecord(
      kind: .rnn, inputSize: inputSize, hiddenSize: hiddenSize, outputSize: hiddenSize,
      candidateActivation: activation)
  }

  /// A fully connected layer.
  public static func dense(
    inputSize: Int, outputSize: Int, activation: ActivationFunction = .identity
  ) -> LayerRecord {
    LayerRecord(
      kind: .dense, inputSize: inputSize, outputSize: outputSize, outputActivation: activation)
  }

  /// An activation of `size` values.
  public static func activation(_ activation: ActivationFunction, size: Int) -> LayerRecord {
    LayerRecord(
      kind: .activation, inputSize: size, outputSize: size, outputActivation: activation)
  }
}
