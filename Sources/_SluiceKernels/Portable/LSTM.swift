import _SluiceShims

/// An LSTM layer over a block of steps (Hochreiter and Schmidhuber 1997; with the forget gate of
/// Gers, Schmidhuber and Cummins 2000):
///
///     i, f, o = sigmoid(W x(t) + U h(t-1) + b)    g = tanh(W x(t) + U h(t-1) + b)
///     C(t) = f * C(t-1) + i * g                   h(t) = o * tanh C(t)
///
/// Weights of a tile: [input][i f g o][lanes], then [hidden][i f g o][lanes]; biases [i f g o][lanes].
@inline(always)
func lstm(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachStep(of: block) { x, h, next, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      #if SLUICE_AVX512
        unsafe lstmTiles(layer, block.cell, x, h, next, tile: tile, as: TwoPairs.self)
      #else
        unsafe lstmTiles(layer, block.cell, x, h, next, tile: tile, as: OnePair.self)
        unsafe lstmTiles(layer, block.cell, x, h, next, tile: tile &+ 1, as: OnePair.self)
      #endif
    } pair: { tile in
      unsafe lstmTiles(layer, block.cell, x, h, next, tile: tile, as: OnePair.self)
    } single: { tile in
      unsafe lstmTiles(layer, block.cell, x, h, next, tile: tile, as: OnePanel.self)
    }
  }
}

@inline(always)
private func lstmTiles<let tiles: Int, V: SIMD>(
  _ layer: sluice_layer, _ cell: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
  _ h: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>, tile: Int,
  as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  #if SLUICE_AVX512
    let gates: InlineArray<tiles, InlineArray<4, V>> =
      unsafe lstmGates(layer, x, h, tile: tile, gate: 0)
    forEach(tiles) { t in
      let g = gates[t]
      unsafe lstmUnits(g[0], g[1], g[2], g[3], cell, next, at: (tile &+ t) &* 16)
    }
  #else
    // Four gates of a pair of panels in two chains do not fit 16 registers: two gates at a time,
    // which still reads every line of the weights once.
    let first: InlineArray<tiles, InlineArray<2, V>> =
      unsafe lstmGates(layer, x, h, tile: tile, gate: 0)
    let second: InlineArray<tiles, InlineArray<2, V>> =
      unsafe lstmGates(layer, x, h, tile: tile, gate: 2)
    forEach(tiles) { t in
      unsafe lstmUnits(
        first[t][0], first[t][1], second[t][0], second[t][1], cell, next, at: (tile &+ t) &* 16)
    }
  #endif
}

/// W x + U h + b of `gates` neighbouring gates from `gate` on, for `tiles` tiles from `tile` on.
@inline(always)
private func lstmGates<let tiles: Int, let gates: Int, V: SIMD>(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>, tile: Int, gate: Int
) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
  let pitch = 4 &* V.scalarCount
  let tilePitch = unsafe (layer.input_size &+ layer.output_size) &* 64
  let weights = unsafe layer.weights + tile &* tilePitch + gate &* V.scalarCount
  let biases = unsafe layer.biases + tile &* 64 + gate &* V.scalarCount
  var input = unsafe Sums<1, tiles, gates, V>(biases: biases, tilePitch: 64)
  unsafe input.add(weights, pitch: pitch, tilePitch: tilePitch, x, count: layer.input_size)
  var all = Sums<1, tiles, gates, V>(startingAt: input.total)
  unsafe all.add(
    weights + layer.input_size &* pitch, pitch: pitch, tilePitch: tilePitch, h,
    count: layer.output_size)
  return all.total[0]
}

/// C(t) and h(t) of the units from `unit` on.
@inline(always)
private func lstmUnits<V: SIMD>(
  _ i: V, _ f: V, _ g: V, _ o: V, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, at unit: Int
) where V.Scalar == Float {
  let one = V(repeating: 1)
  let kept = unsafe load(cell + unit, as: V.self) / (one + expOfNegated(f))
  let c = kept + gatedTanh(one + expOfNegated(i), g)
  unsafe store(c, to: cell + unit)
  unsafe store(gatedTanh(one + expOfNegated(o), c), to: next + unit)
}
