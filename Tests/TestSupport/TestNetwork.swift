import SluiceBlob

/// A recurrent cell, by the name that the vectors give it.
public enum Cell: String, Sendable, CaseIterable, Codable {
  case lstm, gruResetAfter, gruResetBefore, rnnTanh, rnnRelu

  /// Blocks of `hiddenSize` rows in each weight.
  public var gateCount: Int {
    switch self {
    case .lstm: 4
    case .gruResetAfter, .gruResetBefore: 3
    case .rnnTanh, .rnnRelu: 1
    }
  }
}

/// A recurrent layer's tensors, named, shaped and ordered as PyTorch's (LSTM i, f, g, o; GRU r, z, n).
public struct RecurrentTensors: Sendable {
  /// The cell and, for a GRU, its form.
  public var cell: Cell
  /// Features read at a step.
  public var inputSize: Int
  /// Units.
  public var hiddenSize: Int
  /// weight_ih `[gates * hiddenSize, inputSize]`.
  public var weightInput: [Float]
  /// weight_hh `[gates * hiddenSize, hiddenSize]`.
  public var weightHidden: [Float]
  /// bias_ih `[gates * hiddenSize]`.
  public var biasInput: [Float]
  /// bias_hh `[gates * hiddenSize]`.
  public var biasHidden: [Float]
  /// h(0), `[hiddenSize]`; empty for zero.
  public var initialHidden: [Float] = []
  /// C(0) of an LSTM, `[hiddenSize]`; empty for zero.
  public var initialCell: [Float] = []

  /// Tensors drawn from `random`, of the size that PyTorch starts with: 1/sqrt(hiddenSize).
  public init(
    _ cell: Cell, inputSize: Int, hiddenSize: Int, withState: Bool = false,
    _ random: inout SeededRandom
  ) {
    let rows = cell.gateCount * hiddenSize
    let bound = Float(1 / Double(hiddenSize).squareRoot())
    self.init(
      cell: cell, inputSize: inputSize, hiddenSize: hiddenSize,
      weightInput: random.floats(rows * inputSize, bound: bound),
      weightHidden: random.floats(rows * hiddenSize, bound: bound),
      biasInput: random.floats(rows, bound: bound), biasHidden: random.floats(rows, bound: bound))
    if withState {
      initialHidden = random.floats(hiddenSize, bound: 0.5)
      if cell == .lstm { initialCell = random.floats(hiddenSize, bound: 0.5) }
    }
  }

  /// The given tensors, from a state of zero.
  public init(
    cell: Cell, inputSize: Int, hiddenSize: Int, weightInput: [Float], weightHidden: [Float],
    biasInput: [Float], biasHidden: [Float]
  ) {
    let rows = cell.gateCount * hiddenSize
    precondition(weightInput.count == rows * inputSize, "weight_ih is not [G*H, I]")
    precondition(weightHidden.count == rows * hiddenSize, "weight_hh is not [G*H, H]")
    precondition(biasInput.count == rows && biasHidden.count == rows, "a bias is not [G*H]")
    self.cell = cell
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.weightInput = weightInput
    self.weightHidden = weightHidden
    self.biasInput = biasInput
    self.biasHidden = biasHidden
  }
}

/// A layer before it is packed.
public enum TestLayer: Sendable {
  /// `table` is `[tokenCount, size]`.
  case embedding(table: [Float], tokenCount: Int, size: Int)
  case recurrent(RecurrentTensors)
  /// `weights` is `[outputSize, inputSize]`.
  case dense(weights: [Float], biases: [Float], inputSize: Int, activation: Activation)
  case activation(Activation, size: Int)

  /// Features read at a step, or token ids.
  public var inputSize: Int {
    switch self {
    case .embedding(_, let count, _): count
    case .recurrent(let tensors): tensors.inputSize
    case .dense(_, _, let inputSize, _): inputSize
    case .activation(_, let size): size
    }
  }

  /// Features written at a step.
  public var outputSize: Int {
    switch self {
    case .embedding(_, _, let size): size
    case .recurrent(let tensors): tensors.hiddenSize
    case .dense(_, let biases, _, _): biases.count
    case .activation(_, let size): size
    }
  }
}

