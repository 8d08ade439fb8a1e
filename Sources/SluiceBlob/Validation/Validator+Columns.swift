extension Validator {
  private typealias Field = BlobLayout.Record

  /// Checks the fields of a layer with columns, and that other layers have none set.
  func validateColumns(of record: LayerRecord, at start: Int) throws(BlobError) {
    func require(_ holds: Bool, _ kind: BlobError.Kind, _ field: Int) throws(BlobError) {
      if !holds { throw BlobError(kind, at: start + field) }
    }
    let shape = record.columns
    let isConvolution = record.kind == .convolution
    let isSwept = record.kind.traits.columns == .swept
    try require(
      shape.recurrence == .none || record.kind.isRecurrent, .wrongRecurrence, Field.recurrence)
    try require(
      (shape.length > 0) == (record.kind.hasColumns || record.isOverColumns), .wrongColumns,
      Field.columns)
    try require((record.delay > 0) == (record.kind == .delay), .wrongDelay, Field.delay)
    try require((shape.kernelSize > 0) == isSwept, .wrongTaps, Field.kernelSize)
    try require((shape.stride > 0) == isSwept, .wrongTaps, Field.columnStride)
    try require((shape.dilation > 0) == isSwept, .wrongTaps, Field.dilation)
    try require(isConvolution || shape.dilation <= 1, .wrongTaps, Field.dilation)
    try require((shape.groups > 0) == isConvolution, .wrongGroups, Field.groups)
    try require(isConvolution || shape.padding == .zeros, .wrongPadding, Field.columnPadding)
    let mayPad =
      isSwept && shape.padding == .zeros || record.kind == .reflectPad
    try require(mayPad || shape.before == 0, .wrongPadding, Field.before)
    try require(mayPad || shape.after == 0, .wrongPadding, Field.after)
    if record.kind == .reflectPad {
      try require(shape.before < shape.length, .wrongPadding, Field.before)
      try require(shape.after < shape.length, .wrongPadding, Field.after)
    }
    // Every output of a pool sees a column of the step.
    if record.kind == .maxPool {
      try require(shape.before < shape.kernelSize, .wrongPadding, Field.before)
      try require(shape.after < shape.kernelSize, .wrongPadding, Field.after)
    }
    try require(
      record.kind.traits.hasEpsilon
        ? shape.epsilon >= 0 && shape.epsilon.isFinite && shape.epsilon.sign == .plus
        : shape.epsilon.bitPattern == 0, .wrongEpsilon, Field.epsilon)
    let isMask = record.kind == .mask
    try require((record.maskCount > 0) == isMask, .wrongMask, Field.maskCount)
    try require(
      isMask ? record.maskValue.isFinite : record.maskValue.bitPattern == 0, .wrongMask,
      Field.maskValue)
    guard record.kind.hasColumns else {
      try require(
        shape.start == 0 || isMask && shape.start < record.inputSize, .wrongSliceStart,
        Field.sliceStart)
      try require(
        !isMask || shape.start + record.maskCount <= record.inputSize, .wrongMask, Field.maskCount)
      try require(
        record.delay * record.inputSize <= BlobLimits.windowFloats, .delayTooLarge, Field.delay)
      if record.isOverColumns { try validateRecurrence(of: record, at: start) }
      return
    }
    try require(
      record.inputSize % shape.length == 0, .columnsDoNotDivide, Field.inputSize)
    if isSwept { try validateTaps(of: record, at: start) }
    try require(
      record.outputLength > 0 && record.outputSize % record.outputLength == 0,
      .columnsDoNotDivide, Field.outputSize)
    try require(
      !record.isDepthwise
        || shape.groups == record.inputChannels && shape.groups == record.laneCount,
      .wrongGroups, Field.groups)
    try require(
      record.kind == .slice
        ? shape.start + record.laneCount <= record.inputChannels : shape.start == 0,
      .wrongSliceStart, Field.sliceStart)
  }

  /// Checks a cell that runs over columns: the units of all are bounded, as features are.
  private func validateRecurrence(of record: LayerRecord, at start: Int) throws(BlobError) {
    let length = record.columns.length
    func require(_ holds: Bool, _ kind: BlobError.Kind, _ field: Int) throws(BlobError) {
      if !holds { throw BlobError(kind, at: start + field) }
    }
    let isAlong = record.columns.recurrence == .along
    // A single column with a state of its own is a layer without columns.
    try require(isAlong || length > 1, .wrongRecurrence, Field.recurrence)
    try require(record.inputSize % length == 0, .columnsDoNotDivide, Field.inputSize)
    try require(record.outputSize % length == 0, .columnsDoNotDivide, Field.outputSize)
    try require(
      length * record.hiddenSize <= BlobLimits.size, .sizeAboveMaximum, Field.hiddenSize)
    try require(
      record.direction == .forward || isAlong && record.direction == .reverse, .wrongDirection,
      Field.direction)
    try require(!record.cellFlags.contains(.masked), .wrongCellFlag, Field.cellFlags)
  }

  /// The sizes of a convolution or pool against each other; each is at most 2^16, no product wraps.
  private func validateTaps(of record: LayerRecord, at start: Int) throws(BlobError) {
    let shape = record.columns
    let limit = BlobLimits.windowFloats
    guard record.paddedLength * record.inputChannels <= limit,
      record.reach * record.inputChannels <= limit
    else { throw BlobError(.convolutionTooLarge, at: start + Field.kernelSize) }
    if shape.padding == .past, shape.length % shape.stride != 0 {
      throw BlobError(.wrongTaps, at: start + Field.columnStride)
    }
    guard record.outputLength > 0 else {
      throw BlobError(.convolutionTooLarge, at: start + Field.kernelSize)
    }
  }

  /// What the layer makes of its input size; nil where its weights alone say.
  func outputSize(of record: LayerRecord) -> Int? {
    switch record.kind.traits.outputSize {
    case .free: nil
    case .units:
      record.cellFlags.contains(.projection) ? nil : record.outputLength * record.hiddenSize
    case .input: record.inputSize
    case .half: record.inputSize / 2
    case .marked: record.inputSize + 1
    case .padded: record.outputLength * record.inputChannels
    case .columns: record.columns.length
    }
  }
}
