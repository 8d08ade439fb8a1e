import _SluiceShims

/// A GRU layer that resets after the product, as PyTorch, cuDNN and Keras have it:
///
///     r, z = sigmoid(W x(t) + U h(t-1) + b)       n = tanh(W x(t) + b + r * (U h(t-1) + b_h))
///     h(t) = (1 - z) * n + z * h(t-1)
///
/// Weights of a tile: [input][r z n][lanes], then [hidden][r z n][lanes]; biases [r z n n_h][lanes].
@inline(always)
func gruResetAfter(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachStep(of: block) { x, h, next, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      #if SLUICE_AVX512
        unsafe gruResetAfterTiles(layer, x, h, next, tile: tile, as: TwoPairs.self)
      #else
        unsafe gruResetAfterTiles(layer, x, h, next, tile: tile, as: OnePair.self)
        unsafe gruResetAfterTiles(layer, x, h, next, tile: tile &+ 1, as: OnePair.self)
      #endif
    } pair: { tile in
      unsafe gruResetAfterTiles(layer, x, h, next, tile: tile, as: OnePair.self)
    } single: { tile in
      unsafe gruResetAfterTiles(layer, x, h, next, tile: tile, as: OnePanel.self)
    }
  }
}

@inline(always)
private func gruResetAfterTiles<let tiles: Int, V: SIMD>(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, tile: Int, as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  let pitch = 3 &* V.scalarCount
  let tilePitch = unsafe (layer.input_size &+ layer.output_size) &* 48
  let weights = unsafe layer.weights + tile &* tilePitch
  let biases = unsafe layer.biases + tile &* 64
  var input = unsafe Sums<1, tiles, 3, V>(biases: biases, tilePitch: 64)
  unsafe input.add(weights, pitch: pitch, tilePitch: tilePitch, x, count: layer.input_size)
  let fromInput = input.total
  var all = Sums<1, tiles, 3, V>(startingAt: fromInput)
  for t in 0..<tiles {
    all.even[0][t][2] = unsafe load(biases + t &* 64 + pitch, as: V.self)
  }
  unsafe all.add(
    weights + layer.input_size &* pitch, pitch: pitch, tilePitch: tilePitch, h,
    count: layer.output_size)
  let total = all.total
  let one = V(repeating: 1)
  forEach(tiles) { t in
    let u = total[0][t]
    let unit = (tile &+ t) &* 16
    let n = tanh(fromInput[0][t][2] + u[2] / (one + expOfNegated(u[0])))
    let previous = unsafe load(h + unit, as: V.self)
    unsafe store(n + (previous - n) / (one + expOfNegated(u[1])), to: next + unit)
  }
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
  let candidate = unsafe layer.weights + ((layer.output_size &+ 7) &>> 3) &* columns &* 16
  let reset = unsafe block.scratch
  let update = unsafe block.scratch + layer.stride
  unsafe forEachStep(of: block) { x, h, next, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      #if SLUICE_AVX512
        unsafe gruGates(layer, x, h, reset, update, tile: tile, as: TwoPairs.self)
      #else
        unsafe gruGates(layer, x, h, reset, update, tile: tile, as: OnePair.self)
        unsafe gruGates(layer, x, h, reset, update, tile: tile &+ 1, as: OnePair.self)
      #endif
    } pair: { tile in
      unsafe gruGates(layer, x, h, reset, update, tile: tile, as: OnePair.self)
    } single: { tile in
      unsafe gruGates(layer, x, h, reset, update, tile: tile, as: OnePanel.self)
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

/// r * h(t-1) and z of `tiles` tiles.
@inline(always)
private func gruGates<let tiles: Int, V: SIMD>(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ reset: UnsafeMutablePointer<Float>, _ update: UnsafeMutablePointer<Float>, tile: Int,
  as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  let pitch = 2 &* V.scalarCount
  let tilePitch = unsafe (layer.input_size &+ layer.output_size) &* 32
  let weights = unsafe layer.weights + tile &* tilePitch
  var input = unsafe Sums<1, tiles, 2, V>(biases: layer.biases + tile &* 48, tilePitch: 48)
  unsafe input.add(weights, pitch: pitch, tilePitch: tilePitch, x, count: layer.input_size)
  var all = Sums<1, tiles, 2, V>(startingAt: input.total)
  unsafe all.add(
    weights + layer.input_size &* pitch, pitch: pitch, tilePitch: tilePitch, h,
    count: layer.output_size)
  let total = all.total
  forEach(tiles) { t in
    let unit = (tile &+ t) &* 16
    let previous = unsafe load(h + unit, as: V.self)
    let gates = total[0][t]
    unsafe store(previous / (V(repeating: 1) + expOfNegated(gates[0])), to: reset + unit)
    unsafe store(sigmoid(gates[1]), to: update + unit)
  }
}
