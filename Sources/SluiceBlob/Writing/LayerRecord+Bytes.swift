extension LayerRecord {
  /// The record's 320 bytes.
  func bytes() -> [UInt8] {
    typealias Field = BlobLayout.Record
    var bytes = [UInt8](repeating: 0, count: BlobLayout.recordSize)
    bytes.put(kind.rawValue, at: Field.kind)
    bytes.put(variant?.rawValue ?? 0, at: Field.variant)
    bytes.put(direction.rawValue, at: Field.direction)
    bytes.put(gateOrder.rawValue, at: Field.gateOrder)
    bytes.put(storage.rawValue, at: Field.storage)
    bytes.put(gateActivation.kind.rawValue, at: Field.gateActivation)
    bytes.put(candidateActivation.kind.rawValue, at: Field.candidateActivation)
    bytes.put(outputActivation.kind.rawValue, at: Field.outputActivation)
    bytes.put(grade.rawValue, at: Field.grade)
    bytes.put(cellFlags.rawValue, at: Field.cellFlags)
    bytes.put(clip.bitPattern, at: Field.clip)
    bytes.put(gateActivation.alpha.bitPattern, at: Field.gateAlpha)
    bytes.put(gateActivation.beta.bitPattern, at: Field.gateBeta)
    bytes.put(candidateActivation.alpha.bitPattern, at: Field.candidateAlpha)
    bytes.put(candidateActivation.beta.bitPattern, at: Field.candidateBeta)
    bytes.put(outputActivation.alpha.bitPattern, at: Field.outputAlpha)
    bytes.put(outputActivation.beta.bitPattern, at: Field.outputBeta)
    bytes.put(UInt32(panelWidth), at: Field.tileWidth)
    bytes.put(UInt64(bitPattern: Int64(inputSize)), at: Field.inputSize)
    bytes.put(UInt64(bitPattern: Int64(hiddenSize)), at: Field.hiddenSize)
    bytes.put(UInt64(bitPattern: Int64(outputSize)), at: Field.outputSize)
    for (field, range) in [
      (Field.weights, weights), (Field.biases, biases), (Field.initialState, initialState),
      (Field.name, name), (Field.scales, scales),
    ] {
      bytes.put(range.offset, at: field)
      bytes.put(range.length, at: field + 8)
    }
    bytes.put(inputScale.bitPattern, at: Field.inputScale)
    bytes.put(hiddenScale.bitPattern, at: Field.hiddenScale)
    bytes.put(cellClip.bitPattern, at: Field.cellClip)
    bytes.put(projectionClip.bitPattern, at: Field.projectionClip)
    bytes.put(hiddenRounding.rawValue, at: Field.hiddenRounding)
    for (field, value) in [
      (Field.kernelSize, columns.kernelSize), (Field.columnStride, columns.stride),
      (Field.dilation, columns.dilation), (Field.groups, columns.groups),
      (Field.before, columns.before), (Field.after, columns.after),
      (Field.columns, columns.length), (Field.sliceStart, columns.start),
      (Field.maskCount, maskCount), (Field.delay, delay),
      (Field.keptBlocks, keptBlocks.map { $0 + 1 } ?? 0),
    ] {
      bytes.put(UInt32(clamping: value), at: field)
    }
    bytes.put(maskValue.bitPattern, at: Field.maskValue)
    bytes.put(columns.padding.rawValue, at: Field.columnPadding)
    bytes.put(columns.recurrence.rawValue, at: Field.recurrence)
    bytes.put(columns.epsilon.bitPattern, at: Field.epsilon)
    bytes.put(UInt32(inputs.count), at: Field.inputCount)
    for position in 0..<inputs.count {
      bytes.put(Int32(inputs[position]), at: Field.inputs + 4 * position)
    }
    // Sizes that the validator refuses anyway are kept away from the arithmetic.
    let limit = 0...Int(BlobLimits.size)
    let sizes = [
      inputSize, hiddenSize, outputSize, columns.length, columns.kernelSize, columns.stride,
      columns.dilation, columns.before, columns.after, delay,
    ]
    if kind == .embedding || sizes.allSatisfy(limit.contains) {
      bytes.put(UInt64(stateByteCount), at: Field.stateBytes)
      bytes.put(UInt64(scratchByteCount), at: Field.scratchBytes)
    }
    return bytes
  }
}
