import _SluiceShims

extension CompactGates {
  /// All gates of a layer, or of a GRU that resets before the first two, or its candidate.
  @inline(always)
  init(_ layer: sluice_layer, isCandidate: Bool) {
    let shape = unsafe CompactShape(layer, isCandidate: isCandidate)
    unsafe weights = UnsafeRawPointer(layer.weights) + (isCandidate ? shape.firstPassBytes : 0)
    let base = unsafe layer.compact.scales ?? UnsafeRawPointer(layer.weights)
    unsafe scales = base + (isCandidate ? shape.firstPassScaleBytes : 0)
    unsafe biases = layer.biases
    gates = shape.gates
    unsafe outputSize = layer.output_size
    wordBytes = shape.wordBytes
    scaleBytes = shape.isInt4 ? 2 : 4
    tilePitch = shape.bytes(gates: shape.gates, lanes: 16)
    scalePitch = shape.scaleBytes(gates: shape.gates, lanes: 16)
    biasPitch = shape.biasRows &* 16
  }
}

/// Sizes of a compact layer's parts, as the format lays them out.
struct CompactShape {
  let isInt4: Bool
  let wordBytes: Int
  /// Words of x and of h in a lane; of int4 whole groups.
  let inputWords: Int, hiddenWords: Int
  /// Gates of the pass, and of the layer.
  let gates: Int, allGates: Int
  /// Rows of biases, and of int8 of scales and corrections.
  let biasRows: Int, scaleRows: Int
  let paddedLanes: Int
  /// The pass's first gate.
  let firstGate: Int

  @inline(always)
  init(_ layer: sluice_layer, isCandidate: Bool) {
    let cell = unsafe layer.compact.cell
    let storage = unsafe layer.compact.storage
    let isDense = cell == sluice_kernel_dense
    let resetsBefore = cell == sluice_kernel_gru_reset_before
    isInt4 = storage == sluice_storage_int4
    wordBytes = storage == sluice_storage_f16 ? 2 : 4
    allGates = unsafe compactGateCount(layer)
    gates = resetsBefore ? isCandidate ? 1 : 2 : allGates
    firstGate = isCandidate ? 2 : 0
    biasRows = cell == sluice_kernel_gru_reset_after ? 4 : allGates
    scaleRows = isDense ? 2 : 4 &* allGates
    inputWords = unsafe compactWords(layer.input_size, storage)
    hiddenWords = unsafe isDense ? 0 : compactWords(layer.output_size, storage)
    paddedLanes = unsafe (layer.output_size &+ 7) & ~7
  }

  /// Bytes of the weights of some lanes.
  @inline(always)
  func bytes(gates: Int, lanes: Int) -> Int {
    (inputWords &+ hiddenWords) &* gates &* lanes &* wordBytes
  }

  /// Bytes of the scales of some lanes: of int4 of these gates, of int8 of all.
  @inline(always)
  func scaleBytes(gates: Int, lanes: Int) -> Int {
    isInt4
      ? (inputWords &+ hiddenWords) &>> 2 &* gates &* lanes &* 2 : scaleRows &* lanes &* 4
  }

  /// Bytes of the weights of r and z, which lie before those of the candidate.
  @inline(always)
  var firstPassBytes: Int { bytes(gates: 2, lanes: paddedLanes) }

  @inline(always)
  var firstPassScaleBytes: Int { isInt4 ? scaleBytes(gates: 2, lanes: paddedLanes) : 0 }
}

@inline(always)
private func compactWords(_ columns: Int, _ storage: sluice_storage) -> Int {
  switch storage {
  case sluice_storage_bf16: (columns &+ 1) &>> 1
  case sluice_storage_int8: (columns &+ 3) &>> 2
  case sluice_storage_int4: (columns &+ 31) &>> 5 &* 4
  default: columns
  }
}

/// What a pass multiplies: x of all rows, h of a turn's rows, or both.
@inline(always)
func factors(
  _ layer: sluice_layer, _ block: sluice_block, _ row: CompactRow, _ pass: CompactPass,
  inputRows: Int
) -> (x: CompactFactor, h: CompactFactor) {
  let shape = unsafe CompactShape(layer, isCandidate: pass.isCandidate)
  let isInteger = unsafe layer.compact.storage.rawValue >= sluice_storage_int8.rawValue
  let isDense = unsafe layer.compact.cell == sluice_kernel_dense
  let inputPitch = unsafe sluice_quantised_pitch(layer.input_size)
  let hidden = unsafe pass.isCandidate ? UnsafePointer(block.scratch) : row.h
  let quantised = unsafe UnsafeRawPointer(block.quantised)
  // Sums of the candidate follow those of r and z.
  let column = unsafe shape.firstGate &* layer.stride
  let isInt8 = !shape.isInt4
  let x = unsafe CompactFactor(
    rows: isInteger ? quantised : UnsafeRawPointer(block.input),
    pitch: isInteger ? inputPitch : 4 &* block.input_stride,
    rowCount: pass.reads == .hidden ? 0 : inputRows, columns: layer.input_size, firstWeight: 0,
    firstScale: 0, scaleRow: isInt8 ? shape.firstGate : 0,
    correctionRow: isInt8 ? (isDense ? 1 : 2 &* shape.allGates) &+ shape.firstGate : 0,
    biasRow: shape.firstGate,
    sums: isDense ? block.output : row.projected + column,
    sumPitch: isDense ? block.output_stride : row.pitch)
  let tileWords = shape.inputWords &* shape.gates
  let h = unsafe CompactFactor(
    rows: isInteger ? quantised + block.steps &* inputPitch : UnsafeRawPointer(hidden),
    pitch: isInteger ? sluice_quantised_pitch(layer.output_size) : 4 &* layer.stride,
    rowCount: pass.reads == .input ? 0 : row.count, columns: layer.output_size,
    firstWeight: tileWords &* 16 &* shape.wordBytes,
    firstScale: shape.isInt4 ? tileWords &>> 2 &* 32 : 0,
    scaleRow: isInt8 ? shape.allGates &+ shape.firstGate : 0,
    correctionRow: isInt8 ? 3 &* shape.allGates &+ shape.firstGate : 0, biasRow: nil,
    sums: row.recurrent + column, sumPitch: row.pitch)
  return (x, h)
}
