/// The packed weights of `gates` gates that are computed together, over [x(t), h(t-1)].
///
/// A tile is a pair of panels, 16 lanes, or an odd last panel, 8 lanes. Its columns lie one after
/// the other, first `inputSize`, then `hiddenSize`; in a column the gates, in a gate the lanes.
@safe struct PackedGates<let gates: Int> {
  let weights: UnsafePointer<Float>
  /// The layer's biases.
  let biases: UnsafePointer<Float>
  /// Floats from one pair's biases to the next's.
  let biasPitch: Int
  let inputSize: Int
  let hiddenSize: Int
  /// The row of a tile's biases at which these gates begin.
  var biasRow = 0

  /// Floats from one pair's weights to the next's.
  @inline(always)
  var tilePitch: Int { (inputSize &+ hiddenSize) &* gates &* 16 }

  /// W x + b of `tiles` tiles from `tile` on, which is `projected` where it is there already, and the
  /// sums with U h.
  ///
  /// One loop goes over W and over U, as they lie: the CPU reads ahead for each instruction that loads,
  /// and in full only while its addresses ascend without a gap. With a loop for each of the two, 512 KiB
  /// of weights took twice as long to read.
  @inline(always)
  func sums<let tiles: Int, V: SIMD>(
    _ tile: Int, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
    _ projected: UnsafePointer<Float>?
  ) -> (
    input: InlineArray<tiles, InlineArray<gates, V>>,
    total: InlineArray<tiles, InlineArray<gates, V>>
  ) where V.Scalar == Float {
    #if SLUICE_AVX512
      if gates == 4 && tiles == 1 && V.scalarCount == 8 {
        return unsafe jointSums(tile, x, h, projected)
      }
    #endif
    var sums: Sums<1, tiles, gates, V> = biasSums(tile, gate: 0)
    var input = sums.even[0]
    var isHidden = false
    if let projected = unsafe projected {
      input = unsafe loadSums(tile, projected)
      sums.even[0] = hiddenStart(tile, input)
      isHidden = true
    }
    while true {
      unsafe add(
        isHidden ? inputSize : 0, isHidden ? h : x, rowPitch: 0,
        count: isHidden ? hiddenSize : inputSize, to: &sums, tile, gate: 0)
      sums.join()
      if isHidden { return (input, sums.even[0]) }
      input = sums.even[0]
      sums.even[0] = hiddenStart(tile, input)
      isHidden = true
    }
  }

  /// The sums of `tiles` tiles from `tile` on that `start` has, and U h.
  @inline(always)
  func hiddenSums<let tiles: Int, V: SIMD>(
    _ tile: Int, _ h: UnsafePointer<Float>, from start: InlineArray<tiles, InlineArray<gates, V>>
  ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
    var sums = Sums<1, tiles, gates, V>(InlineArray(repeating: start))
    unsafe addHidden(h, rowPitch: 0, to: &sums, tile, gate: 0)
    return sums.total[0]
  }

  /// The biases of `width` gates from `gate` on, of `rows` rows and of the tiles from `tile` on.
  @inline(always)
  func biasSums<let rows: Int, let tiles: Int, let width: Int, V: SIMD>(
    _ tile: Int, gate: Int
  ) -> Sums<rows, tiles, width, V> where V.Scalar == Float {
    unsafe Sums(
      biases: biases + tile &* biasPitch + (biasRow &+ gate) &* V.scalarCount,
      tilePitch: biasPitch)
  }

  /// Adds W x of `rows` rows of x, which lie `rowPitch` floats apart.
  @inline(always)
  func add<let rows: Int, let tiles: Int, let width: Int, V: SIMD>(
    _ x: UnsafePointer<Float>, rowPitch: Int, to sums: inout Sums<rows, tiles, width, V>,
    _ tile: Int, gate: Int
  ) where V.Scalar == Float {
    unsafe add(0, x, rowPitch: rowPitch, count: inputSize, to: &sums, tile, gate: gate)
  }

  /// Adds U h; as `add`.
  @inline(always)
  func addHidden<let rows: Int, let tiles: Int, let width: Int, V: SIMD>(
    _ h: UnsafePointer<Float>, rowPitch: Int, to sums: inout Sums<rows, tiles, width, V>,
    _ tile: Int, gate: Int
  ) where V.Scalar == Float {
    unsafe add(inputSize, h, rowPitch: rowPitch, count: hiddenSize, to: &sums, tile, gate: gate)
  }

  @inline(always)
  private func add<let rows: Int, let tiles: Int, let width: Int, V: SIMD>(
    _ column: Int, _ x: UnsafePointer<Float>, rowPitch: Int, count: Int,
    to sums: inout Sums<rows, tiles, width, V>, _ tile: Int, gate: Int
  ) where V.Scalar == Float {
    let pitch = gates &* V.scalarCount
    let first = unsafe weights + tile &* tilePitch + column &* pitch + gate &* V.scalarCount
    #if !SLUICE_AVX512
      // Two chains of four gates of a pair of panels do not fit 16 registers; one does.
      if width == 4 && V.scalarCount == 16 {
        unsafe sums.addChainByChain(
          first, pitch: pitch, tilePitch: tilePitch, x, rowPitch: rowPitch, count: count)
        return
      }
    #endif
    unsafe sums.add(
      first, pitch: pitch, tilePitch: tilePitch, x, rowPitch: rowPitch, count: count)
  }

  #if SLUICE_AVX512
    /// As `sums`, of an odd last panel, whose gates lie side by side: two of them fill a register.
    @inline(always)
    private func jointSums<let tiles: Int, V: SIMD>(
      _ tile: Int, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
      _ projected: UnsafePointer<Float>?
    ) -> (
      input: InlineArray<tiles, InlineArray<gates, V>>,
      total: InlineArray<tiles, InlineArray<gates, V>>
    ) where V.Scalar == Float {
      var joint = JointSums<0, 2>()
      if let projected = unsafe projected {
        for half in 0..<2 {
          joint.even[half] = unsafe load(
            projected + tile &* gates &* 16 + half &* 16, as: PanelPair.self)
        }
      } else {
        unsafe joint.start(at: biases + tile &* biasPitch, tilePitch: biasPitch)
        unsafe addInputs(x, to: &joint, tile)
        joint.join()
      }
      let input = joint.single
      unsafe addHidden(h, to: &joint, tile)
      return (panels(input), panels(joint.single))
    }

    @inline(always)
    private func panels<let tiles: Int, V: SIMD>(
      _ shared: InlineArray<2, PanelPair>
    ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
      let panels: InlineArray<4, Panel> = [
        shared[0].lowHalf, shared[0].highHalf, shared[1].lowHalf, shared[1].highHalf,
      ]
      var all = InlineArray<tiles, InlineArray<gates, V>>(
        repeating: InlineArray(repeating: V(repeating: 0)))
      for gate in 0..<gates { all[0][gate] = unsafe unsafeBitCast(panels[gate], to: V.self) }
      return all
    }
  #endif
}
