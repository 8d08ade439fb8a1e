import SluiceBlob

extension Network {
  /// A table with a row of features for each token id.
  public struct Embedding: Sendable {
    /// Number of ids.
    public var count: Int
    /// Features of a row.
    public var size: Int
    /// The rows: `[count, size]`.
    public var weights: [Float]

    /// A table of `[count, size]` weights.
    public init(count: Int, size: Int, weights: [Float]) {
      self.count = count
      self.size = size
      self.weights = weights
    }
  }

  /// A fully connected layer: y = f(W x + b).
  public struct Dense: Sendable {
    /// Features read.
    public var inputSize: Int
    /// Features written.
    public var outputSize: Int
    /// W: `[outputSize, inputSize]`.
    public var weights: [Float]
    /// b: `[outputSize]`; nil for none.
    public var bias: [Float]?
    /// f.
    public var activation: Function

    /// A layer of `[outputSize, inputSize]` weights.
    public init(
      inputSize: Int, outputSize: Int, weights: [Float], bias: [Float]?,
      activation: Function = .identity
    ) {
      self.inputSize = inputSize
      self.outputSize = outputSize
      self.weights = weights
      self.bias = bias
      self.activation = activation
    }
  }

  /// The recurrent cells.
  public enum Cell: Sendable, Hashable {
    /// Gates in the order i, f, g, o.
    case lstm
    /// Gates in the order r, z, n.
    case gru(GRUVariant)
    /// h = f(W x + U h + b), f pointwise.
    case rnn(Function)

    /// The kind of layer that a blob has for it.
    package var kind: LayerKind {
      switch self {
      case .lstm: .lstm
      case .gru: .gru
      case .rnn: .rnn
      }
    }

    /// Gates, and so rows of weights for each hidden unit.
    public var gateCount: Int { kind.traits.gates }
  }

  /// How a recurrent layer runs over the columns of a step: with one set of weights for all.
  public struct RecurrentColumns: Sendable, Hashable {
    /// Which way the state goes.
    public enum Mode: Sendable, Hashable {
      /// From column to column, at every step from the initial state, backwards where the layer reads
      /// in reverse. Nothing is carried between steps.
      case along
      /// From step to step: every column has a state of its own.
      case each
    }

    /// Columns of a step, R.
    public var count: Int
    /// Which way the state goes.
    public var mode: Mode

    /// `count` columns.
    public init(count: Int, mode: Mode) {
      self.count = count
      self.mode = mode
    }
  }

  /// A recurrent layer in PyTorch's shapes and row order.
  public struct Recurrent: Sendable {
    /// The cell, G = `cell.gateCount` gates.
    public var cell: Cell
    /// Features read at a step, I; of a column where the layer runs over columns.
    public var inputSize: Int
    /// Hidden units, H: also the features written at a step or of a column, O, where there is no
    /// projection.
    public var hiddenSize: Int
    /// W: `[G * H, I]`.
    public var inputWeights: [Float]
    /// U: `[G * H, O]`.
    public var hiddenWeights: [Float]
    /// The bias beside W, `[G * H]`; nil for none.
    public var inputBias: [Float]?
    /// The bias beside U, `[G * H]`; nil for none.
    public var hiddenBias: [Float]?
    /// h before the first step, `[O]`; `[R, O]` where each column has its own; empty for zero.
    public var initialHidden: [Float]
    /// C before the first step, `[H]` or `[R, H]` likewise; empty for zero, and for every cell but the LSTM.
    public var initialCell: [Float]
    /// What distinguishes the layer from the plain one.
    public var form: CellForm
    /// How the layer runs over the columns of a step, `[R, I]` to `[R, O]`; nil where a step is one vector.
    public var columns: RecurrentColumns?

    /// Columns of a step, 1 where it is one vector.
    public var columnCount: Int { columns?.count ?? 1 }

    /// States that are carried from step to step, or from which every step begins.
    package var stateCount: Int { columns?.mode == .each ? columnCount : 1 }

    /// Features written at a step or of a column, O.
    public var outputSize: Int {
      form.projection.map { $0.count / max(hiddenSize, 1) } ?? hiddenSize
    }

    /// A recurrent layer; biases and initial states are optional.
    public init(
      cell: Cell, inputSize: Int, hiddenSize: Int, inputWeights: [Float], hiddenWeights: [Float],
      inputBias: [Float]? = nil, hiddenBias: [Float]? = nil, initialHidden: [Float] = [],
      initialCell: [Float] = [], form: CellForm = CellForm(), columns: RecurrentColumns? = nil
    ) {
      self.cell = cell
      self.inputSize = inputSize
      self.hiddenSize = hiddenSize
      self.inputWeights = inputWeights
      self.hiddenWeights = hiddenWeights
      self.inputBias = inputBias
      self.hiddenBias = hiddenBias
      self.initialHidden = initialHidden
      self.initialCell = initialCell
      self.form = form
      self.columns = columns
    }
  }
}
