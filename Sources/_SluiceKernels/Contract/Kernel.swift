import _SluiceContract

/// Runs one layer over a block of steps.
///
/// All entries stand in this file: what two files' entries share, `load` or an array's subscript,
/// would become functions with weak symbols, and calls in every loop.
///
/// The contract: `plan` comes from a validated blob, every pointer of `rows` is valid for the
/// sizes that it states, `steps` >= 1. Reads nothing else, writes `output`, `cell`,
/// `scratch`, `projected` and `recurrent` alone; never allocates, locks, calls out or traps.
@export(interface)
public func run(_ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>) {
  switch unsafe plan.pointee.kernel {
  case sluice_kernel_lstm:
    #if SLUICE_AVX512
      if unsafe isJoint(plan, rows) {
        unsafe runLSTMJointly(plan, rows)
        return
      }
    #endif
    unsafe runLSTM(plan, rows)
  case sluice_kernel_gru_reset_after: unsafe runGRUResetAfter(plan, rows)
  case sluice_kernel_gru_reset_before: unsafe runGRUResetBefore(plan, rows)
  case sluice_kernel_activation, sluice_kernel_activation_general: unsafe runActivation(plan, rows)
  case sluice_kernel_elman: unsafe runElman(plan, rows)
  case sluice_kernel_compact: unsafe runCompact(plan, rows, isChained: true)
  case sluice_kernel_masked: unsafe runMaskedSteps(plan, rows, isChained: true)
  case sluice_kernel_columns: unsafe runColumns(plan, rows, isChained: true)
  default: unsafe runOther(plan, rows, isChained: true)
  }
}

/// Runs one layer over one step of many streams: as `run`, with a row for each stream.
///
/// Every weight is read once for several streams; each stream's bits are those that it has alone.
@export(interface)
public func runBatch(_ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>) {
  switch unsafe plan.pointee.kernel {
  case sluice_kernel_lstm: unsafe runLSTMBatch(plan, rows)
  case sluice_kernel_gru_reset_after: unsafe runGRUResetAfterBatch(plan, rows)
  case sluice_kernel_gru_reset_before: unsafe runGRUResetBeforeBatch(plan, rows)
  case sluice_kernel_activation, sluice_kernel_activation_general: unsafe runActivation(plan, rows)
  case sluice_kernel_elman: unsafe runElmanBatch(plan, rows)
  case sluice_kernel_compact: unsafe runCompact(plan, rows, isChained: false)
  case sluice_kernel_masked: unsafe runMaskedSteps(plan, rows, isChained: false)
  case sluice_kernel_columns: unsafe runColumns(plan, rows, isChained: false)
  default: unsafe runOther(plan, rows, isChained: false)
  }
}

/// A layer without a state, or of the general kind: the same code for a stream's steps and for many
/// streams. An entry, so that each has a frame and registers of its own, of what it needs; `run` only
/// jumps.
@inline(never)
@export(interface)
public func runOther(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  let layer = unsafe planned(plan)
  let block = unsafe rows.pointee
  switch unsafe layer.kernel {
  case sluice_kernel_dense, sluice_kernel_dense_general: unsafe dense(layer, block)
  case sluice_kernel_convolution, sluice_kernel_depthwise:
    unsafe convolution(layer, block, pastPitch: isChained ? 0 : pastStride(layer))
  case sluice_kernel_scale: unsafe scale(layer, block)
  case sluice_kernel_layer_norm: unsafe layerNorm(layer, block)
  case sluice_kernel_prelu: unsafe prelu(layer, block)
  case sluice_kernel_copy: unsafe copyChannels(layer, block)
  case sluice_kernel_accumulate: unsafe accumulate(layer, block)
  case sluice_kernel_magnitude: unsafe magnitudes(layer, block)
  case sluice_kernel_reflect_pad: unsafe reflectPad(layer, block)
  case sluice_kernel_mask: unsafe mask(layer, block)
  case sluice_kernel_multiply: unsafe multiply(layer, block)
  case sluice_kernel_max_pool: unsafe maxPool(layer, block)
  case sluice_kernel_arg_max: unsafe argMax(layer, block)
  case sluice_kernel_delay:
    unsafe delay(layer, block, pastPitch: isChained ? 0 : pastStride(layer))
  case sluice_kernel_gather: unsafe runGather(plan, rows)
  case sluice_kernel_compact_convolution:
    unsafe runCompactConvolution(plan, rows, isChained: isChained)
  default: break
  }
  if unsafe sluice_is_general(layer.kernel) { unsafe runGeneral(plan, rows, isChained: isChained) }
}

