extension Validator {
  private typealias Field = BlobLayout.Record

  /// How far each section is used up by the layers so far, in bytes from its start.
  private struct Cursors {
    var weights = 0
    var biases = 0
    var states = 0
    var scales = 0
    var names = 0
  }

  /// Checks every record, the ranges of its data, the padding between and within them, and names.
  mutating func validateLayers() throws(BlobError) {
    let length = entry(of: .layers) + BlobLayout.Section.length
    guard sections.layers.count % recordSize == 0 else {
      throw BlobError(.layersNotWholeRecords, at: length)
    }
    guard layerCount <= BlobLimits.layerCount else { throw BlobError(.tooManyLayers, at: length) }

    try validateGrowth()
    var cursors = Cursors()
    var read = ReadLayers()
    for index in 0..<layerCount {
      let start = recordStart(index)
      try validateReserved(at: start)
      let record = try record(index)
      try validateAge(of: record, at: start)
      try validateChoices(of: record, at: start)
      try validateColumns(of: record, at: start)
      try validateSizes(of: record, at: start)
      try validateInputs(of: record, index, &read)
      try validateWorkspace(of: record, at: start)
      try validateRanges(of: record, at: start, &cursors)
      try validateName(of: record, at: start, after: &cursors.names)
    }
    try validateAllRead(read)
    try requireUsedUp(.weights, cursors.weights)
    try requireUsedUp(.biases, cursors.biases)
    try requireUsedUp(.states, cursors.states)
    try requireUsedUp(.scales, cursors.scales)
    try requireUsedUp(.names, cursors.names)
    try validateNamesDiffer()
  }

  /// Refuses a kind or function that the file's version does not have.
  private mutating func validateAge(of record: LayerRecord, at start: Int) throws(BlobError) {
    if record.usesVersion2 { usesVersion2 = true }
    guard version == BlobLayout.firstVersion, let newer = record.newerField else { return }
    throw BlobError(newer.error, at: start + newer.offset, found: newer.value)
  }

  private func validateWorkspace(of record: LayerRecord, at start: Int) throws(BlobError) {
    guard file.u32(start + Field.tileWidth) == UInt32(panelWidth) else {
      throw BlobError(.wrongTileWidth, at: start + Field.tileWidth)
    }
    guard file.u64(start + Field.stateBytes) == UInt64(record.stateByteCount) else {
      throw BlobError(.wrongStateBytes, at: start + Field.stateBytes)
    }
    guard file.u64(start + Field.scratchBytes) == UInt64(record.scratchByteCount) else {
      throw BlobError(.wrongScratchBytes, at: start + Field.scratchBytes)
    }
  }

  /// Checks the bytes of a record that mean nothing in the file's version.
  private func validateReserved(at start: Int) throws(BlobError) {
    guard version == BlobLayout.firstVersion else { return }
    try requireZero(start + Field.cellClip..<start + Field.columns, or: .reservedNotZero)
    try requireZero(
      start + Field.maskCount..<start + BlobLayout.recordSize, or: .reservedNotZero)
  }

  /// Checks what records of more than the known size hold behind it: nothing that this reader would
  /// have to know, and so, as no larger record is declared than is needed, nothing at all.
  private mutating func validateGrowth() throws(BlobError) {
    guard recordSize > BlobLayout.recordSize else { return }
    for index in 0..<layerCount {
      let start = recordStart(index)
      try requireZero(start + BlobLayout.recordSize..<start + recordSize, or: .unknownField)
    }
    throw BlobError(
      .wrongRecordSize, at: BlobLayout.Header.recordSize, found: UInt64(recordSize))
  }

  private func validateRanges(
    of record: LayerRecord, at start: Int, _ cursors: inout Cursors
  ) throws(BlobError) {
    let weights = try block(
      record.weights,
      expecting: record.isSparse ? record.sparseByteCount : record.weightByteCount,
      field: start + Field.weights, in: sections.weights, after: &cursors.weights, .weights)
    let scales = try block(
      record.scales, expecting: record.scaleByteCount, field: start + Field.scales,
      in: sections.scales, after: &cursors.scales, .scales)
    if record.isSparse { try validateBlocks(of: record, at: weights) }
    try validatePadding(ofWeights: record, at: weights)
    try validateValues(ofWeights: record, at: weights, scales: scales)
    let biases = try block(
      record.biases, expecting: record.biasByteCount, field: start + Field.biases,
      in: sections.biases, after: &cursors.biases, .biases)
    try validatePadding(
      outputs: record.laneCount, rows: record.biasRowCount, at: biases.start)

    let isAbsent = record.initialState == ByteRange()
    let states = try block(
      record.initialState, expecting: isAbsent ? 0 : UInt64(record.initialStateByteCount),
      field: start + Field.initialState, in: sections.states, after: &cursors.states, .states)
    if states.count > 0 { try validatePadding(ofState: record, at: states.start) }
  }

  /// The place of one layer's block, which must start at the next multiple of 64 after the previous
  /// layer's, with zeros between. A layer without data has the range 0, 0.
  private func block(
    _ range: ByteRange, expecting length: UInt64, field: Int, in section: Extent,
    after cursor: inout Int, _ kinds: BlockErrors
  ) throws(BlobError) -> Extent {
    guard range.length == length else { throw BlobError(kinds.length, at: field + 8) }
    if length == 0 {
      guard range.offset == 0 else { throw BlobError(kinds.offset, at: field) }
      return Extent(start: section.start, count: 0)
    }
    if section.count == 0 { throw BlobError(kinds.missing, at: field) }
    let offset = BlobLayout.aligned(cursor)
    guard range.offset == UInt64(offset) else { throw BlobError(kinds.offset, at: field) }
    let (end, wraps) = range.offset.addingReportingOverflow(length)
    guard !wraps, end <= UInt64(section.count) else { throw BlobError(kinds.beyond, at: field + 8) }
    try requireZero(section.start + cursor..<section.start + offset, or: .paddingNotZero)
    cursor = Int(end)
    return Extent(start: section.start + offset, count: Int(length))
  }

  private func requireUsedUp(_ section: SectionID, _ cursor: Int) throws(BlobError) {
    guard sections[section].count != cursor else { return }
    throw BlobError(.sectionNotUsedUp, at: entry(of: section) + BlobLayout.Section.length)
  }
}

/// The errors of one section's blocks.
private struct BlockErrors {
  let offset: BlobError.Kind
  let length: BlobError.Kind
  let beyond: BlobError.Kind
  let missing: BlobError.Kind

  static var weights: BlockErrors {
    BlockErrors(
      offset: .wrongWeightsOffset, length: .wrongWeightsLength, beyond: .weightsBeyondSection,
      missing: .missingWeights)
  }
  static var biases: BlockErrors {
    BlockErrors(
      offset: .wrongBiasesOffset, length: .wrongBiasesLength, beyond: .biasesBeyondSection,
      missing: .missingBiases)
  }
  static var scales: BlockErrors {
    BlockErrors(
      offset: .wrongScalesOffset, length: .wrongScalesLength, beyond: .scalesBeyondSection,
      missing: .missingScales)
  }
  static var states: BlockErrors {
    BlockErrors(
      offset: .wrongStatesOffset, length: .wrongStatesLength, beyond: .statesBeyondSection,
      missing: .missingStates)
  }
}
