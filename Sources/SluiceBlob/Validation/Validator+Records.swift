extension Validator {
  private typealias Field = BlobLayout.Record

  /// Checks that the record's choices are ones that version 1 has, and belong to its kind.
  func validateChoices(of record: LayerRecord, at start: Int) throws(BlobError) {
    func require(_ holds: Bool, _ kind: BlobError.Kind, _ field: Int) throws(BlobError) {
      if !holds { throw BlobError(kind, at: start + field) }
    }
    try require(
      record.direction == .forward || record.kind.isRecurrent, .wrongDirection, Field.direction)
    try require(
      record.storage == .f32 || record.kind.hasCompactWeights && record.isPlain,
      .unsupportedStorage, Field.storage)
    try require(
      record.inputScale.isStep(allowed: record.readsQuantised), .wrongInputScale, Field.inputScale)
    try require(
      record.hiddenScale.isStep(allowed: record.readsQuantised && record.kind.isRecurrent),
      .wrongHiddenScale, Field.hiddenScale)
    try require(record.grade == .exact || record.hasFastGrade, .unsupportedGrade, Field.grade)
    try require((record.kind == .gru) == (record.variant != nil), .wrongVariant, Field.variant)
    try require(record.gateOrder == record.kind.gateOrder, .wrongGateOrder, Field.gateOrder)
    try require(
      record.kind.allows(gate: record.gateActivation.kind), .wrongGateActivation,
      Field.gateActivation)
    try require(
      record.kind.allows(candidate: record.candidateActivation.kind), .wrongCandidateActivation,
      Field.candidateActivation)
    try require(
      record.kind.allows(output: record.outputActivation.kind), .wrongOutputActivation,
      Field.outputActivation)
    try require(
      record.cellFlags.isEmpty || record.kind == .lstm, .wrongCellFlag, Field.cellFlags)
    let bits = record.clip.bitPattern
    try require(
      bits == 0 || record.kind.isRecurrent && record.clip > 0 && record.clip.isFinite, .wrongClip,
      Field.clip)
  }

  /// Checks the sizes, each already within its limit, against each other.
  func validateSizes(of record: LayerRecord, at start: Int) throws(BlobError) {
    if record.inputSize == 0 { throw BlobError(.sizeZero, at: start + Field.inputSize) }
    if record.outputSize == 0 { throw BlobError(.sizeZero, at: start + Field.outputSize) }
    if record.kind.isRecurrent {
      if record.hiddenSize == 0 { throw BlobError(.sizeZero, at: start + Field.hiddenSize) }
    } else if record.hiddenSize != 0 {
      throw BlobError(.hiddenSizeNotZero, at: start + Field.hiddenSize)
    }
    if let output = outputSize(of: record), record.outputSize != output {
      throw BlobError(.outputSizeDiffers, at: start + Field.outputSize)
    }
    if record.kind == .magnitude, record.inputSize % 2 != 0 {
      throw BlobError(.outputSizeDiffers, at: start + Field.outputSize)
    }
  }
}

extension LayerKind {
  /// Whether the layer's weights may be of another type than f32.
  public var hasCompactWeights: Bool {
    switch self {
    case .embedding, .lstm, .gru, .rnn, .dense: true
    default: false
    }
  }
}

extension LayerRecord {
  /// Whether the layer's inputs are quantised: integer weights times integers.
  public var readsQuantised: Bool {
    storage.isInteger && kind != .embedding
  }
}

extension Float {
  /// Whether this is 0 (not the negative one), or where that is allowed a positive normal number.
  func isStep(allowed: Bool) -> Bool {
    bitPattern == 0 || (allowed && bitPattern.isPositiveNormal)
  }
}

extension UInt32 {
  /// Whether these are the bits of a positive normal binary32.
  @inline(__always)
  var isPositiveNormal: Bool { self &- 0x0080_0000 < 0x7F00_0000 }
}

extension LayerKind {
  /// Whether the layer carries a state from step to step.
  public var isRecurrent: Bool {
    switch self {
    case .lstm, .gru, .rnn: true
    case .embedding, .dense, .activation, .convolution, .scale, .layerNorm, .prelu, .add,
      .concatenate, .magnitude, .reflectPad, .slice:
      false
    }
  }

  /// The one gate order of the kind.
  var gateOrder: GateOrder {
    switch self {
    case .lstm: .ifgo
    case .gru: .rzn
    case .rnn, .embedding, .dense, .activation, .convolution, .scale, .layerNorm, .prelu, .add,
      .concatenate, .magnitude, .reflectPad, .slice:
      .none
    }
  }

  func allows(gate activation: Activation) -> Bool {
    switch self {
    case .lstm, .gru: activation != .softmax
    case .rnn, .embedding, .dense, .activation, .convolution, .scale, .layerNorm, .prelu, .add,
      .concatenate, .magnitude, .reflectPad, .slice:
      activation == .identity
    }
  }

  func allows(candidate activation: Activation) -> Bool {
    switch self {
    case .lstm, .gru, .rnn: activation != .softmax
    case .embedding, .dense, .activation, .convolution, .scale, .layerNorm, .prelu, .add,
      .concatenate, .magnitude, .reflectPad, .slice:
      activation == .identity
    }
  }

  func allows(output activation: Activation) -> Bool {
    switch self {
    case .lstm: activation != .softmax
    case .gru, .rnn, .embedding, .scale, .layerNorm, .prelu, .add, .concatenate, .magnitude,
      .reflectPad, .slice:
      activation == .identity
    case .convolution: activation != .softmax && activation.isPlain
    case .dense, .activation: true
    }
  }
}
