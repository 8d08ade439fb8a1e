/// Where a GRU multiplies by its reset gate. The raw values are those of the file; 0 elsewhere.
public enum GRUVariant: UInt32, Sendable {
  /// n = tanh(W x + b + r * (U h + b_h)): PyTorch, cuDNN, Keras 2 and later.
  case resetAfter = 1
  /// n = tanh(W x + b + U (r * h)): Cho et al. 2014, the default of ONNX.
  case resetBefore = 2
}

/// The order in which a layer's gates are interleaved. The raw values are those of the file.
public enum GateOrder: UInt32, Sendable {
  /// A layer without gates.
  case none = 0
  /// Input, forget, candidate (g), output: the LSTM.
  case ifgo = 1
  /// Reset, update, candidate (n): the GRU.
  case rzn = 2
}

/// How exactly tanh and sigmoid are approximated. The raw values are those of the file.
public enum ActivationGrade: UInt32, Sendable {
  /// tanh to 1.5 ULP, sigmoid to 2 ULP, that of a cell's gates to 1e-7.
  case exact = 1
  /// At most 1e-5 absolute, where ``LayerRecord/hasFastGrade`` holds.
  case fast = 2
}

/// The direction in which a recurrent layer reads the sequence. The raw values are those of the file.
///
/// A bidirectional layer is two, one in each direction, that read the same and whose outputs are
/// joined.
public enum Direction: UInt32, Sendable {
  /// From the first step to the last: the only direction that can be streamed.
  case forward = 0
  /// From the last step to the first: needs the whole sequence.
  case reverse = 1
  /// From the last step to the first, every output being the state in which the layer ends there:
  /// what stands beside the last step of a layer that reads forwards.
  case reverseFinal = 2
  /// From the first step to the last, every output being the state in which the layer ends: what a
  /// decoder reads at each of its steps. Needs the whole sequence.
  case forwardFinal = 3

  /// Whether the last step is read first.
  package var isReverse: Bool { self == .reverse || self == .reverseFinal }
  /// Whether every output is the state in which the layer ends.
  package var writesFinalState: Bool { self == .reverseFinal || self == .forwardFinal }
}

/// What distinguishes a recurrent cell from the plain one. The raw values are those of the file.
///
/// No OptionSet, whose conformance brings arrays along: readers must do without an allocation.
public struct CellFlags: Sendable, Hashable {
  /// The bits.
  public var rawValue: UInt32

  /// The flags of these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// LSTM: i and f see C(t-1), o sees C(t), each times a weight of its unit.
  public static var peepholes: CellFlags { CellFlags(rawValue: 1) }
  /// LSTM: f = 1 - i; the forget gate's own weights do not matter.
  public static var coupled: CellFlags { CellFlags(rawValue: 2) }
  /// LSTM: h(t) = P (o * tanh C), which has a size of its own.
  public static var projection: CellFlags { CellFlags(rawValue: 4) }
  /// A step whose last feature is 0 is passed over: h and C stay, and h is the output.
  public static var masked: CellFlags { CellFlags(rawValue: 8) }
  /// Every flag.
  public static var all: CellFlags { CellFlags(rawValue: 15) }

  /// Whether no flag is set: a plain cell.
  public var isEmpty: Bool { rawValue == 0 }

  /// Whether a step is computed as that of a plain cell.
  var isPlain: Bool { rawValue & ~CellFlags.masked.rawValue == 0 }

  /// Whether all of `flags` are set.
  public func contains(_ flags: CellFlags) -> Bool { rawValue & flags.rawValue == flags.rawValue }

  /// Whether no flag but those of `flags` is set.
  public func isSubset(of flags: CellFlags) -> Bool { flags.contains(self) }

  /// Sets all of `flags`.
  public mutating func insert(_ flags: CellFlags) { rawValue |= flags.rawValue }
}

