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

/// One step: the sums of all gates, then a pass for each group of gates that has one function.
@inline(always)
private func generalStep(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, _ cell: UnsafeMutablePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) {
  let form = unsafe layer.form
  let stride = unsafe form.hidden_stride
  var passes = 1
  switch unsafe layer.kernel {
  case sluice_kernel_lstm_general:
    passes = 4
    unsafe gateSums(generalGates(layer), x, h, into: sums, form)
  case sluice_kernel_gru_reset_after_general:
    passes = 2
    unsafe resetAfterSums(layer, x, h, into: sums)
  case sluice_kernel_gru_reset_before_general:
    passes = 2
    unsafe gateSums(resetBeforeGates(layer), x, h, into: sums, form)
  case sluice_kernel_elman_general:
    unsafe gateSums(singleGate(layer, hiddenSize: layer.output_size), x, h, into: sums, form)
  default: break
  }
  var pass = 0
  while pass < passes {
    var target = unsafe sums
    var count = stride
    var function = unsafe form.gate
    var isLimited = true
    switch unsafe layer.kernel {
    case sluice_kernel_lstm_general:
      switch pass {
      case 0:
        if unsafe form.has_peepholes {
          unsafe addPeepholes(layer, row: BiasRows.inputPeephole, 2, of: cell, to: sums)
        }
        count = unsafe form.is_coupled ? stride : 2 &* stride
      case 1:
        unsafe target = sums + 2 &* stride
        function = unsafe form.candidate
      case 2:
        unsafe updateCell(cell, sums, form)
        if unsafe form.has_peepholes {
          unsafe addPeepholes(
            layer, row: BiasRows.outputPeephole, 1, of: cell, to: sums + 3 &* stride)
        }
        unsafe target = sums + 3 &* stride
      default:
        unsafe target = sums + 4 &* stride
        unsafe copyVector(cell, to: target, count: stride)
        function = unsafe form.output
        isLimited = false
      }
    case sluice_kernel_gru_reset_after_general, sluice_kernel_gru_reset_before_general:
      if pass == 0 {
        count = 2 &* stride
      } else {
        unsafe candidateSums(layer, x, h, sums)
        unsafe target = sums + 2 &* stride
        function = unsafe form.candidate
      }
    case sluice_kernel_elman_general: function = unsafe form.candidate
    default:
      unsafe target = next
      count = unsafe layer.stride
      function = unsafe form.output
      isLimited = false
    }
    if unsafe isLimited && form.clip > 0 { unsafe limit(target, count: count, to: form.clip) }
    unsafe apply(function, to: target, count: count)
    pass &+= 1
  }
  switch unsafe layer.kernel {
  case sluice_kernel_lstm_general: unsafe writeOutput(layer, sums, to: next)
  case sluice_kernel_gru_reset_after_general, sluice_kernel_gru_reset_before_general:
    unsafe blend(sums, h, into: next, count: stride)
  case sluice_kernel_elman_general: unsafe copyVector(sums, to: next, count: stride)
  default: break
  }
}

@inline(always)
private func generalGates(_ layer: sluice_layer) -> PackedGates<4> {
  unsafe PackedGates<4>(
    weights: layer.weights, biases: layer.biases,
    biasPitch: BiasRows.pitch(
      layer.form.has_peepholes ? BiasRows.lstmWithPeepholes : BiasRows.lstm),
    inputSize: layer.input_size, hiddenSize: layer.output_size)
}

/// (W x + b) + U h of every gate, each a vector of its own.
@inline(always)
private func gateSums<let gates: Int>(
  _ packed: PackedGates<gates>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  into sums: UnsafeMutablePointer<Float>, _ form: sluice_form
) {
  unsafe forEachTile(of: form.hidden_size, backwards: false) { tile in
    unsafe gateSums(packed, x, h, sums, form.hidden_stride, tile, as: PanelPair.self)
  } single: { tile in
    unsafe clearHalf(sums, gates, form.hidden_stride, tile)
    unsafe gateSums(packed, x, h, sums, form.hidden_stride, tile, as: Panel.self)
  }
}

@inline(always)
private func gateSums<let gates: Int, V: SIMD>(
  _ packed: PackedGates<gates>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, _ stride: Int, _ tile: Int, as: V.Type
) where V.Scalar == Float {
  let total: InlineArray<1, InlineArray<gates, V>> = unsafe packed.sums(tile, x, h, nil).total
  for gate in 0..<gates {
    unsafe store(total[0][gate], to: sums + gate &* stride + tile &* 16)
  }
}