/// A gather: an entry, whose pointers then stay in registers.
@inline(never)
@export(interface)
public func runGather(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe gather(plan.pointee, rows.pointee)
}

/// A convolution whose weights are not f32: an entry, so that its copy of the layer, which has the sizes of a
/// dense one, is made once.
@inline(never)
@export(interface)
public func runCompactConvolution(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  let block = unsafe rows.pointee
  guard let shape = unsafe plan.pointee.columns?.pointee else { return }
  var layer = unsafe layerOfTaps(plan.pointee, shape)
  let pastPitch = isChained ? 0 : shape.past_stride
  unsafe withUnsafePointer(to: &layer) { inner in
    unsafe compactConvolution(inner, plan.pointee, shape, block, pastPitch: pastPitch) {
      inner, part in
      unsafe run(inner, part)
    }
  }
}

/// A recurrent layer that passes masked steps over: an entry, so that its copy of the layer, which has the
/// kernel of the steps that count, is made once.
@inline(never)
@export(interface)
public func runMaskedSteps(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  var layer = unsafe plan.pointee
  unsafe layer.kernel = layer.inner
  let block = unsafe rows.pointee
  unsafe withUnsafePointer(to: &layer) { inner in
    unsafe runMasked(inner, block, isChained: isChained) { inner, part in
      if isChained {
        unsafe run(inner, part)
      } else {
        unsafe runBatch(inner, part)
      }
    }
  }
}

/// A recurrent layer over the columns of a step: an entry, so that its copy of the layer, which has the
/// sizes of a column, is made once.
@inline(never)
@export(interface)
public func runColumns(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  guard let shape = unsafe plan.pointee.columns?.pointee else { return }
  let block = unsafe rows.pointee
  var layer = unsafe layerOfColumn(plan.pointee, shape)
  unsafe withUnsafePointer(to: &layer) { inner in
    unsafe overColumns(inner, plan, shape, block, isChained: isChained) { inner, part in
      if shape.is_along {
        unsafe run(inner, part)
      } else {
        unsafe runBatch(inner, part)
      }
    }
  }
}

/// An LSTM layer.
@inline(never)
@export(interface)
public func runLSTM(_ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>) {
  unsafe lstm(planned(plan), rows.pointee)
}

#if SLUICE_AVX512
  /// A small LSTM layer.
  @inline(never)
  @export(interface)
  public func runLSTMJointly(
    _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
  ) {
    unsafe lstmJointly(plan.pointee, rows.pointee)
  }
#endif

/// A GRU layer that resets after the product.
@inline(never)
@export(interface)
public func runGRUResetAfter(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe gruResetAfter(planned(plan), rows.pointee)
}

/// A GRU layer that resets before the product.
@inline(never)
@export(interface)
public func runGRUResetBefore(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe gruResetBefore(planned(plan), rows.pointee)
}

/// An Elman layer.
@inline(never)
@export(interface)
public func runElman(_ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>) {
  unsafe elman(planned(plan), rows.pointee)
}

/// One step of many LSTM streams.
@inline(never)
@export(interface)
public func runLSTMBatch(_ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>) {
  unsafe lstmBatch(planned(plan), rows.pointee)
}

/// One step of many streams of a GRU that resets after the product.
@inline(never)
@export(interface)
public func runGRUResetAfterBatch(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe gruResetAfterBatch(planned(plan), rows.pointee)
}

/// One step of many streams of a GRU that resets before the product.
@inline(never)
@export(interface)
public func runGRUResetBeforeBatch(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe gruResetBeforeBatch(planned(plan), rows.pointee)
}

/// One step of many Elman streams.
@inline(never)
@export(interface)
public func runElmanBatch(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe elmanBatch(planned(plan), rows.pointee)
}

/// The plan's layer. The baseline computes exactly whatever the grade: a second copy of every cell's
/// activations, each of four registers, would be much code for CPUs that are rare.
@inline(always)
private func planned(_ plan: UnsafePointer<sluice_layer>) -> sluice_layer {
  var layer = unsafe plan.pointee
  #if SLUICE_BASELINE
    unsafe layer.is_fast = false
  #endif
  return unsafe layer
}

