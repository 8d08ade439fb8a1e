import _SluiceContract

/// Every layer beyond the plain forms: any activations, limited sums, peepholes, a coupled forget
/// gate, a projection.
///
/// Sums run as in the plain kernels, in the same order. They go through memory, one vector of units
/// for each gate, so that a pass over units can do what a form asks for; every sum of a step is
/// there before any of h(t) is written, which may therefore lie where h(t-1) lies.
///
/// `isChained`: rows are steps of one stream, each with the state that the one before it left;
/// otherwise one step of many streams, each with its own. Of a dense or activation layer `output`
/// holds the sums already.
@inline(always)
func general(_ layer: sluice_layer, _ block: sluice_block, isChained: Bool) {
  var x = unsafe block.input
  var h = unsafe block.hidden
  var next = unsafe block.output
  var cell = unsafe block.cell
  var t = unsafe block.steps
  while t > 0 {
    unsafe generalStep(layer, x, h, next, cell, block.scratch)
    unsafe x += block.input_stride
    unsafe h = isChained ? UnsafePointer(next) : h + layer.stride
    unsafe next += block.output_stride
    if !isChained { unsafe cell += layer.form.hidden_stride }
    t &-= 1
  }
}

/// One step: the sums of all gates, then a pass for each group of gates that has one function, of which
/// there is one copy for all.
@inline(always)
private func generalStep(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, _ cell: UnsafeMutablePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) {
  let passes = unsafe generalSums(layer, x, h, into: sums)
  var index = 0
  while index < passes {
    let pass =
      switch unsafe layer.kernel {
      case sluice_kernel_lstm_general: unsafe lstmPass(index, layer, cell, sums)
      case sluice_kernel_gru_reset_after_general, sluice_kernel_gru_reset_before_general:
        unsafe gruPass(index, layer, x, h, sums)
      case sluice_kernel_elman_general:
        unsafe Pass(target: sums, count: layer.form.hidden_stride, function: layer.form.candidate)
      default:
        unsafe Pass(
          target: next, count: layer.stride, function: layer.form.output, isLimited: false)
      }
    let clip = unsafe layer.form.clip
    if pass.isLimited && clip > 0 { unsafe limit(pass.target, count: pass.count, to: clip) }
    unsafe apply(pass.function, to: pass.target, count: pass.count)
    index &+= 1
  }
  unsafe writeState(layer, sums, h, to: next)
}

/// Neighbouring vectors of sums that have one function.
@safe
private struct Pass {
  let target: UnsafeMutablePointer<Float>
  let count: Int
  let function: sluice_function
  /// Whether the sums are limited before, as the form may say.
  var isLimited = true
}

/// The sums of all gates, as far as they need no function of another; and how many passes follow.
@inline(always)
private func generalSums(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  into sums: UnsafeMutablePointer<Float>
) -> Int {
  switch unsafe layer.kernel {
  case sluice_kernel_lstm_general:
    unsafe gateSums(generalGates(layer), x, h, into: sums, layer.form)
    return 4
  case sluice_kernel_gru_reset_after_general:
    unsafe resetAfterSums(layer, x, h, into: sums)
    return 2
  case sluice_kernel_gru_reset_before_general:
    unsafe gateSums(resetBeforeGates(layer), x, h, into: sums, layer.form)
    return 2
  case sluice_kernel_elman_general:
    unsafe gateSums(
      singleGate(layer, hiddenSize: layer.output_size), x, h, into: sums, layer.form)
    return 1
  default: return 1
  }
}

/// Of an LSTM: i and f, g, o, and C before its output.
@inline(always)
private func lstmPass(
  _ index: Int, _ layer: sluice_layer, _ cell: UnsafeMutablePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) -> Pass {
  let form = unsafe layer.form
  let stride = unsafe form.hidden_stride
  switch index {
  case 0:
    if unsafe form.has_peepholes {
      unsafe addPeepholes(layer, row: BiasRows.inputPeephole, 2, of: cell, to: sums)
    }
    return unsafe Pass(
      target: sums, count: form.is_coupled ? stride : 2 &* stride, function: form.gate)
  case 1: return unsafe Pass(target: sums + 2 &* stride, count: stride, function: form.candidate)
  case 2:
    unsafe updateCell(cell, sums, form)
    if unsafe form.has_peepholes {
      unsafe addPeepholes(layer, row: BiasRows.outputPeephole, 1, of: cell, to: sums + 3 &* stride)
    }
    return unsafe Pass(target: sums + 3 &* stride, count: stride, function: form.gate)
  default:
    unsafe copyVector(cell, to: sums + 4 &* stride, count: stride)
    return unsafe Pass(
      target: sums + 4 &* stride, count: stride, function: form.output, isLimited: false)
  }
}

