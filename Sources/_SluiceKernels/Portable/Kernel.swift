import _SluiceShims

/// Runs one layer over a block of steps.
///
/// All entries stand in this file: what two files' entries share, `load` or an array's subscript,
/// would become functions with weak symbols, and calls in every loop.
///
/// The contract: `layer` comes from a validated blob, every pointer of `block` is valid for the
/// sizes that `layer` states, `steps` >= 1. Reads nothing else, writes `output`, `cell`,
/// `scratch`, `projected` and `recurrent` alone; never allocates, locks, calls out or traps.
@export(interface)
public func run(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
  let layer = unsafe layer.pointee
  let block = unsafe block.pointee
  switch unsafe layer.kernel {
  case sluice_kernel_lstm: unsafe lstm(layer, block)
  case sluice_kernel_gru_reset_after: unsafe gruResetAfter(layer, block)
  case sluice_kernel_gru_reset_before: unsafe gruResetBefore(layer, block)
  case sluice_kernel_elman: unsafe elman(layer, block)
  case sluice_kernel_dense: unsafe dense(layer, block)
  case sluice_kernel_activation: unsafe activation(layer, block)
  case sluice_kernel_convolution: unsafe convolution(layer, block, pastPitch: 0)
  case sluice_kernel_scale: unsafe scale(layer, block)
  case sluice_kernel_layer_norm: unsafe layerNorm(layer, block)
  case sluice_kernel_prelu: unsafe prelu(layer, block)
  case sluice_kernel_copy: unsafe copyChannels(layer, block)
  case sluice_kernel_accumulate: unsafe accumulate(layer, block)
  case sluice_kernel_magnitude: unsafe magnitudes(layer, block)
  case sluice_kernel_reflect_pad: unsafe reflectPad(layer, block)
  default: break
  }
}

/// Runs one layer over one step of many streams: as `run`, with a row for each stream.
///
/// Every weight is read once for several streams; each stream's bits are those that it has alone.
@export(interface)
public func runBatch(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
  let layer = unsafe layer.pointee
  let block = unsafe block.pointee
  switch unsafe layer.kernel {
  case sluice_kernel_lstm: unsafe lstmBatch(layer, block)
  case sluice_kernel_gru_reset_after: unsafe gruResetAfterBatch(layer, block)
  case sluice_kernel_gru_reset_before: unsafe gruResetBeforeBatch(layer, block)
  case sluice_kernel_elman: unsafe elmanBatch(layer, block)
  case sluice_kernel_dense: unsafe dense(layer, block)
  case sluice_kernel_activation: unsafe activation(layer, block)
  case sluice_kernel_convolution: unsafe convolution(layer, block, pastPitch: pastStride(layer))
  case sluice_kernel_scale: unsafe scale(layer, block)
  case sluice_kernel_layer_norm: unsafe layerNorm(layer, block)
  case sluice_kernel_prelu: unsafe prelu(layer, block)
  case sluice_kernel_copy: unsafe copyChannels(layer, block)
  case sluice_kernel_accumulate: unsafe accumulate(layer, block)
  case sluice_kernel_magnitude: unsafe magnitudes(layer, block)
  case sluice_kernel_reflect_pad: unsafe reflectPad(layer, block)
  default: break
  }
}

/// Whether `count` floats, a multiple of 16 on a 64-byte line, hold neither NaN nor infinity.
@export(interface)
public func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
  unsafe holdsFinite(floats, count)
}
