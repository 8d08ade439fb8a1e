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

  /// W x + b of `tiles` tiles from `tile` on.
  @inline(always)
  func inputSums<let tiles: Int, V: SIMD>(
    _ tile: Int, _ x: UnsafePointer<Float>
  ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
    unsafe sums(tile, biases: biases + tile &* biasPitch, column: 0, x, count: inputSize)
  }

  /// U h of `tiles` tiles from `tile` on.
  @inline(always)
  func hiddenSums<let tiles: Int, V: SIMD>(
    _ tile: Int, _ h: UnsafePointer<Float>
  ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
    unsafe sums(tile, biases: nil, column: inputSize, h, count: hiddenSize)
  }

  /// The sums of all gates over one row of x, from `column` on.
  @inline(always)
  func sums<let tiles: Int, V: SIMD>(
    _ tile: Int, biases: UnsafePointer<Float>?, column: Int, _ x: UnsafePointer<Float>, count: Int
  ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
    #if SLUICE_AVX512
      if gates == 4 && tiles == 1 && V.scalarCount == 8 {
        // An odd last panel's gates lie side by side: two of them fill a register.
        let joint: JointSums<0, 2> = unsafe jointSums(
          tile, biases: biases, column: column, x, count: count)
        let shared = joint.single
        let panels: InlineArray<4, Panel> = [
          shared[0].lowHalf, shared[0].highHalf, shared[1].lowHalf, shared[1].highHalf,
        ]
        var all = InlineArray<tiles, InlineArray<gates, V>>(
          repeating: InlineArray(repeating: V(repeating: 0)))
        for gate in 0..<gates { all[0][gate] = unsafe unsafeBitCast(panels[gate], to: V.self) }
        return all
      }
    #endif
    let all: Sums<1, tiles, gates, V> = unsafe rowSums(
      tile, gate: 0, biases: biases, column: column, x, rowPitch: 0, count: count)
    return all.total[0]
  }

  /// The sums of `width` gates from `gate` on, for `rows` rows of x that lie `rowPitch` floats apart.
  @inline(always)
  func rowSums<let rows: Int, let tiles: Int, let width: Int, V: SIMD>(
    _ tile: Int, gate: Int, biases: UnsafePointer<Float>?, column: Int, _ x: UnsafePointer<Float>,
    rowPitch: Int, count: Int
  ) -> Sums<rows, tiles, width, V> where V.Scalar == Float {
    let pitch = gates &* V.scalarCount
    let offset = gate &* V.scalarCount
    let biasOffset = (biasRow &+ gate) &* V.scalarCount
    var sums = Sums<rows, tiles, width, V>()
    if let biases = unsafe biases {
      unsafe sums = Sums(biases: biases + biasOffset, tilePitch: biasPitch)
    }
    let first = unsafe weights + tile &* tilePitch + column &* pitch + offset
    #if !SLUICE_AVX512
      // Two chains of four gates of a pair of panels do not fit 16 registers; one does.
      if width == 4 && V.scalarCount == 16 {
        unsafe sums.addChainByChain(
          first, pitch: pitch, tilePitch: tilePitch, x, rowPitch: rowPitch, count: count)
        return sums
      }
    #endif
    unsafe sums.add(
      first, pitch: pitch, tilePitch: tilePitch, x, rowPitch: rowPitch, count: count)
    return sums
  }
}