/// What the general kernels do: not inlined, so that one copy serves both entries; an entry itself,
/// because what is not would become a weak symbol.
@inline(never)
@export(interface)
public func runGeneral(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  unsafe general(plan.pointee, rows.pointee, isChained: isChained)
}

/// An activation layer: an entry, as `runGeneral` is, so that its loops have all registers for what they
/// need again and again.
@inline(never)
@export(interface)
public func runActivation(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
) {
  unsafe activation(planned(plan), rows.pointee)
  if unsafe sluice_is_general(plan.pointee.kernel) {
    unsafe runGeneral(plan, rows, isChained: true)
  }
}

/// Applies a layer's activation to `rows` rows of its sums in place, `pitch` floats apart: [stride], of
/// which `count` are outputs. One copy of every function's loop for all kernels that end so.
@inline(never)
@export(interface)
public func activateRows(
  _ sums: UnsafeMutablePointer<Float>, pitch: Int, rows: Int, _ activation: sluice_activation,
  count: Int, stride: Int, fast: Bool
) {
  unsafe activate(
    sums, pitch: pitch, rows: rows, activation, count: count, stride: stride, fast: fast)
}

@inline(always)
private func runCompact(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  switch unsafe plan.pointee.compact.storage {
  case sluice_storage_f32: unsafe runSparseFloat(plan, rows, isChained: isChained)
  case sluice_storage_f16: unsafe runHalf(plan, rows, isChained: isChained)
  case sluice_storage_bf16: unsafe runBrain(plan, rows, isChained: isChained)
  case sluice_storage_int8 where unsafe plan.pointee.compact.blocks.ends != nil:
    #if SLUICE_AVX512
      if unsafe isChained && takesInt8Steps(plan) {
        if unsafe rows.pointee.steps > 1 {
          unsafe runSparseInt8(plan, rows, isChained: true, inputsAlone: true)
        }
        unsafe runSparseInt8Steps(plan, rows)
        return
      }
    #endif
    unsafe runSparseInt8(plan, rows, isChained: isChained, inputsAlone: false)
  case sluice_storage_int8:
    #if SLUICE_AVX512
      if unsafe isChained && isInt8Joint(plan) {
        unsafe runInt8Jointly(plan, rows)
        return
      }
    #endif
    #if !SLUICE_BASELINE
      if unsafe isChained && takesInt8Steps(plan) {
        if unsafe rows.pointee.steps > 1 {
          unsafe runInt8(plan, rows, isChained: true, inputsAlone: true)
        }
        unsafe runInt8Steps(plan, rows)
        return
      }
    #endif
    unsafe runInt8(plan, rows, isChained: isChained, inputsAlone: false)
  default: unsafe runInt4(plan, rows, isChained: isChained)
  }
}

/// The cells' arithmetic on the sums of `count` tiles from `tile` on, of all rows of one turn. An entry,
/// because it is the same for every type of weights.
@inline(never)
@export(interface)
public func runCompactUnits(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, turn: Int,
  isChained: Bool, isCandidate: Bool, tile: Int, count: Int
) {
  let layer = unsafe CompactLayer(plan: plan, storage: plan.pointee.compact.storage)
  unsafe compactUnits(
    layer, rows.pointee, turn: turn, isChained: isChained, isCandidate: isCandidate, tile: tile,
    count: count)
}

/// A layer of f32 weights whose zero blocks are left out.
@inline(never)
@export(interface)
public func runSparseFloat(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_f32)
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    let kept = unsafe plan.pointee.compact.first.kept(
      block, of: plan.pointee.compact.blocks, span, wordColumns: 1)
    multiplySparseFloat(kept, span, gates: gates, rowCount: rowCount)
  }
  unsafe compact(
    layer, rows, isChained: isChained, inputsAlone: false, wordBytes: 4, scaleBytes: 4,
    isSparse: true, multiply: multiply)
}

/// A layer of f16 weights: an entry, as `runGeneral` is.
///
/// What multiplies has a name, because a closure of its size stays a function, called for each tile.
@inline(never)
@export(interface)
public func runHalf(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_f16)
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyHalf(block, span, gates: gates, rowCount: rowCount, isBrain: false)
  }
  unsafe compact(
    layer, rows, isChained: isChained, inputsAlone: false, wordBytes: 2, scaleBytes: 4,
    multiply: multiply)
}

