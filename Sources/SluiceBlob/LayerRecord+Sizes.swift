/// Lanes of one panel: the outputs that one `SIMD8<Float>` holds.
///
/// A computed constant: a stored global of another module is reached through an accessor.
@inlinable public var panelWidth: Int { 8 }

extension LayerRecord {
  /// Gates of a recurrent layer, 1 for a dense layer, 0 for layers without packed weights.
  public var gateCount: Int {
    switch kind {
    case .lstm: 4
    case .gru: 3
    case .rnn, .dense, .convolution: 1
    case .embedding, .activation, .scale, .layerNorm, .prelu, .add, .concatenate, .magnitude,
      .reflectPad, .slice:
      0
    }
  }

  /// Rows of bias vectors: a GRU that resets after keeps the candidate's recurrent bias apart, and
  /// an LSTM with peepholes has their weights behind its biases.
  public var biasRowCount: Int {
    switch kind {
    case .gru: variant == .resetAfter ? 4 : 3
    case .lstm: cellFlags.contains(.peepholes) ? 7 : 4
    case .scale, .layerNorm: 2
    case .prelu: 1
    case .embedding, .rnn, .dense, .activation, .convolution, .add, .concatenate, .magnitude,
      .reflectPad, .slice:
      gateCount
    }
  }

  /// Lanes of weights and biases with padding: a whole number of panels.
  public var paddedLaneCount: Int { Self.wholePanels(laneCount) }

  /// Output lanes with padding: a whole number of panels.
  public var paddedOutputSize: Int { Self.wholePanels(outputSize) }

  private static func wholePanels(_ size: Int) -> Int {
    (size + panelWidth - 1) / panelWidth * panelWidth
  }

  /// Floats of a vector of units, or of the columns that a convolution keeps.
  public var stateSize: Int {
    kind == .convolution ? pastLength * inputChannels : hiddenSize
  }

  /// Floats of a vector of units, C or a gate, with padding: a whole number of 64-byte lines.
  public var stateStride: Int {
    (stateSize + 15) / 16 * 16
  }

  /// Floats of the output, h of a recurrent layer, with padding.
  public var outputStride: Int {
    (outputSize + 15) / 16 * 16
  }

  /// State vectors of the layer: h, and for the LSTM its cell C.
  public var stateVectorCount: Int {
    switch kind {
    case .lstm: 2
    case .gru, .rnn: 1
    case .convolution: pastLength > 0 ? 1 : 0
    case .embedding, .dense, .activation, .scale, .layerNorm, .prelu, .add, .concatenate,
      .magnitude, .reflectPad, .slice:
      0
    }
  }

  /// Input columns and hidden columns: the length of each lane's dot products, one after the other.
  var columnCount: Int {
    switch kind {
    case .convolution: columns.kernelSize * inputChannels
    case .lstm, .gru, .rnn: inputSize + outputSize
    case .dense: inputSize
    case .embedding, .activation, .scale, .layerNorm, .prelu, .add, .concatenate, .magnitude,
      .reflectPad, .slice:
      0
    }
  }

  /// Columns of weights that lie together in a word of each lane: `inputSize` in words, then
  /// those of h in words.
  var wordCount: Int {
    switch kind {
    case .lstm, .gru, .rnn:
      storage.wordCount(columns: inputSize) + storage.wordCount(columns: outputSize)
    case .dense: storage.wordCount(columns: inputSize)
    default: columnCount
    }
  }

  /// Whether the layer's activations may be of the fast grade: those of the plain recurrent kernels,
  /// and tanh or sigmoid of a dense or activation layer, if the weights are f32. Of compact weights a
  /// second copy of every cell would be much code for little: reading them is what takes long.
  public var hasFastGrade: Bool {
    guard storage == .f32 else { return false }
    let function = kind == .rnn ? candidateActivation.kind : outputActivation.kind
    switch kind {
    case .lstm, .gru: return isPlain
    case .rnn, .dense, .activation: return isPlain && (function == .tanh || function == .sigmoid)
    default: return false
    }
  }

  /// Whether the layer is its kind's plain form, with a kernel of its own: no flags, no limit, the
  /// usual activations.
  public var isPlain: Bool {
    guard cellFlags.isEmpty, clip == 0 else { return false }
    switch kind {
    case .lstm:
      return gateActivation == .sigmoid && candidateActivation == .tanh
        && outputActivation == .tanh
    case .gru: return gateActivation == .sigmoid && candidateActivation == .tanh
    case .rnn: return candidateActivation == .tanh || candidateActivation == .relu
    case .dense, .activation: return outputActivation.kind.isPlain
    case .embedding, .convolution, .scale, .layerNorm, .prelu, .add, .concatenate, .magnitude,
      .reflectPad, .slice:
      return true
    }
  }

