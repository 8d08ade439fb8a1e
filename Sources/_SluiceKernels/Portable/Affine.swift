/// output = W x + U h + b, padding lanes included, for layers with a single gate.
///
/// - weights of a tile: [input][lanes], then [hidden][lanes].
/// - biases of a tile: [biasRows][lanes], of which row `biasRow` is added.
@inline(always)
func affine(
  _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>, biasRows: Int = 1,
  biasRow: Int = 0, _ x: UnsafePointer<Float>, inputSize: Int, _ h: UnsafePointer<Float>,
  hiddenSize: Int, into output: UnsafeMutablePointer<Float>, outputSize: Int, backwards: Bool
) {
  let tilePitch = (inputSize &+ hiddenSize) &* 16
  let biasPitch = biasRows &* 16
  forEachTile(of: outputSize, backwards: backwards) { tile in
    let sums: InlineArray<2, InlineArray<1, PanelPair>> = unsafe affineSums(
      weights + tile &* tilePitch, biases + tile &* biasPitch + biasRow &* 16,
      biasPitch: biasPitch, x, inputSize: inputSize, h, hiddenSize: hiddenSize)
    unsafe store(sums[0][0], to: output + tile &* 16)
    unsafe store(sums[1][0], to: output + tile &* 16 + 16)
  } pair: { tile in
    let sums: InlineArray<1, InlineArray<1, PanelPair>> = unsafe affineSums(
      weights + tile &* tilePitch, biases + tile &* biasPitch + biasRow &* 16,
      biasPitch: biasPitch, x, inputSize: inputSize, h, hiddenSize: hiddenSize)
    unsafe store(sums[0][0], to: output + tile &* 16)
  } single: { tile in
    let sums: InlineArray<1, InlineArray<1, Panel>> = unsafe affineSums(
      weights + tile &* tilePitch, biases + tile &* biasPitch + biasRow &* 8,
      biasPitch: biasPitch, x, inputSize: inputSize, h, hiddenSize: hiddenSize)
    unsafe store(sums[0][0], to: output + tile &* 16)
  }
}

@inline(always)
private func affineSums<let tiles: Int, V: SIMD>(
  _ weights: UnsafePointer<Float>, _ biases: UnsafePointer<Float>, biasPitch: Int,
  _ x: UnsafePointer<Float>, inputSize: Int, _ h: UnsafePointer<Float>, hiddenSize: Int
) -> InlineArray<tiles, InlineArray<1, V>> where V.Scalar == Float {
  let pitch = V.scalarCount
  let tilePitch = (inputSize &+ hiddenSize) &* 16
  var input = unsafe Sums<1, tiles, 1, V>(biases: biases, tilePitch: biasPitch)
  unsafe input.add(weights, pitch: pitch, tilePitch: tilePitch, x, count: inputSize)
  var all = Sums<1, tiles, 1, V>(startingAt: input.total)
  unsafe all.add(
    weights + inputSize &* pitch, pitch: pitch, tilePitch: tilePitch, h, count: hiddenSize)
  return all.total[0]
}
