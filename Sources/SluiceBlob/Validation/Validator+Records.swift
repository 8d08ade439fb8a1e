extension Validator {
  private typealias Field = BlobLayout.Record

  /// Checks that the record's choices belong to its kind.
  func validateChoices(of record: LayerRecord, at start: Int) throws(BlobError) {
    func require(_ holds: Bool, _ kind: BlobError.Kind, _ field: Int) throws(BlobError) {
      if !holds { throw BlobError(kind, at: start + field) }
    }
    try require(
      record.direction == .forward || record.kind.isRecurrent, .wrongDirection, Field.direction)
    try require(
      record.storage == .f32 || record.hasEveryType, .unsupportedStorage, Field.storage)
    try require(
      record.inputScale.isStep(allowed: record.readsQuantised), .wrongInputScale, Field.inputScale)
    try require(
      record.hiddenScale.isStep(allowed: record.readsQuantised && record.kind.isRecurrent),
      .wrongHiddenScale, Field.hiddenScale)
    try require(
      !record.isSparse || record.mayBeSparse && record.keptBlocks ?? 0 <= record.blockCount,
      .wrongKeptBlocks, Field.keptBlocks)
    try require(record.grade == .exact || record.hasFastGrade, .unsupportedGrade, Field.grade)
    let traits = record.kind.traits
    try require(traits.hasVariant == (record.variant != nil), .wrongVariant, Field.variant)
    try require(record.gateOrder == traits.gateOrder, .wrongGateOrder, Field.gateOrder)
    try require(
      traits.gate.allowed.contains(record.gateActivation.kind), .wrongGateActivation,
      Field.gateActivation)
    try require(
      traits.candidate.allowed.contains(record.candidateActivation.kind),
      .wrongCandidateActivation, Field.candidateActivation)
    try require(
      traits.output.allowed.contains(record.outputActivation.kind), .wrongOutputActivation,
      Field.outputActivation)
    try require(
      record.cellFlags.isSubset(of: traits.flags), .wrongCellFlag, Field.cellFlags)
    try require(
      record.clip.isLimit(allowed: record.kind.isRecurrent), .wrongClip, Field.clip)
    try require(
      record.cellClip.isLimit(allowed: traits.stateVectors > 1), .wrongCellClip, Field.cellClip)
    try require(
      record.projectionClip.isLimit(allowed: record.cellFlags.contains(.projection)),
      .wrongProjectionClip, Field.projectionClip)
    try require(
      record.hiddenRounding == .fixed || record.hiddenScale > 0, .wrongHiddenRounding,
      Field.hiddenRounding)
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
    if record.kind.traits.outputSize == .half, record.inputSize % 2 != 0 {
      throw BlobError(.outputSizeDiffers, at: start + Field.outputSize)
    }
  }
}

extension LayerRecord {
  /// Whether the layer's inputs are quantised in a step that the record may state: integer weights times integers. A
  /// convolution rounds what is left once more, in steps that follow from its inputs.
  public var readsQuantised: Bool {
    storage.isInteger && kind.traits.weights != .table && kind != .convolution
  }
}

extension Float {
  /// Whether this is 0 (not the negative one), or where that is allowed a positive number.
  func isLimit(allowed: Bool) -> Bool {
    bitPattern == 0 || (allowed && self > 0 && isFinite)
  }

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
