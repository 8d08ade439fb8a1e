extension LayerRecord {
  /// Reads the record at byte `start` of a file that holds it whole.
  ///
  /// - Throws: ``BlobError`` for a value that is not one of the format's, or a size out of bounds;
  ///   whether the fields belong together is for the validator.
  init(reading file: BlobBytes, at start: Int) throws(BlobError) {
    typealias Field = BlobLayout.Record
    kind = try file.value(start + Field.kind, or: .unknownKind)
    if file.u32(start + Field.variant) == 0 {
      variant = nil
    } else {
      variant = try file.value(start + Field.variant, or: .unknownVariant) as GRUVariant
    }
    direction = try file.value(start + Field.direction, or: .unknownDirection)
    gateOrder = try file.value(start + Field.gateOrder, or: .unknownGateOrder)
    storage = try file.value(start + Field.storage, or: .unknownStorage)
    gateActivation = try file.function(
      start + Field.gateActivation, parameters: start + Field.gateAlpha,
      or: .unknownGateActivation)
    candidateActivation = try file.function(
      start + Field.candidateActivation, parameters: start + Field.candidateAlpha,
      or: .unknownCandidateActivation)
    outputActivation = try file.function(
      start + Field.outputActivation, parameters: start + Field.outputAlpha,
      or: .unknownOutputActivation)
    cellFlags = CellFlags(rawValue: file.u32(start + Field.cellFlags))
    guard cellFlags.isSubset(of: .all) else {
      throw BlobError(.unknownCellFlag, at: start + Field.cellFlags)
    }
    clip = Float(bitPattern: file.u32(start + Field.clip))
    grade = try file.value(start + Field.grade, or: .unknownGrade)
    let inputs = kind == .embedding ? BlobLimits.tokenCount : BlobLimits.size
    inputSize = try file.size(start + Field.inputSize, atMost: inputs)
    hiddenSize = try file.size(start + Field.hiddenSize, atMost: BlobLimits.size)
    outputSize = try file.size(start + Field.outputSize, atMost: BlobLimits.size)
    weights = file.range(start + Field.weights)
    biases = file.range(start + Field.biases)
    initialState = file.range(start + Field.initialState)
    name = file.range(start + Field.name)
    scales = file.range(start + Field.scales)
    inputScale = Float(bitPattern: file.u32(start + Field.inputScale))
    hiddenScale = Float(bitPattern: file.u32(start + Field.hiddenScale))
    cellClip = Float(bitPattern: file.u32(start + Field.cellClip))
    projectionClip = Float(bitPattern: file.u32(start + Field.projectionClip))
    hiddenRounding = try file.value(start + Field.hiddenRounding, or: .unknownHiddenRounding)
    let blocks = file.u32(start + Field.keptBlocks)
    keptBlocks = blocks > 0 ? Int(blocks) - 1 : nil
    try readColumns(file, at: start)
    try readInputs(file, at: start)
  }

  private mutating func readColumns(_ file: BlobBytes, at start: Int) throws(BlobError) {
    typealias Field = BlobLayout.Record
    func count(_ field: Int) throws(BlobError) -> Int {
      let value = file.u32(start + field)
      if value > BlobLimits.size { throw BlobError(.sizeAboveMaximum, at: start + field) }
      return Int(value)
    }
    columns.length = try count(Field.columns)
    columns.kernelSize = try count(Field.kernelSize)
    columns.stride = try count(Field.columnStride)
    columns.dilation = try count(Field.dilation)
    columns.groups = try count(Field.groups)
    columns.before = try count(Field.before)
    columns.after = try count(Field.after)
    columns.padding = try file.value(start + Field.columnPadding, or: .unknownPadding)
    columns.epsilon = Float(bitPattern: file.u32(start + Field.epsilon))
    columns.start = try count(Field.sliceStart)
    maskCount = try count(Field.maskCount)
    maskValue = Float(bitPattern: file.u32(start + Field.maskValue))
    columns.recurrence = try file.value(start + Field.recurrence, or: .unknownRecurrence)
    delay = try count(Field.delay)
  }

  private mutating func readInputs(_ file: BlobBytes, at start: Int) throws(BlobError) {
    typealias Field = BlobLayout.Record
    let count = file.u32(start + Field.inputCount)
    guard count <= UInt32(LayerInputs.capacity) else {
      throw BlobError(.tooManyInputs, at: start + Field.inputCount)
    }
    for position in 0..<LayerInputs.capacity {
      let at = start + Field.inputs + 4 * position
      let index = Int32(bitPattern: file.u32(at))
      if position >= Int(count) {
        if index != 0 { throw BlobError(.reservedNotZero, at: at) }
      } else {
        guard index >= -1, index < BlobLimits.layerCount else {
          throw BlobError(.inputNotBefore, at: at)
        }
        inputs.append(Int(index))
      }
    }
  }
}

extension BlobBytes {
  /// The enumeration's value at byte `at`, or the error `kind` there.
  func value<Value: RawRepresentable>(
    _ at: Int, or kind: BlobError.Kind
  ) throws(BlobError) -> Value where Value.RawValue == UInt32 {
    guard let value = Value(rawValue: u32(at)) else {
      throw BlobError(kind, at: at, found: UInt64(u32(at)))
    }
    return value
  }

  /// The activation at byte `at` with its parameters, side by side, at byte `parameters`.
  ///
  /// - Throws: ``BlobError`` where a parameter is not finite, or a function has none but there is one.
  func function(
    _ at: Int, parameters: Int, or kind: BlobError.Kind
  ) throws(BlobError) -> ActivationFunction {
    let activation: Activation = try value(at, or: kind)
    for index in 0..<2 {
      let place = parameters + 4 * index
      guard Float(bitPattern: u32(place)).isFinite else {
        throw BlobError(.parameterNotFinite, at: place)
      }
      guard index < activation.parameterCount || u32(place) == 0 else {
        throw BlobError(.parameterNotZero, at: place)
      }
    }
    return ActivationFunction(
      activation, alpha: Float(bitPattern: u32(parameters)),
      beta: Float(bitPattern: u32(parameters + 4)))
  }

  /// The size at byte `at`, compared before any product is formed of it. Zero passes here.
  func size(_ at: Int, atMost limit: UInt64) throws(BlobError) -> Int {
    let value = u64(at)
    if value >> 63 != 0 { throw BlobError(.sizeNotRepresentable, at: at) }
    if value > limit { throw BlobError(.sizeAboveMaximum, at: at) }
    return Int(value)
  }

  func range(_ at: Int) -> ByteRange {
    ByteRange(offset: u64(at), length: u64(at + 8))
  }
}
