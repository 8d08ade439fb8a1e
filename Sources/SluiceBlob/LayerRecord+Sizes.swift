/// Lanes of one panel: the outputs that one `SIMD8<Float>` holds.
///
/// A computed constant: a stored global of another module is reached through an accessor.
@inlinable public var panelWidth: Int { 8 }

extension LayerRecord {
  /// Gates of a recurrent layer, 1 for a dense layer, 0 for layers without packed weights.
  public var gateCount: Int { kind.traits.gates }

  /// Rows of bias vectors: a GRU that resets after keeps the candidate's recurrent bias apart, and
  /// an LSTM with peepholes has their weights behind its biases.
  public var biasRowCount: Int {
    kind.traits.biasRows + (variant == .resetAfter ? 1 : 0)
      + (cellFlags.contains(.peepholes) ? 3 : 0)
  }

  /// Lanes of weights and biases with padding: a whole number of panels.
  public var paddedLaneCount: Int { Self.wholePanels(laneCount) }

  /// Output lanes of a column with padding: a whole number of panels.
  public var paddedOutputSize: Int { Self.wholePanels(outputChannels) }

  private static func wholePanels(_ size: Int) -> Int {
    (size + panelWidth - 1) / panelWidth * panelWidth
  }

  /// Floats of C, of all columns that have one; of the columns that a convolution keeps, or the steps
  /// that a delay does.
  public var stateSize: Int {
    switch kind {
    case .convolution: pastLength * inputChannels
    case .delay: delay * inputSize
    default: columns.recurrence == .each ? columns.length * hiddenSize : hiddenSize
    }
  }

  /// Floats of that with padding: a whole number of 64-byte lines.
  public var stateStride: Int { Self.wholeLines(stateSize) }

  /// Floats of a vector of units, a gate, with padding.
  public var unitStride: Int { Self.wholeLines(hiddenSize) }

  /// Floats of the output, h of a recurrent layer, with padding.
  public var outputStride: Int { Self.wholeLines(outputSize) }

  private static func wholeLines(_ size: Int) -> Int { (size + 15) / 16 * 16 }

  /// State vectors of the layer: h, and for the LSTM its cell C; of a convolution that keeps columns,
  /// and of a delay, one. None of a recurrent layer that begins anew at every step.
  public var stateVectorCount: Int {
    if pastLength > 0 || kind == .delay { return 1 }
    return columns.recurrence == .along ? 0 : kind.traits.stateVectors
  }

  /// Floats of an initial h: of one column where every step begins anew.
  package var initialHiddenSize: Int {
    columns.recurrence == .along ? outputChannels : outputSize
  }

  /// Bytes of an initial state, where the layer has one: h and C, or what a convolution keeps.
  package var initialStateByteCount: Int {
    guard columns.recurrence == .along else { return kind == .delay ? 0 : stateByteCount }
    return 4
      * (Self.wholeLines(initialHiddenSize) + (kind.traits.stateVectors - 1) * stateStride)
  }

  /// Columns of W, of a convolution's taps, and of U: what a lane's dot products run over.
  package var matrixColumns: (input: Int, hidden: Int) {
    switch kind.traits.weights {
    case .none, .table, .indices: (0, 0)
    case .matrix: (inputSize, 0)
    case .cell: (inputChannels, outputChannels)
    case .taps: (columns.kernelSize * (isDepthwise ? 1 : inputChannels), 0)
    }
  }

  /// Words of each lane: those of W's columns, then those of U's.
  package var wordCount: Int {
    let columns = matrixColumns
    return storage.wordCount(columns: columns.input) + storage.wordCount(columns: columns.hidden)
  }

  /// Whether the layer's activations may be of the fast grade: those of the plain recurrent kernels,
  /// and tanh or sigmoid of a dense or activation layer, if the weights are f32. Of compact weights a
  /// second copy of every cell would be much code for little: reading them is what takes long.
  public var hasFastGrade: Bool {
    let traits = kind.traits
    return storage == .f32 && isPlain && !isSparse && traits.hasFastGrade
      && traits.candidate.fast.contains(candidateActivation.kind)
      && traits.output.fast.contains(outputActivation.kind)
  }

  /// Whether the layer is its kind's plain form, with a kernel of its own: no flags, no limit, the
  /// usual activations.
  public var isPlain: Bool {
    let traits = kind.traits
    return cellFlags.isPlain && clip == 0 && cellClip == 0 && projectionClip == 0
      && traits.gate.plain.contains(gateActivation.kind)
      && traits.candidate.plain.contains(candidateActivation.kind)
      && traits.output.plain.contains(outputActivation.kind)
  }

  /// Whether the layer's weights may be of every type: of a plain form, but for a convolution of which each channel
  /// sees itself alone, or of which an output sees more than a vector may have.
  package var hasEveryType: Bool {
    kind.hasCompactWeights && isPlain
      && (kind != .convolution || !isDepthwise && UInt64(matrixColumns.input) <= BlobLimits.size)
  }

