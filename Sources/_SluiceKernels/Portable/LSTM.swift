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
  let columns = unsafe layer.input_size &+ layer.output_size
  unsafe forEachStep(of: block) { x, h, next, backwards in
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      unsafe lstmTile(
        layer, layer.weights + tile &* columns &* 64, layer.biases + tile &* 64, x, h,
        cell: block.cell + tile &* 16, next: next + tile &* 16, as: PanelPair.self)
    } single: { tile in
      unsafe lstmTile(
        layer, layer.weights + tile &* columns &* 64, layer.biases + tile &* 64, x, h,
        cell: block.cell + tile &* 16, next: next + tile &* 16, as: Panel.self)
    }
  }
}

@inline(always)
private func lstmTile<V: SIMD>(
  _ layer: sluice_layer, _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>,
  _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  cell: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>, as: V.Type
) where V.Scalar == Float {
  #if SLUICE_AVX512
    let gates: InlineArray<4, V> = unsafe lstmGates(layer, weights, biases, x, h)
    let (i, f, g, o) = (gates[0], gates[1], gates[2], gates[3])
  #else
    // Four gates of a pair of panels in two chains do not fit 16 registers: two gates at a time,
    // which still reads every line of the weights once.
    let half = 2 &* V.scalarCount
    let first: InlineArray<2, V> = unsafe lstmGates(layer, weights, biases, x, h)
    let second: InlineArray<2, V> = unsafe lstmGates(layer, weights + half, biases + half, x, h)
    let (i, f, g, o) = (first[0], first[1], second[0], second[1])
  #endif
  let one = V(repeating: 1)
  let kept = unsafe load(cell, as: V.self) / (one + expOfNegated(f))
  let c = kept + gatedTanh(one + expOfNegated(i), g)
  unsafe store(c, to: cell)
  unsafe store(gatedTanh(one + expOfNegated(o), c), to: next)
}

/// W x + U h + b of `gates` neighbouring gates.
@inline(always)
private func lstmGates<let gates: Int, V: SIMD>(
  _ layer: sluice_layer, _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>,
  _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>
) -> InlineArray<gates, V> where V.Scalar == Float {
  let pitch = 4 &* V.scalarCount
  var input = unsafe GateSums<gates, V>(biases: biases)
  unsafe input.add(weights, pitch: pitch, x, count: layer.input_size)
  var all = GateSums<gates, V>(startingAt: input.sums)
  unsafe all.add(weights + layer.input_size &* pitch, pitch: pitch, h, count: layer.output_size)
  return all.sums
}