/// Of a GRU: r and z, then n, which needs r.
@inline(always)
private func gruPass(
  _ index: Int, _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) -> Pass {
  let stride = unsafe layer.form.hidden_stride
  guard index > 0 else {
    return unsafe Pass(target: sums, count: 2 &* stride, function: layer.form.gate)
  }
  unsafe candidateSums(layer, x, h, sums)
  return unsafe Pass(target: sums + 2 &* stride, count: stride, function: layer.form.candidate)
}

/// h(t), of what the passes left.
@inline(always)
private func writeState(
  _ layer: sluice_layer, _ sums: UnsafeMutablePointer<Float>, _ h: UnsafePointer<Float>,
  to next: UnsafeMutablePointer<Float>
) {
  let stride = unsafe layer.form.hidden_stride
  switch unsafe layer.kernel {
  case sluice_kernel_lstm_general: unsafe writeOutput(layer, sums, to: next)
  case sluice_kernel_gru_reset_after_general, sluice_kernel_gru_reset_before_general:
    unsafe blend(sums, h, into: next, count: stride)
  case sluice_kernel_elman_general: unsafe copyVector(sums, to: next, count: stride)
  default: break
  }
}

/// C(t) = f * C(t-1) + i * g, f = 1 - i where they are coupled.
@inline(always)
private func updateCell(
  _ cell: UnsafeMutablePointer<Float>, _ sums: UnsafePointer<Float>, _ form: sluice_form
) {
  let stride = unsafe form.hidden_stride
  var unit = 0
  while unit < stride {
    let i = unsafe load(sums + unit, as: PanelPair.self)
    var f = unsafe load(sums + stride + unit, as: PanelPair.self)
    if unsafe form.is_coupled { f = PanelPair(repeating: 1) - i }
    let g = unsafe load(sums + 2 &* stride + unit, as: PanelPair.self)
    var c = unsafe multiplyAdd(f, load(cell + unit, as: PanelPair.self), i * g)
    if unsafe form.cell_clip > 0 {
      c = unsafe capped(floored(c, -form.cell_clip), form.cell_clip)
    }
    unsafe store(c, to: cell + unit)
    unit &+= 16
  }
}

/// h(t) = o * f(C(t)), or its projection.
@inline(always)
private func writeOutput(
  _ layer: sluice_layer, _ sums: UnsafeMutablePointer<Float>, to next: UnsafeMutablePointer<Float>
) {
  let stride = unsafe layer.form.hidden_stride
  let projection = unsafe layer.form.projection
  let output = unsafe projection == nil ? next : sums
  var unit = 0
  while unit < stride {
    let o = unsafe load(sums + 3 &* stride + unit, as: PanelPair.self)
    let c = unsafe load(sums + 4 &* stride + unit, as: PanelPair.self)
    unsafe store(o * c, to: output + unit)
    unit &+= 16
  }
  guard let projection = unsafe projection else { return }
  let packed = unsafe PackedGates<1>(
    weights: projection, biases: projection, biasPitch: 0, inputSize: 0,
    hiddenSize: layer.form.hidden_size)
  unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
    let rows = unsafe packed.hiddenSums(tile, sums, from: [[PanelPair(repeating: 0)]])
    unsafe store(rows[0][0], to: next + tile &* 16)
  } single: { tile in
    let rows = unsafe packed.hiddenSums(tile, sums, from: [[Panel(repeating: 0)]])
    unsafe store(rows[0][0], to: next + tile &* 16)
  }
  let bound = unsafe layer.form.projection_clip
  if bound > 0 { unsafe limit(next, count: layer.stride, to: bound) }
}

/// h(t) = (1 - z) * n + z * h(t-1).
@inline(always)
private func blend(
  _ sums: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  into next: UnsafeMutablePointer<Float>, count: Int
) {
  var unit = 0
  while unit < count {
    let z = unsafe load(sums + count + unit, as: PanelPair.self)
    let n = unsafe load(sums + 2 &* count + unit, as: PanelPair.self)
    let previous = unsafe load(h + unit, as: PanelPair.self)
    unsafe store(multiplyAdd(z, previous - n, n), to: next + unit)
    unit &+= 16
  }
}

@inline(always)
private func copyVector(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  var unit = 0
  while unit < count {
    unsafe store(load(source + unit, as: PanelPair.self), to: target + unit)
    unit &+= 16
  }
}
