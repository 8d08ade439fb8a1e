import _SluiceContract

/// A GRU layer that resets after the product, as PyTorch, cuDNN and Keras have it:
///
///     r, z = sigmoid(W x(t) + U h(t-1) + b)       n = tanh(W x(t) + b + r * (U h(t-1) + b_h))
///     h(t) = (1 - z) * n + z * h(t-1)
///
/// Gates of a tile: r z n; biases: r z n n_h.
@inline(always)
func gruResetAfter(_ layer: sluice_layer, _ block: sluice_block) {
  let gates = unsafe gruGates(layer)
  let pitch = unsafe 3 &* layer.stride
  let isProjected = unsafe projectsInputs(layer, block, gates: 3)
  if isProjected {
    unsafe gates.projectInputs(
      block.input, rowPitch: block.input_stride, rowCount: block.steps,
      outputSize: layer.output_size, into: block.projected, projectedPitch: pitch, Rows<4>())
  }
  unsafe forEachStep(of: block, isProjected: isProjected, projectedPitch: pitch) {
    x, h, next, projected, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      unsafe gruTiles(gates, x, h, projected, next, tile, fast: layer.is_fast, as: TwoPairs.self)
    } pair: { tile in
      unsafe gruTiles(gates, x, h, projected, next, tile, fast: layer.is_fast, as: OnePair.self)
    } single: { tile in
      unsafe gruTiles(gates, x, h, projected, next, tile, fast: layer.is_fast, as: OnePanel.self)
    }
  }
}

@inline(always)
func gruGates(_ layer: sluice_layer) -> PackedGates<3> {
  unsafe PackedGates<3>(
    weights: layer.weights, biases: layer.biases,
    biasPitch: BiasRows.pitch(BiasRows.gruResetAfter), inputSize: layer.input_size,
    hiddenSize: layer.output_size)
}

@inline(always)
private func gruTiles<let tiles: Int, V: SIMD>(
  _ gates: PackedGates<3>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ projected: UnsafePointer<Float>?, _ next: UnsafeMutablePointer<Float>, _ tile: Int,
  fast: Bool, as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  typealias Tiles = InlineArray<tiles, InlineArray<3, V>>
  let (input, sums): (Tiles, Tiles) = unsafe gates.sums(tile, x, h, projected)
  forEach(tiles) { t in
    unsafe gruUnits(sums[t], input[t][2], h, next, at: (tile &+ t) &* 16, fast: fast)
  }
}

extension PackedGates {
  /// Where the sums with U h start: at W x + b, but for the candidate of a GRU that resets after,
  /// which are three gates together: at b_h.
  @inline(always)
  func hiddenStart<let tiles: Int, V: SIMD>(
    _ tile: Int, _ input: InlineArray<tiles, InlineArray<gates, V>>
  ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
    var start = input
    if gates == 3 {
      for t in 0..<tiles {
        start[t][2] = unsafe load(
          biases + (tile &+ t) &* biasPitch + BiasRows.recurrentCandidate &* V.scalarCount,
          as: V.self)
      }
    }
    return start
  }
}

/// h(t) of the units from `unit` on, given the sums of r and z, U h + b_h, and the candidate's
/// W x + b.
@inline(always)
func gruUnits<V: SIMD>(
  _ sums: InlineArray<3, V>, _ candidate: V, _ h: UnsafePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, at unit: Int, fast: Bool
) where V.Scalar == Float {
  let previous = unsafe load(h + unit, as: V.self)
  let output =
    fast
    ? gruOutput(sums, candidate, previous, fast: true)
    : gruOutput(sums, candidate, previous, fast: false)
  unsafe store(output, to: next + unit)
}

@inline(always)
private func gruOutput<V: SIMD>(
  _ sums: InlineArray<3, V>, _ candidate: V, _ h: V, fast: Bool
) -> V where V.Scalar == Float {
  let n = tanh(gated(sums[0], sums[2], plus: candidate, fast: fast), fast: fast)
  return multiplyAdd(gate(sums[1], fast: fast), h - n, n)
}

/// As `gruUnits` of sums, where W x + b and U h were summed apart.
@inline(always)
func gruUnits<V: SIMD>(
  _ input: InlineArray<3, V>, _ hidden: InlineArray<3, V>, _ candidateBias: UnsafePointer<Float>,
  _ h: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>, at unit: Int,
  fast: Bool
) where V.Scalar == Float {
  let sums: InlineArray<3, V> = unsafe [
    input[0] + hidden[0], input[1] + hidden[1], hidden[2] + load(candidateBias, as: V.self),
  ]
  unsafe gruUnits(sums, input[2], h, next, at: unit, fast: fast)
}
