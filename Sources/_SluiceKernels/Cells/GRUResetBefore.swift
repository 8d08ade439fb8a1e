import _SluiceContract

/// A GRU layer that resets before the product (Cho et al. 2014), the default of ONNX:
///
///     r, z = sigmoid(W x(t) + U h(t-1) + b)       n = tanh(W x(t) + U (r * h(t-1)) + b)
///     h(t) = (1 - z) * n + z * h(t-1)
///
/// The candidate needs every unit's r first, hence two passes, each with its own part of the
/// weights: all tiles of r and z, then all tiles of n. Biases of a tile: r z n.
@inline(always)
func gruResetBefore(_ layer: sluice_layer, _ block: sluice_block) {
  let gates = unsafe resetBeforeGates(layer)
  let candidate = unsafe resetBeforeCandidate(layer)
  let pitch = unsafe 3 &* layer.stride
  let columns = unsafe 2 &* layer.stride
  let isProjected = unsafe projectsInputs(layer, block, gates: 3)
  if isProjected {
    unsafe gates.projectInputs(
      block.input, rowPitch: block.input_stride, rowCount: block.steps,
      outputSize: layer.output_size, into: block.projected, projectedPitch: pitch, Rows<6>())
    unsafe candidate.projectInputs(
      block.input, rowPitch: block.input_stride, rowCount: block.steps,
      outputSize: layer.output_size, into: block.projected + columns, projectedPitch: pitch,
      Rows<8>())
  }
  let reset = unsafe block.scratch
  let update = unsafe block.scratch + layer.stride
  unsafe forEachStep(of: block, isProjected: isProjected, projectedPitch: pitch) {
    x, h, next, projected, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      unsafe resetBeforeTiles(
        gates, x, h, projected, reset, update, tile, fast: layer.is_fast, as: TwoPairs.self)
    } pair: { tile in
      unsafe resetBeforeTiles(
        gates, x, h, projected, reset, update, tile, fast: layer.is_fast, as: OnePair.self)
    } single: { tile in
      unsafe resetBeforeTiles(
        gates, x, h, projected, reset, update, tile, fast: layer.is_fast, as: OnePanel.self)
    }
    let projectedCandidate = unsafe projected.map { unsafe $0 + columns }
    unsafe affine(
      candidate, x, reset, projectedCandidate, into: next, outputSize: layer.output_size,
      backwards: !backwards)
    unsafe resetBeforeUnits(
      next, update: update, h, next: next, count: layer.stride, fast: layer.is_fast)
  }
}

@inline(always)
func resetBeforeGates(_ layer: sluice_layer) -> PackedGates<2> {
  unsafe PackedGates<2>(
    weights: layer.weights, biases: layer.biases,
    biasPitch: BiasRows.pitch(BiasRows.gruResetBefore), inputSize: layer.input_size,
    hiddenSize: layer.output_size)
}

/// The candidate's gate, a pass of its own behind the tiles of r and z.
@inline(always)
func resetBeforeCandidate(_ layer: sluice_layer) -> PackedGates<1> {
  let columns = unsafe layer.input_size &+ layer.output_size
  let panels = unsafe (layer.output_size &+ 7) &>> 3
  return unsafe PackedGates<1>(
    weights: layer.weights + panels &* columns &* 16, biases: layer.biases,
    biasPitch: BiasRows.pitch(BiasRows.gruResetBefore), inputSize: layer.input_size,
    hiddenSize: layer.output_size, biasRow: BiasRows.candidate)
}

/// r * h(t-1) and z of `tiles` tiles.
@inline(always)
private func resetBeforeTiles<let tiles: Int, V: SIMD>(
  _ gates: PackedGates<2>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ projected: UnsafePointer<Float>?, _ reset: UnsafeMutablePointer<Float>,
  _ update: UnsafeMutablePointer<Float>, _ tile: Int, fast: Bool, as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  let sums: InlineArray<tiles, InlineArray<2, V>> = unsafe gates.sums(tile, x, h, projected).total
  forEach(tiles) { t in
    unsafe resetAndUpdate(sums[t], h, reset, update, at: (tile &+ t) &* 16, fast: fast)
  }
}

/// r * h(t-1) and z of the units from `unit` on.
@inline(always)
func resetAndUpdate<V: SIMD>(
  _ sums: InlineArray<2, V>, _ h: UnsafePointer<Float>, _ reset: UnsafeMutablePointer<Float>,
  _ update: UnsafeMutablePointer<Float>, at unit: Int, fast: Bool
) where V.Scalar == Float {
  let previous = unsafe load(h + unit, as: V.self)
  unsafe store(gated(sums[0], previous, fast: fast), to: reset + unit)
  unsafe store(gate(sums[1], fast: fast), to: update + unit)
}

/// h(t) = (1 - z) * n + z * h(t-1) with n = tanh of the candidate's sums, over whole lines.
@inline(always)
func resetBeforeUnits(
  _ sums: UnsafePointer<Float>, update: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  next: UnsafeMutablePointer<Float>, count: Int, fast: Bool
) {
  var unit = 0
  while unit < count {
    let n = unsafe tanh(load(sums + unit, as: PanelPair.self), fast: fast)
    let previous = unsafe load(h + unit, as: PanelPair.self)
    let z = unsafe load(update + unit, as: PanelPair.self)
    unsafe store(multiplyAdd(z, previous - n, n), to: next + unit)
    unit &+= 16
  }
}