/// A layer of bf16 weights.
@inline(never)
@export(interface)
public func runBrain(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_bf16)
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyHalf(block, span, gates: gates, rowCount: rowCount, isBrain: true)
  }
  unsafe compact(
    layer, rows, isChained: isChained, inputsAlone: false, wordBytes: 4, scaleBytes: 4,
    multiply: multiply)
}

/// A layer of int8 weights; if `inputsAlone`, W x + b of a block and no step.
@inline(never)
@export(interface)
public func runInt8(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool,
  inputsAlone: Bool
) {
  let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_int8)
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyInt8(block, span, gates: gates, rowCount: rowCount, isSparse: false)
  }
  unsafe compact(
    layer, rows, isChained: isChained, inputsAlone: inputsAlone, wordBytes: 4, scaleBytes: 4,
    multiply: multiply)
}

/// A layer of int8 weights whose zero blocks are left out; if `inputsAlone`, W x + b of a block and no step.
@inline(never)
@export(interface)
public func runSparseInt8(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool,
  inputsAlone: Bool
) {
  let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_int8)
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    let kept = unsafe plan.pointee.compact.first.kept(
      block, of: plan.pointee.compact.blocks, span, wordColumns: 4)
    multiplyInt8(kept, span, gates: gates, rowCount: rowCount, isSparse: true)
  }
  unsafe compact(
    layer, rows, isChained: isChained, inputsAlone: inputsAlone, wordBytes: 4, scaleBytes: 4,
    isSparse: true, multiply: multiply)
}

#if !SLUICE_BASELINE
  /// Steps of an int8 layer with a tile's sums in registers, of which the baseline has too few.
  @inline(never)
  @export(interface)
  public func runInt8Steps(
    _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
  ) {
    let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_int8)
    unsafe int8Steps(layer, rows.pointee)
  }
#endif

#if SLUICE_AVX512
  /// The same of a layer whose zero blocks are left out, with both chains of a tile in registers.
  @inline(never)
  @export(interface)
  public func runSparseInt8Steps(
    _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
  ) {
    let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_int8)
    unsafe sparseInt8Steps(layer, rows.pointee)
  }

  /// A small layer of int8 weights.
  @inline(never)
  @export(interface)
  public func runInt8Jointly(
    _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>
  ) {
    unsafe int8Jointly(plan.pointee, rows.pointee)
  }
#endif

/// A layer of int4 weights.
@inline(never)
@export(interface)
public func runInt4(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  let layer = unsafe CompactLayer(plan: plan, storage: sluice_storage_int4)
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyInt4(block, span, gates: gates, rowCount: rowCount)
  }
  unsafe compact(
    layer, rows, isChained: isChained, inputsAlone: false, wordBytes: 4, scaleBytes: 2,
    multiply: multiply)
}

/// Whether `count` floats from the start of a 64-byte line on hold neither NaN nor infinity.
@export(interface)
public func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
  unsafe holdsFinite(floats, count)
}

/// Copies `rows` rows of `count` floats each, of any alignment.
@export(interface)
public func copyRows(
  _ source: UnsafePointer<Float>, pitch: Int, to target: UnsafeMutablePointer<Float>,
  targetPitch: Int, count: Int, rows: Int
) {
  guard count & 15 == 0 else {
    unsafe copyPartLines(
      source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
    return
  }
  var (source, target, left) = unsafe (source, target, rows)
  while left > 0 {
    var i = 0
    while i < count {
      unsafe store(load(source + i, as: PanelPair.self), to: target + i)
      i &+= 16
    }
    unsafe source += pitch
    unsafe target += targetPitch
    left &-= 1
  }
}

/// Rows that end within a line; apart, so that whole ones do not save registers for these.
@inline(never)
@export(interface)
public func copyPartLines(
  _ source: UnsafePointer<Float>, pitch: Int, to target: UnsafeMutablePointer<Float>,
  targetPitch: Int, count: Int, rows: Int
) {
  var row = 0
  while row < rows {
    unsafe copy(source + row &* pitch, to: target + row &* targetPitch, count: count)
    row &+= 1
  }
}