  /// Whether the layer has what version 1 does not.
  package var usesVersion2: Bool {
    cellClip != 0 || projectionClip != 0 || hiddenRounding != .fixed || isOverColumns
      || isSparse || newerField != nil
  }

  /// The field of version 1 that holds a value which that version does not have, and what that is called
  /// there; nil where there is none.
  package var newerField: (offset: Int, error: BlobError.Kind, value: UInt64)? {
    typealias Field = BlobLayout.Record
    if kind.traits.since > 1 { return (Field.kind, .unknownKind, UInt64(kind.rawValue)) }
    if isDepthwise { return (Field.groups, .wrongGroups, UInt64(columns.groups)) }
    if kind == .convolution, storage != .f32 {
      return (Field.storage, .unsupportedStorage, UInt64(storage.rawValue))
    }
    if direction == .forwardFinal {
      return (Field.direction, .unknownDirection, UInt64(direction.rawValue))
    }
    if cellFlags.contains(.masked) {
      return (Field.cellFlags, .unknownCellFlag, UInt64(cellFlags.rawValue))
    }
    let function = outputActivation.kind
    if function.traits.since > 1 {
      return (Field.outputActivation, .unknownOutputActivation, UInt64(function.rawValue))
    }
    return nil
  }

  /// Bytes of the packed gates, behind which a projection lies.
  public var gateByteCount: Int {
    storage.wordByteCount * paddedLaneCount * gateCount * wordCount
  }

  /// Bytes of the packed weights with every block, without the padding that follows them.
  ///
  /// Sizes within ``BlobLimits`` cannot overflow it: at most 2^42 for a table, 2^37 elsewhere.
  public var weightByteCount: UInt64 {
    switch kind.traits.weights {
    case .none: 0
    case .indices: 4 * UInt64(outputSize)
    case .table: UInt64(inputSize) * UInt64(storage.rowByteCount(columns: outputSize))
    case .matrix, .cell, .taps:
      UInt64(gateByteCount)
        + (cellFlags.contains(.projection)
          ? 4 * UInt64(paddedOutputSize) * UInt64(hiddenSize) : 0)
    }
  }

  /// Rows of a tile in the scales of an int8 layer: scales of W, of U, corrections of W, of U.
  public var scaleRowCount: Int {
    kind.isRecurrent ? 4 * gateCount : 2 * gateCount
  }

  /// Bytes of the scales, without the padding that follows the block.
  public var scaleByteCount: UInt64 {
    let traits = storage.traits
    let size = UInt64(traits.scaleByteCount)
    guard size > 0 else { return 0 }
    let hasGroups = traits.groupColumns > 0
    if kind.traits.weights == .table {
      return size * UInt64(inputSize) * UInt64(hasGroups ? groupsOf32(outputSize) : 1)
    }
    guard hasGroups else { return size * UInt64(paddedLaneCount) * UInt64(scaleRowCount) }
    let groups = groupsOf32(matrixColumns.input) + groupsOf32(hiddenSize)
    return size * UInt64(paddedLaneCount) * UInt64(gateCount) * UInt64(groups)
  }

  /// Bytes of the packed biases, without the padding that follows the block.
  public var biasByteCount: UInt64 {
    4 * UInt64(paddedLaneCount) * UInt64(biasRowCount)
  }

  /// Whether h is carried from step to step: of every recurrent layer but those that begin anew at each.
  package var carriesHidden: Bool { kind.isRecurrent && stateVectorCount > 0 }

  /// Bytes of one stream's state, as the record declares them: every state vector once, padded.
  ///
  /// How often a runtime keeps a vector (h, to read the old one while writing the new) is its own
  /// matter and not counted here.
  public var stateByteCount: Int {
    carriesHidden
      ? 4 * (outputStride + (stateVectorCount - 1) * stateStride)
      : 4 * stateStride * stateVectorCount
  }

  /// Bytes of scratch memory, as the record declares them: the padded output, the vectors of
  /// ``scratchVectorCount``, and for a convolution its input with what is put around it.
  public var scratchByteCount: Int {
    4 * (outputStride + scratchVectorCount * unitStride + windowFloats)
  }

  /// Operations of a step: a multiplication and addition for every weight that it reads, as often as it
  /// does, and one for every output.
  public var stepOperationCount: Int {
    let outputs = outputSize * (kind.readsSeveral ? inputs.count : 1)
    switch kind.traits.weights {
    case .cell:
      let (read, written) = (inputChannels, outputChannels)
      let projection = cellFlags.contains(.projection) ? hiddenSize * written : 0
      return outputLength * (gateCount * hiddenSize * (read + written) + projection) + outputs
    case .matrix: return inputSize * outputSize + outputs
    case .taps: return outputLength * laneCount * matrixColumns.input + outputs
    case .table, .indices, .none: return outputs
    }
  }

  /// Vectors of units that a cell needs while it runs a step: z and r * h of a GRU that resets
  /// before; all gates, and one more, of a cell beyond its plain form.
  public var scratchVectorCount: Int {
    if kind.isRecurrent, !isPlain { return gateCount + 1 }
    return variant == .resetBefore ? 2 : 0
  }
}