/// The second half of an odd last panel's line, which no lane of the weights writes.
@inline(always)
private func clearHalf(
  _ sums: UnsafeMutablePointer<Float>, _ gates: Int, _ stride: Int, _ tile: Int
) {
  var gate = 0
  while gate < gates {
    unsafe store(Panel(repeating: 0), to: sums + gate &* stride + tile &* 16 + 8)
    gate &+= 1
  }
}

/// r and z as sums; of n the input's sum, and U h + b_h in a vector of its own.
@inline(always)
private func resetAfterSums(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  into sums: UnsafeMutablePointer<Float>
) {
  let stride = unsafe layer.stride
  unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
    unsafe resetAfterSums(gruGates(layer), x, h, sums, stride, tile, as: PanelPair.self)
  } single: { tile in
    unsafe clearHalf(sums, 4, stride, tile)
    unsafe resetAfterSums(gruGates(layer), x, h, sums, stride, tile, as: Panel.self)
  }
}

@inline(always)
private func resetAfterSums<V: SIMD>(
  _ packed: PackedGates<3>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, _ stride: Int, _ tile: Int, as: V.Type
) where V.Scalar == Float {
  typealias Tile = InlineArray<1, InlineArray<3, V>>
  let (input, total): (Tile, Tile) = unsafe packed.sums(tile, x, h, nil)
  let unit = unsafe sums + tile &* 16
  unsafe store(total[0][0], to: unit)
  unsafe store(total[0][1], to: unit + stride)
  unsafe store(input[0][2], to: unit + 2 &* stride)
  unsafe store(total[0][2], to: unit + 3 &* stride)
}

/// The candidate's sums, which need r: after the product or before it.
@inline(always)
private func candidateSums(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) {
  let stride = unsafe layer.stride
  var unit = 0
  if unsafe layer.kernel.rawValue == sluice_kernel_gru_reset_after_general.rawValue {
    while unit < stride {
      let r = unsafe load(sums + unit, as: PanelPair.self)
      let input = unsafe load(sums + 2 &* stride + unit, as: PanelPair.self)
      let hidden = unsafe load(sums + 3 &* stride + unit, as: PanelPair.self)
      unsafe store(multiplyAdd(r, hidden, input), to: sums + 2 &* stride + unit)
      unit &+= 16
    }
    return
  }
  while unit < stride {
    let r = unsafe load(sums + unit, as: PanelPair.self)
    unsafe store(r * load(h + unit, as: PanelPair.self), to: sums + 3 &* stride + unit)
    unit &+= 16
  }
  unsafe gateSums(
    resetBeforeCandidate(layer), x, sums + 3 &* stride, into: sums + 2 &* stride, layer.form)
}

/// Adds C times the weights of `count` peepholes, which are rows of the biases from `row` on.
@inline(always)
private func addPeepholes(
  _ layer: sluice_layer, row: Int, _ count: Int, of cell: UnsafePointer<Float>,
  to sums: UnsafeMutablePointer<Float>
) {
  let stride = unsafe layer.form.hidden_stride
  let pitch = BiasRows.pitch(BiasRows.lstmWithPeepholes)
  unsafe forEachTile(of: layer.form.hidden_size, backwards: false) { tile in
    unsafe addPeepholes(
      layer.biases + tile &* pitch + row &* 16, count, cell, sums, stride, tile, as: PanelPair.self)
  } single: { tile in
    unsafe addPeepholes(
      layer.biases + tile &* pitch + row &* 8, count, cell, sums, stride, tile, as: Panel.self)
  }
}

@inline(always)
private func addPeepholes<V: SIMD>(
  _ weights: UnsafePointer<Float>, _ count: Int, _ cell: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, _ stride: Int, _ tile: Int, as: V.Type
) where V.Scalar == Float {
  let c = unsafe load(cell + tile &* 16, as: V.self)
  var gate = 0
  while gate < count {
    let sum = unsafe sums + gate &* stride + tile &* 16
    let weight = unsafe load(weights + gate &* V.scalarCount, as: V.self)
    unsafe store(multiplyAdd(weight, c, load(sum, as: V.self)), to: sum)
    gate &+= 1
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
