import _SluiceContract

@inline(always)
func generalGates(_ layer: sluice_layer) -> PackedGates<4> {
  unsafe PackedGates<4>(
    weights: layer.weights, biases: layer.biases,
    biasPitch: BiasRows.pitch(
      layer.form.has_peepholes ? BiasRows.lstmWithPeepholes : BiasRows.lstm),
    inputSize: layer.input_size, hiddenSize: layer.output_size)
}

/// (W x + b) + U h of every gate, each a vector of its own.
@inline(always)
func gateSums<let gates: Int>(
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
func resetAfterSums(
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
func candidateSums(
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
func addPeepholes(
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
