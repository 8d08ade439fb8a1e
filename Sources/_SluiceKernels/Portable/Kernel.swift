import _SluiceShims

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
  let layer = unsafe plan.pointee
  let block = unsafe rows.pointee
  switch unsafe layer.kernel {
  case sluice_kernel_lstm: unsafe lstm(layer, block)
  case sluice_kernel_gru_reset_after: unsafe gruResetAfter(layer, block)
  case sluice_kernel_gru_reset_before: unsafe gruResetBefore(layer, block)
  case sluice_kernel_elman: unsafe elman(layer, block)
  case sluice_kernel_dense, sluice_kernel_dense_general: unsafe dense(layer, block)
  case sluice_kernel_activation, sluice_kernel_activation_general:
    unsafe activation(layer, block)
  case sluice_kernel_convolution: unsafe convolution(layer, block, pastPitch: 0)
  case sluice_kernel_scale: unsafe scale(layer, block)
  case sluice_kernel_layer_norm: unsafe layerNorm(layer, block)
  case sluice_kernel_prelu: unsafe prelu(layer, block)
  case sluice_kernel_copy: unsafe copyChannels(layer, block)
  case sluice_kernel_accumulate: unsafe accumulate(layer, block)
  case sluice_kernel_magnitude: unsafe magnitudes(layer, block)
  case sluice_kernel_reflect_pad: unsafe reflectPad(layer, block)
  case sluice_kernel_compact: unsafe runCompact(plan, rows, isChained: true)
  default: break
  }
  if unsafe layer.kernel.rawValue >= sluice_kernel_dense_general.rawValue {
    unsafe runGeneral(plan, rows, isChained: true)
  }
}

/// Runs one layer over one step of many streams: as `run`, with a row for each stream.
///
/// Every weight is read once for several streams; each stream's bits are those that it has alone.
@export(interface)
public func runBatch(_ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>) {
  let layer = unsafe plan.pointee
  let block = unsafe rows.pointee
  switch unsafe layer.kernel {
  case sluice_kernel_lstm: unsafe lstmBatch(layer, block)
  case sluice_kernel_gru_reset_after: unsafe gruResetAfterBatch(layer, block)
  case sluice_kernel_gru_reset_before: unsafe gruResetBeforeBatch(layer, block)
  case sluice_kernel_elman: unsafe elmanBatch(layer, block)
  case sluice_kernel_dense, sluice_kernel_dense_general: unsafe dense(layer, block)
  case sluice_kernel_activation, sluice_kernel_activation_general:
    unsafe activation(layer, block)
  case sluice_kernel_convolution: unsafe convolution(layer, block, pastPitch: pastStride(layer))
  case sluice_kernel_scale: unsafe scale(layer, block)
  case sluice_kernel_layer_norm: unsafe layerNorm(layer, block)
  case sluice_kernel_prelu: unsafe prelu(layer, block)
  case sluice_kernel_copy: unsafe copyChannels(layer, block)
  case sluice_kernel_accumulate: unsafe accumulate(layer, block)
  case sluice_kernel_magnitude: unsafe magnitudes(layer, block)
  case sluice_kernel_reflect_pad: unsafe reflectPad(layer, block)
  case sluice_kernel_compact: unsafe runCompact(plan, rows, isChained: false)
  default: break
  }
  if unsafe layer.kernel.rawValue >= sluice_kernel_dense_general.rawValue {
    unsafe runGeneral(plan, rows, isChained: false)
  }
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

@inline(always)
private func runCompact(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  switch unsafe plan.pointee.compact.storage {
  case sluice_storage_f16: unsafe runHalf(plan, rows, isChained: isChained)
  case sluice_storage_bf16: unsafe runBrain(plan, rows, isChained: isChained)
  case sluice_storage_int8:
    #if SLUICE_AVX512
      if unsafe isChained && isJoint(plan) {
        unsafe runInt8Jointly(plan, rows)
        return
      }
    #endif
    unsafe runInt8(plan, rows, isChained: isChained)
  default: unsafe runInt4(plan, rows, isChained: isChained)
  }
}

/// A layer of f16 weights: an entry, as `runGeneral` is.
///
/// What multiplies has a name, because a closure of its size stays a function, called for each tile.
@inline(never)
@export(interface)
public func runHalf(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  var layer = unsafe plan.pointee
  unsafe layer.compact.storage = sluice_storage_f16
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyHalf(block, span, gates: gates, rowCount: rowCount, isBrain: false)
  }
  unsafe compact(
    layer, rows.pointee, isChained: isChained, wordBytes: 2, scaleBytes: 4, isInt8: false,
    multiply: multiply)
}

/// A layer of bf16 weights.
@inline(never)
@export(interface)
public func runBrain(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  var layer = unsafe plan.pointee
  unsafe layer.compact.storage = sluice_storage_bf16
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyHalf(block, span, gates: gates, rowCount: rowCount, isBrain: true)
  }
  unsafe compact(
    layer, rows.pointee, isChained: isChained, wordBytes: 4, scaleBytes: 4, isInt8: false,
    multiply: multiply)
}

/// A layer of int8 weights.
@inline(never)
@export(interface)
public func runInt8(
  _ plan: UnsafePointer<sluice_layer>, _ rows: UnsafePointer<sluice_block>, isChained: Bool
) {
  var layer = unsafe plan.pointee
  unsafe layer.compact.storage = sluice_storage_int8
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyInt8(block, span, gates: gates, rowCount: rowCount)
  }
  unsafe compact(
    layer, rows.pointee, isChained: isChained, wordBytes: 4, scaleBytes: 4, isInt8: true,
    multiply: multiply)
}

#if SLUICE_AVX512
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
  var layer = unsafe plan.pointee
  unsafe layer.compact.storage = sluice_storage_int4
  @inline(always)
  func multiply(_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) {
    multiplyInt4(block, span, gates: gates, rowCount: rowCount)
  }
  unsafe compact(
    layer, rows.pointee, isChained: isChained, wordBytes: 4, scaleBytes: 2, isInt8: false,
    multiply: multiply)
}

/// Whether `count` floats, a multiple of 16 on a 64-byte line, hold neither NaN nor infinity.
@export(interface)
public func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
  unsafe holdsFinite(floats, count)
}

/// Copies `rows` rows of `count` floats each; those of `source` lie on a 64-byte line.
@export(interface)
public func copyRows(
  _ source: UnsafePointer<Float>, pitch: Int, to target: UnsafeMutablePointer<Float>,
  targetPitch: Int, count: Int, rows: Int
) {
  var row = 0
  while row < rows {
    unsafe copy(source + row &* pitch, to: target + row &* targetPitch, count: count)
    row &+= 1
  }
}
