/// What holds for every layer of a kind, whatever its sizes: a row of the one table.
///
/// The validator, the sizes, the packing and the readers of architectures ask it, not the kind.
package struct LayerTraits: Sendable {
  /// The name in JSON and in messages.
  package let name: StaticString
  /// What the packed weights are.
  package let weights: LayerWeights
  /// Gates of a cell, 1 for other kinds with packed weights, else 0.
  package let gates: Int
  /// The order in which the gates are interleaved.
  package let gateOrder: GateOrder
  /// Rows of bias vectors, of the plain form.
  package let biasRows: Int
  /// Vectors of a cell's state: h, and of an LSTM C.
  package let stateVectors: Int
  /// The gates' activation.
  package let gate: LayerFunction
  /// The candidate's activation.
  package let candidate: LayerFunction
  /// The output's activation.
  package let output: LayerFunction
  /// What the output size follows from.
  package let outputSize: OutputSizeRule
  /// What becomes of the columns.
  package let columns: ColumnRule
  /// Layers that must be listed at least; 0 of a kind that reads one.
  package let fewestListed: Int
  /// The flags that a cell may have.
  package let flags: CellFlags
  /// Whether there is a ``GRUVariant``.
  package let hasVariant: Bool
  /// Whether there is an epsilon.
  package let hasEpsilon: Bool
  /// The version of the format that has it first.
  package let since: UInt32

  init(
    _ name: StaticString, weights: LayerWeights = .none, gates: Int = 0,
    gateOrder: GateOrder = .none, biasRows: Int? = nil, stateVectors: Int = 0,
    gate: LayerFunction = .absent, candidate: LayerFunction = .absent,
    output: LayerFunction = .absent, outputSize: OutputSizeRule = .free,
    columns: ColumnRule = .none, fewestListed: Int = 0,
    flags: CellFlags = CellFlags(rawValue: 0), hasVariant: Bool = false, hasEpsilon: Bool = false,
    since: UInt32 = 1
  ) {
    self.name = name
    self.weights = weights
    self.gates = gates
    self.gateOrder = gateOrder
    self.biasRows = biasRows ?? gates
    self.stateVectors = stateVectors
    self.gate = gate
    self.candidate = candidate
    self.output = output
    self.outputSize = outputSize
    self.columns = columns
    self.fewestListed = fewestListed
    self.flags = flags
    self.hasVariant = hasVariant
    self.hasEpsilon = hasEpsilon
    self.since = since
  }

  /// Whether some activation has a fast grade.
  package var hasFastGrade: Bool { candidate.fast.contains(.tanh) || output.fast.contains(.tanh) }

  /// A recurrent cell.
  static func cell(
    _ name: StaticString, gates: Int, _ order: GateOrder, vectors: Int,
    gate: LayerFunction = .absent, candidate: LayerFunction, output: LayerFunction = .absent,
    flags: CellFlags = CellFlags(rawValue: 0), hasVariant: Bool = false
  ) -> LayerTraits {
    LayerTraits(
      name, weights: .cell, gates: gates, gateOrder: order, stateVectors: vectors, gate: gate,
      candidate: candidate, output: output, outputSize: .units, flags: flags,
      hasVariant: hasVariant)
  }

  /// A layer of a vector or two for each channel, which lie where biases do.
  static func channels(
    _ name: StaticString, rows: Int, hasEpsilon: Bool = false
  ) -> LayerTraits {
    LayerTraits(
      name, biasRows: rows, outputSize: .input, columns: .kept, hasEpsilon: hasEpsilon)
  }
}

/// What a layer's packed weights are.
package enum LayerWeights: Sendable {
  /// There are none.
  case none
  /// A row for each id, not packed.
  case table
  /// W alone.
  case matrix
  /// W and U of a recurrent cell.
  case cell
  /// W over the taps of a convolution.
  case taps
  /// An index for each feature written, as a 32-bit integer.
  case indices

  var mayBeCompact: Bool { self != .none && self != .indices }
}

/// What one of a layer's activations may be.
package struct LayerFunction: Sendable {
  /// What the format allows.
  package let allowed: ActivationSet
  /// What the layer's plain form has, without parameters: the kernels of their own.
  package let plain: ActivationSet
  /// What the fast grade has.
  package let fast: ActivationSet

  /// A kind that does not have this activation.
  static var absent: LayerFunction {
    LayerFunction(allowed: .identity, plain: .identity, fast: .identity)
  }
  /// A cell's: sigmoid in its plain form.
  static var sigmoid: LayerFunction {
    LayerFunction(allowed: .ofCells, plain: .sigmoid, fast: .sigmoid)
  }
  /// A cell's: tanh in its plain form.
  static var tanh: LayerFunction {
    LayerFunction(allowed: .ofCells, plain: .tanh, fast: .tanh)
  }
  /// The function of a layer without a state.
  static var ofLayer: LayerFunction {
    LayerFunction(allowed: .all, plain: .plain, fast: .tanh.and(.sigmoid))
  }
}

/// What a layer's output size follows from.
package enum OutputSizeRule: Sendable {
  /// Its weights, or what is kept: any size.
  case free
  /// Its units, where no projection follows.
  case units
  /// Its input size.
  case input
  /// Half of its input size.
  case half
  /// Its input size, and one more.
  case marked
  /// The columns that it writes, each of the channels of one read.
  case padded
  /// Its columns, a number each.
  case columns
}

/// What becomes of the columns that a layer reads.
package enum ColumnRule: Sendable {
  /// The kind knows no columns.
  case none
  /// As many are written.
  case kept
  /// Those put around them are written too.
  case padded
  /// One for each place of the taps of a convolution or pool.
  case swept
}
