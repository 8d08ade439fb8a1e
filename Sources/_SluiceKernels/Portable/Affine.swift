#if SLUICE_AVX512
  /// As many neighbouring tiles as keep both multipliers busy and still fit the registers.
  private typealias TileGroup = GateSums<4, PanelPair>
#else
  private typealias TileGroup = GateSums<2, PanelPair>
#endif

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
  let panels = (outputSize &+ 7) &>> 3
  let pairs = panels &>> 1
  let tileFloats = (inputSize &+ hiddenSize) &* 16
  let biasPitch = biasRows &* 16
  let groupSize = TileGroup.count
  let groups = pairs / groupSize

  if panels & 1 != 0 {
    let lanes = Panel.scalarCount
    let w = unsafe weights + pairs &* tileFloats
    let b = unsafe biases + pairs &* biasPitch + biasRow &* lanes
    var sums = unsafe GateSums<1, Panel>(biases: b)
    unsafe sums.add(w, pitch: lanes, x, count: inputSize)
    var all = GateSums<1, Panel>(startingAt: sums.sums)
    unsafe all.add(w + inputSize &* lanes, pitch: lanes, h, count: hiddenSize)
    unsafe store(all.sums[0], to: output + pairs &* 16)
  }
  var t = groups &* groupSize
  while t < pairs {
    let w = unsafe weights + t &* tileFloats
    var sums = unsafe GateSums<1, PanelPair>(biases: biases + t &* biasPitch + biasRow &* 16)
    unsafe sums.add(w, pitch: 16, x, count: inputSize)
    var all = GateSums<1, PanelPair>(startingAt: sums.sums)
    unsafe all.add(w + inputSize &* 16, pitch: 16, h, count: hiddenSize)
    unsafe store(all.sums[0], to: output + t &* 16)
    t &+= 1
  }
  var group = 0
  while group < groups {
    let tile = (backwards ? groups &- 1 &- group : group) &* groupSize
    let w = unsafe weights + tile &* tileFloats
    var sums = unsafe TileGroup(
      biases: biases + tile &* biasPitch + biasRow &* 16, stride: biasPitch)
    unsafe sums.add(w, pitch: 16, stride: tileFloats, x, count: inputSize)
    var all = TileGroup(startingAt: sums.sums)
    unsafe all.add(w + inputSize &* 16, pitch: 16, stride: tileFloats, h, count: hiddenSize)
    let total = all.sums
    for i in 0..<TileGroup.count {
      unsafe store(total[i], to: output + (tile &+ i) &* 16)
    }
    group &+= 1
  }
}
