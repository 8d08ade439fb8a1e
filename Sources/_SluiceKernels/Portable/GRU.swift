import _SluiceShims

/// A GRU layer that resets after the product, as PyTorch, cuDNN and Keras have it:
///
///     r, z = sigmoid(W x(t) + U h(t-1) + b)       n = tanh(W x(t) + b + r * (U h(t-1) + b_h))
///     h(t) = (1 - z) * n + z * h(t-1)
///
/// Weights of a tile: [input][r z n][lanes], then [hidden][r z n][lanes]; biases [r z n n_h][lanes].
@inline(always)
func gruResetAfter(_ layer: sluice_layer, _ block: sluice_block) {
  let columns = unsafe layer.input_size &+ layer.output_size
  unsafe forEachStep(of: block) { x, h, next, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      unsafe gruResetAfterTile(
        layer, layer.weights + tile &* columns &* 48, layer.biases + tile &* 64, x, h,
        at: tile &* 16, next, as: PanelPair.self)
    } single: { tile in
      unsafe gruResetAfterTile(
        layer, layer.weights + tile &* columns &* 48, layer.biases + tile &* 64, x, h,
        at: tile &* 16, next, as: Panel.self)
    }
  }
}

@inline(always)
private func gruResetAfterTile<V: SIMD>(
  _ layer: sluice_layer, _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>,
  _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>, at unit: Int,
  _ next: UnsafeMutablePointer<Float>, as: V.Type
) where V.Scalar == Float {
  let pitch = 3 &* V.scalarCount
  var input = unsafe GateSums<3, V>(biases: biases)
  unsafe input.add(weights, pitch: pitch, x, count: layer.input_size)
  let i = input.sums
  var hidden = GateSums<3, V>(startingAt: i)
  hidden.even[2] = unsafe load(biases + pitch, as: V.self)
  unsafe hidden.add(weights + layer.input_size &* pitch, pitch: pitch, h, count: layer.output_size)
  let u = hidden.sums
  let one = V(repeating: 1)
  let n = tanh(i[2] + u[2] / (one + expOfNegated(u[0])))
  let previous = unsafe load(h + unit, as: V.self)
  unsafe store(n + (previous - n) / (one + expOfNegated(u[1])), to: next + unit)
}

/// A GRU layer that resets before the product (Cho et al. 2014), the default of ONNX:
///
///     r, z = sigmoid(W x(t) + U h(t-1) + b)       n = tanh(W x(t) + U (r * h(t-1)) + b)
///     h(t) = (1 - z) * n + z * h(t-1)
///
/// The candidate needs every unit's r first, hence two passes, each with its own part of the
/// weights: all tiles of r and z, then all tiles of n. Biases of a tile: [r z n][lanes].
@inline(always)
func gruResetBefore(_ layer: sluice_layer, _ block: sluice_block) {
  let columns = unsafe layer.input_size &+ layer.output_size
  let candidate = unsafe layer.weights + (layer.output_size &+ 7) &>> 3 &* columns &* 16
  let reset = unsafe block.scratch
  let update = unsafe block.scratch + layer.stride
  unsafe forEachStep(of: block) { x, h, next, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      unsafe gruGatesTile(
        layer, layer.weights + tile &* columns &* 32, layer.biases + tile &* 48, x, h,
        at: tile &* 16, reset: reset, update: update, as: PanelPair.self)
    } single: { tile in
      unsafe gruGatesTile(
        layer, layer.weights + tile &* columns &* 32, layer.biases + tile &* 48, x, h,
        at: tile &* 16, reset: reset, update: update, as: Panel.self)
    }
    unsafe affine(
      candidate, layer.biases, biasRows: 3, biasRow: 2, x, inputSize: layer.input_size, reset,
      hiddenSize: layer.output_size, into: next, outputSize: layer.output_size,
      backwards: !backwards)
    var unit = 0
    while unsafe unit < layer.stride {
      let n = unsafe tanh(load(next + unit, as: PanelPair.self))
      let previous = unsafe load(h + unit, as: PanelPair.self)
      let z = unsafe load(update + unit, as: PanelPair.self)
      unsafe store(multiplyAdd(z, previous - n, n), to: next + unit)
      unit &+= 16
    }
  }
}

/// r * h(t-1) and z of one tile.
@inline(always)
private func gruGatesTile<V: SIMD>(
  _ layer: sluice_layer, _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>,
  _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>, at unit: Int,
  reset: UnsafeMutablePointer<Float>, update: UnsafeMutablePointer<Float>, as: V.Type
) where V.Scalar == Float {
  let pitch = 2 &* V.scalarCount
  var input = unsafe GateSums<2, V>(biases: biases)
  unsafe input.add(weights, pitch: pitch, x, count: layer.input_size)
  var all = GateSums<2, V>(startingAt: input.sums)
  unsafe all.add(weights + layer.input_size &* pitch, pitch: pitch, h, count: layer.output_size)
  let gates = all.sums
  let previous = unsafe load(h + unit, as: V.self)
  unsafe store(previous / (V(repeating: 1) + expOfNegated(gates[0])), to: reset + unit)
  unsafe store(sigmoid(gates[1]), to: update + unit)
}