/// How a hidden state becomes integers at a stored scale. The raw values are those of the file.
public enum HiddenRounding: UInt32, Sendable {
  /// In steps of the scale, whatever it holds: a state that decays slowly stays where its loss is
  /// less than half a step, and never falls silent.
  case fixed = 0
  /// The same, but where no |h| reaches 32 steps in steps of its own, as without a stored scale: the
  /// quieter a state is the finer, down to silence.
  case finer = 1
}

/// A range of bytes within a section.
public struct ByteRange: Sendable, Hashable {
  /// Offset of the first byte from the start of the section.
  public var offset: UInt64
  /// Number of bytes.
  public var length: UInt64

  /// A range of `length` bytes from `offset`.
  public init(offset: UInt64 = 0, length: UInt64 = 0) {
    self.offset = offset
    self.length = length
  }
}

/// Everything that a runtime must know of one layer: a record in the file.
public struct LayerRecord: Sendable, Hashable {
  /// What the layer computes.
  public var kind: LayerKind
  /// The GRU's form, nil for every other kind.
  public var variant: GRUVariant?
  /// Features read at a step, of all columns. Of an embedding: the number of ids.
  public var inputSize: Int
  /// Units of a recurrent layer, of one column where it has columns; 0 elsewhere.
  public var hiddenSize: Int
  /// Features written at a step, of all columns: `hiddenSize` for a recurrent layer without a
  /// projection.
  public var outputSize: Int
  /// The direction of reading.
  public var direction: Direction
  /// The order of the interleaved gates.
  public var gateOrder: GateOrder
  /// How the weights are stored.
  public var storage: StorageType
  /// Activation of the gates (LSTM, GRU: sigmoid as a rule); `identity` elsewhere.
  public var gateActivation: ActivationFunction
  /// Activation of the candidate (LSTM, GRU, RNN: tanh as a rule); `identity` elsewhere.
  public var candidateActivation: ActivationFunction
  /// Activation of the output (LSTM: of the cell, tanh as a rule; dense, activation: its function).
  public var outputActivation: ActivationFunction
  /// What distinguishes the cell from the plain one.
  public var cellFlags: CellFlags
  /// What every sum is limited to before its activation, [-clip, clip]; 0 for no limit.
  public var clip: Float
  /// How exactly tanh and sigmoid are computed.
  public var grade: ActivationGrade
  /// The packed weights, within the section of weights.
  public var weights: ByteRange
  /// The biases, within the section of biases.
  public var biases: ByteRange
  /// The initial state, within the section of states; empty where the state starts at zero.
  public var initialState: ByteRange
  /// The layer's name, within the section of names.
  public var name: ByteRange
  /// What the layer does with its columns.
  public var columns = ColumnShape()
  /// The layers that it reads; empty stands for the one just before.
  public var inputs = LayerInputs()
  /// The scales of int8 and int4 weights, within the section of scales; empty for other types.
  public var scales = ByteRange()
  /// What one step of a quantised input stands for (int8 and int4 layers but embeddings); 0 lets
  /// every step have a scale of its own.
  public var inputScale: Float = 0
  /// The same for the hidden state of a recurrent layer: 1/127 where |h| <= 1.
  public var hiddenScale: Float = 0
  /// What an LSTM's C is limited to, [-cellClip, cellClip], before anything reads it; 0 for no limit.
  public var cellClip: Float = 0
  /// What a projection's h is limited to, likewise.
  public var projectionClip: Float = 0
  /// How the hidden state is rounded in steps of ``hiddenScale``.
  public var hiddenRounding = HiddenRounding.fixed
  /// Features of a mask, from ``ColumnShape/start`` on, that are compared with ``maskValue``; 0 elsewhere.
  public var maskCount = 0
  /// What all these features of a masked step are.
  public var maskValue: Float = 0
  /// Steps of a delay, 0 elsewhere.
  public var delay = 0
  /// Blocks of weights that are stored, of a layer that leaves out those that are zero; nil where all are.
  public var keptBlocks: Int?
}