/// A chain of layers: the one source of a blob and of the oracle that judges it.
public struct TestNetwork: Sendable {
  /// The layers in order of execution; an embedding only as the first.
  public var layers: [TestLayer]
  /// Which outputs of a sequence count.
  public var output: OutputMode
  /// What the weights are rounded to.
  public var storage = StorageType.f32
  /// What one step of a quantised input stands for, in every layer; 0 for a scale at every step.
  public var inputStep: Float = 0
  /// How hidden states are rounded at a stored scale.
  public var rounding = HiddenRounding.fixed
  /// How exactly activations are computed, in the layers that have the choice.
  public var grade = ActivationGrade.exact
  /// Whether blocks of weights that are zero are left out, in the layers that may do without.
  public var isSparse = false

  /// A chain of the given layers.
  public init(_ layers: [TestLayer], output: OutputMode = .sequence) {
    self.layers = layers
    self.output = output
  }

  /// Features read at a step, or token ids.
  public var inputSize: Int { layers[0].inputSize }
  /// Features written at a step.
  public var outputSize: Int { layers[layers.count - 1].outputSize }
  /// Whether a step reads a token id.
  public var readsTokens: Bool {
    if case .embedding = layers[0] { true } else { false }
  }

  /// The network with activations of the fast grade.
  public var fast: TestNetwork {
    var network = self
    network.grade = .fast
    return network
  }

  /// The network, whose type is known, with zeros in all but a share of its blocks of weights; they are left
  /// out.
  public func pruned(keeping share: Double) -> TestNetwork {
    var network = self
    network.layers = layers.enumerated().map { index, layer in
      layer.pruned(as: storage, keeping: share, seed: UInt64(index))
    }
    network.isSparse = true
    return network
  }

  /// The network with zeros stored.
  public var whole: TestNetwork {
    var network = self
    network.isSparse = false
    return network
  }

  /// The network with its weights rounded to a type.
  public func stored(
    as type: StorageType, inputStep: Float = 0, rounding: HiddenRounding = .fixed
  ) -> TestNetwork {
    var network = self
    network.storage = type
    network.inputStep = inputStep
    network.rounding = rounding
    return network
  }

  /// One recurrent layer, or several of the same cell stacked.
  public static func recurrent(
    _ cell: Cell, inputSize: Int, hiddenSize: Int, layers: Int = 1, withState: Bool = false,
    seed: UInt64
  ) -> TestNetwork {
    var random = SeededRandom(seed: seed)
    return TestNetwork(
      (0..<layers).map {
        .recurrent(
          RecurrentTensors(
            cell, inputSize: $0 == 0 ? inputSize : hiddenSize, hiddenSize: hiddenSize,
            withState: withState, &random))
      })
  }

  /// Every kind of layer in one chain, of sizes that are no multiples of 8.
  public static func mixed(seed: UInt64, readingTokens: Bool) -> TestNetwork {
    var random = SeededRandom(seed: seed)
    var layers: [TestLayer] = []
    if readingTokens {
      layers.append(.embedding(table: random.floats(11 * 13), tokenCount: 11, size: 13))
    } else {
      layers.append(.dense(13, from: 5, .relu, &random))
    }
    layers += [
      .recurrent(
        RecurrentTensors(.lstm, inputSize: 13, hiddenSize: 21, withState: true, &random)),
      .recurrent(RecurrentTensors(.gruResetAfter, inputSize: 21, hiddenSize: 9, &random)),
      .activation(.tanh, size: 9),
      .recurrent(
        RecurrentTensors(.gruResetBefore, inputSize: 9, hiddenSize: 35, withState: true, &random)),
      .recurrent(RecurrentTensors(.rnnRelu, inputSize: 35, hiddenSize: 6, &random)),
      .dense(19, from: 6, .sigmoid, &random),
      .recurrent(RecurrentTensors(.rnnTanh, inputSize: 19, hiddenSize: 17, &random)),
      .dense(3, from: 17, .identity, &random), .activation(.softmax, size: 3),
    ]
    return TestNetwork(layers)
  }
}

extension TestLayer {
  /// A dense layer drawn from `random`.
  public static func dense(
    _ outputSize: Int, from inputSize: Int, _ activation: Activation, _ random: inout SeededRandom
  ) -> TestLayer {
    let bound = Float(1 / Double(inputSize).squareRoot())
    return .dense(
      weights: random.floats(outputSize * inputSize, bound: bound),
      biases: random.floats(outputSize, bound: bound), inputSize: inputSize,
      activation: activation)
  }
}