  /// Bytes of the packed gates, behind which a projection lies.
  public var gateByteCount: Int {
    storage.wordByteCount * paddedLaneCount * gateCount * wordCount
  }

  /// Bytes of the packed weights, without the padding that follows the block.
  ///
  /// Sizes within ``BlobLimits`` cannot overflow it: at most 2^42 for a table, 2^37 elsewhere.
  public var weightByteCount: UInt64 {
    switch kind {
    case .embedding: UInt64(inputSize) * UInt64(storage.rowByteCount(columns: outputSize))
    case .lstm, .gru, .rnn, .dense, .convolution:
      UInt64(gateByteCount)
        + (cellFlags.contains(.projection)
          ? 4 * UInt64(paddedOutputSize) * UInt64(hiddenSize) : 0)
    case .activation, .scale, .layerNorm, .prelu, .add, .concatenate, .magnitude, .reflectPad,
      .slice:
      0
    }
  }

  /// Rows of a tile in the scales of an int8 layer: scales of W, of U, corrections of W, of U.
  public var scaleRowCount: Int {
    kind.isRecurrent ? 4 * gateCount : 2 * gateCount
  }

  /// Bytes of the scales, without the padding that follows the block.
  public var scaleByteCount: UInt64 {
    let groups = groupsOf32(inputSize) + groupsOf32(hiddenSize)
    switch (storage, kind) {
    case (.f32, _), (.f16, _), (.bf16, _): return 0
    case (.int8, .embedding): return 4 * UInt64(inputSize)
    case (.int8, _): return 4 * UInt64(paddedLaneCount) * UInt64(scaleRowCount)
    case (.int4, .embedding): return 2 * UInt64(inputSize) * UInt64(groupsOf32(outputSize))
    case (.int4, _):
      return 2 * UInt64(paddedLaneCount) * UInt64(gateCount) * UInt64(groups)
    }
  }

  /// Bytes of the packed biases, without the padding that follows the block.
  public var biasByteCount: UInt64 {
    4 * UInt64(paddedLaneCount) * UInt64(biasRowCount)
  }

  /// Bytes of one stream's state, as the record declares them: every state vector once, padded.
  ///
  /// How often a runtime keeps a vector (h, to read the old one while writing the new) is its own
  /// matter and not counted here.
  public var stateByteCount: Int {
    switch kind {
    case .lstm: 4 * (outputStride + stateStride)
    case .gru, .rnn: 4 * outputStride
    default: 4 * stateStride * stateVectorCount
    }
  }

  /// Bytes of scratch memory, as the record declares them: the padded output, the vectors of
  /// ``scratchVectorCount``, and for a convolution its input with what is put around it.
  public var scratchByteCount: Int {
    4 * (outputStride + scratchVectorCount * stateStride + windowFloats)
  }

  /// Vectors of units that a cell needs while it runs a step: z and r * h of a GRU that resets
  /// before; all gates, and one more, of a cell beyond its plain form.
  public var scratchVectorCount: Int {
    if kind.isRecurrent, !isPlain { return gateCount + 1 }
    return kind == .gru && variant == .resetBefore ? 2 : 0
  }
}

/// Groups of 32 columns, the last one possibly in part.
@inlinable public func groupsOf32(_ columns: Int) -> Int { (columns + 31) / 32 }

extension StorageType {
  /// Bytes of a word: what a lane holds of the columns that lie together.
  public var wordByteCount: Int { self == .f16 ? 2 : 4 }

  /// Columns that lie together in a word.
  public var wordColumns: Int {
    switch self {
    case .f32, .f16: 1
    case .bf16: 2
    case .int8: 4
    case .int4: 8
    }
  }

  /// Words of a lane that hold `columns` columns; those of int4 fill whole groups of 32.
  public func wordCount(columns: Int) -> Int {
    self == .int4 ? 4 * groupsOf32(columns) : (columns + wordColumns - 1) / wordColumns
  }

  /// Bytes of an embedding's row of `columns` features.
  public func rowByteCount(columns: Int) -> Int {
    switch self {
    case .f32: 4 * columns
    case .f16, .bf16: 2 * columns
    case .int8: columns
    case .int4: 16 * groupsOf32(columns)
    }
  }

  /// Whether weights are integers, with scales.
  public var isInteger: Bool { self == .int8 || self == .int4 }
}
