import _SluiceShims

/// An LSTM layer over a block of steps (Hochreiter and Schmidhuber 1997; with the forget gate of
/// Gers, Schmidhuber and Cummins 2000):
///
///     i, f, o = sigmoid(W x(t) + U h(t-1) + b)    g = tanh(W x(t) + U h(t-1) + b)
///     C(t) = f * C(t-1) + i * g                   h(t) = o * tanh C(t)
///
/// Gates of a tile: i f g o; biases the same.
@inline(always)
func lstm(_ layer: sluice_layer, _ block: sluice_block) {
  let gates = unsafe lstmGates(layer)
  #if SLUICE_AVX512
    if unsafe lstmJointly(gates, layer, block) { return }
  #endif
  let pitch = unsafe 4 &* layer.stride
  let isProjected = unsafe projectsInputs(layer, block, gates: 4)
  if isProjected {
    unsafe gates.projectInputs(
      block.input, rowPitch: block.input_stride, rowCount: block.steps,
      outputSize: layer.output_size, into: block.projected, projectedPitch: pitch, Rows<3>())
  }
  unsafe forEachStep(of: block, isProjected: isProjected, projectedPitch: pitch) {
    x, h, next, projected, backwards in
    unsafe forEachTile(
      of: layer.output_size, backwards: backwards, twoAtOnce: projected != nil
    ) { tile in
      unsafe lstmTiles(gates, x, h, projected, block.cell, next, tile, as: TwoPairs.self)
    } pair: { tile in
      unsafe lstmTiles(gates, x, h, projected, block.cell, next, tile, as: OnePair.self)
    } single: { tile in
      unsafe lstmTiles(gates, x, h, projected, block.cell, next, tile, as: OnePanel.self)
    }
  }
}

@inline(always)
func lstmGates(_ layer: sluice_layer) -> PackedGates<4> {
  unsafe PackedGates<4>(
    weights: layer.weights, biases: layer.biases, biasPitch: 64, inputSize: layer.input_size,
    hiddenSize: layer.output_size)
}

/// One tile at a time where W x is summed too: its gates keep both multipliers busy, and two at once
/// were measured 10 to 25 % slower beyond the nearest cache.
///
/// Two at once where W x is known: a step then passes over W between two tiles, and the CPU, which
/// reads ahead in ascending order, loses some 300 cycles at each. Half as many were a fifth less.
@inline(always)
private func lstmTiles<let tiles: Int, V: SIMD>(
  _ gates: PackedGates<4>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ projected: UnsafePointer<Float>?, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, _ tile: Int, as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  let input: InlineArray<tiles, InlineArray<4, V>> =
    if let projected = unsafe projected { unsafe gates.loadSums(tile, projected) } else {
      unsafe gates.inputSums(tile, x)
    }
  let sums = unsafe gates.hiddenSums(tile, h, from: input)
  forEach(tiles) { t in unsafe lstmUnits(sums[t], cell, next, at: (tile &+ t) &* 16) }
}

#if SLUICE_AVX512
  /// All tiles of a layer at once, where the sums fit the registers and the weights the nearest cache.
  /// False where they do not.
  @inline(always)
  private func lstmJointly(
    _ gates: PackedGates<4>, _ layer: sluice_layer, _ block: sluice_block
  ) -> Bool {
    let panels = unsafe (layer.output_size &+ 7) &>> 3
    guard panels != 2 && panels <= 5 && gates.tilePitch &* panels <= 16384 else { return false }
    switch panels {
    case 1: unsafe lstmJointly(gates, block, JointSums<0, 2>.self)
    case 3: unsafe lstmJointly(gates, block, JointSums<1, 6>.self)
    case 4: unsafe lstmJointly(gates, block, JointSums<2, 8>.self)
    default: unsafe lstmJointly(gates, block, JointSums<2, 10>.self)
    }
    return true
  }

  @inline(always)
  private func lstmJointly<let pairs: Int, let vectors: Int>(
    _ gates: PackedGates<4>, _ block: sluice_block, _: JointSums<pairs, vectors>.Type
  ) {
    unsafe forEachStep(of: block, isProjected: false, projectedPitch: 0) { x, h, next, _, _ in
      var sums = JointSums<pairs, vectors>()
      unsafe sums.start(at: gates.biases, tilePitch: gates.biasPitch)
      unsafe gates.addInputs(x, to: &sums, 0)
      sums.join()
      unsafe gates.addHidden(h, to: &sums, 0)
      let total = sums
      if pairs > 0 {
        forEach(pairs) { pair in
          unsafe lstmUnits(total.pair(pair), block.cell, next, at: pair &* 16)
        }
      }
      if vectors > 4 &* pairs {
        unsafe lstmUnits(total.single, block.cell, next, at: pairs &* 16)
      }
    }
  }
#endif

/// C(t) and h(t) of the units from `unit` on, given the sums of their gates.
@inline(always)
func lstmUnits<V: SIMD>(
  _ sums: InlineArray<4, V>, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, at unit: Int
) where V.Scalar == Float {
  let c = unsafe lstmCells(sums[0], sums[1], sums[2], cell + unit)
  unsafe store(scaledTanh(c, by: gate(sums[3])), to: next + unit)
}

/// As `lstmUnits` of sums, where W x + b and U h were summed apart.
@inline(always)
func lstmUnits<V: SIMD>(
  _ input: InlineArray<4, V>, _ hidden: InlineArray<4, V>, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, at unit: Int
) where V.Scalar == Float {
  unsafe lstmUnits(
    [input[0] + hidden[0], input[1] + hidden[1], input[2] + hidden[2], input[3] + hidden[3]],
    cell, next, at: unit)
}

/// C(t) given the sums of i, f and g, in the place of C(t-1).
@inline(always)
private func lstmCells<V: SIMD>(
  _ i: V, _ f: V, _ g: V, _ cell: UnsafeMutablePointer<Float>
) -> V where V.Scalar == Float {
  let kept = unsafe gate(f) * load(cell, as: V.self)
  let c = multiplyAdd(gate(i), tanh(g), kept)
  unsafe store(c, to: cell)
  return c
}
