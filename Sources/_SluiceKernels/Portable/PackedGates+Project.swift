/// How many rows are computed together.
struct Rows<let count: Int> {}

/// How many gates are computed together.
struct Width<let count: Int> {}

extension PackedGates {
  /// projected = W x + b for `rowCount` rows at once: the inputs of a block of steps, or of many
  /// streams, with every weight read once for several rows.
  ///
  /// - projected: [rowCount][tile][gates][lanes], rows `projectedPitch` floats apart.
  @inline(always)
  func projectInputs<let rows: Int>(
    _ x: UnsafePointer<Float>, rowPitch: Int, rowCount: Int, outputSize: Int,
    into projected: UnsafeMutablePointer<Float>, projectedPitch: Int, _: Rows<rows>
  ) {
    unsafe project(
      biases: biases, column: 0, x, rowPitch: rowPitch, count: inputSize, rowCount: rowCount,
      outputSize: outputSize, into: projected, projectedPitch: projectedPitch, Rows<rows>())
  }

  /// projected = U h for `rowCount` rows at once; as `projectInputs`.
  @inline(always)
  func projectHidden<let rows: Int>(
    _ h: UnsafePointer<Float>, rowPitch: Int, rowCount: Int, outputSize: Int,
    into projected: UnsafeMutablePointer<Float>, projectedPitch: Int, _: Rows<rows>
  ) {
    unsafe project(
      biases: nil, column: inputSize, h, rowPitch: rowPitch, count: hiddenSize, rowCount: rowCount,
      outputSize: outputSize, into: projected, projectedPitch: projectedPitch, Rows<rows>())
  }

  @inline(always)
  private func project<let rows: Int>(
    biases: UnsafePointer<Float>?, column: Int, _ x: UnsafePointer<Float>, rowPitch: Int,
    count: Int, rowCount: Int, outputSize: Int, into projected: UnsafeMutablePointer<Float>,
    projectedPitch: Int, _: Rows<rows>
  ) {
    let panels = (outputSize &+ 7) &>> 3
    let pairs = panels &>> 1
    var tile = 0
    while tile < pairs {
      unsafe projectTile(
        tile, biases: biases, column: column, x, rowPitch: rowPitch, count: count,
        rowCount: rowCount, into: projected + tile &* gates &* 16, projectedPitch: projectedPitch,
        Rows<rows>(), as: PanelPair.self)
      tile &+= 1
    }
    if panels & 1 != 0 {
      unsafe projectTile(
        pairs, biases: biases, column: column, x, rowPitch: rowPitch, count: count,
        rowCount: rowCount, into: projected + pairs &* gates &* 16, projectedPitch: projectedPitch,
        Rows<rows>(), as: Panel.self)
    }
  }

  @inline(always)
  private func projectTile<let rows: Int, V: SIMD>(
    _ tile: Int, biases: UnsafePointer<Float>?, column: Int, _ x: UnsafePointer<Float>,
    rowPitch: Int, count: Int, rowCount: Int, into projected: UnsafeMutablePointer<Float>,
    projectedPitch: Int, _: Rows<rows>, as: V.Type
  ) where V.Scalar == Float {
    let biases = unsafe biases.map { unsafe $0 + tile &* biasPitch }
    var row = 0
    #if SLUICE_AVX512
      while row &+ rows <= rowCount {
        let sums: Sums<rows, 1, gates, V> = unsafe rowSums(
          tile, gate: 0, biases: biases, column: column, x + row &* rowPitch, rowPitch: rowPitch,
          count: count)
        unsafe storeRows(sums.total, to: projected + row &* projectedPitch, pitch: projectedPitch)
        row &+= rows
      }
    #endif
    while row < rowCount {
      let total: InlineArray<1, InlineArray<gates, V>> = unsafe sums(
        tile, biases: biases, column: column, x + row &* rowPitch, count: count)
      unsafe storeRows(
        InlineArray<1, InlineArray<1, InlineArray<gates, V>>>(repeating: total),
        to: projected + row &* projectedPitch, pitch: projectedPitch)
      row &+= 1
    }
  }

  /// The sums of `width` gates from `gate` on, for `rows` rows, to where they belong in `projected`.
  @inline(always)
  func projectRows<let rows: Int, let width: Int, V: SIMD>(
    _ tile: Int, gate: Int, biases: UnsafePointer<Float>?, column: Int, _ x: UnsafePointer<Float>,
    rowPitch: Int, count: Int, into projected: UnsafeMutablePointer<Float>, projectedPitch: Int,
    _: Rows<rows>, _: Width<width>, as: V.Type
  ) where V.Scalar == Float {
    let sums: Sums<rows, 1, width, V> = unsafe rowSums(
      tile, gate: gate, biases: biases, column: column, x, rowPitch: rowPitch, count: count)
    unsafe storeRows(
      sums.total, to: projected + gate &* V.scalarCount, pitch: projectedPitch)
  }

  @inline(always)
  private func storeRows<let rows: Int, let width: Int, V: SIMD>(
    _ total: InlineArray<rows, InlineArray<1, InlineArray<width, V>>>,
    to projected: UnsafeMutablePointer<Float>, pitch: Int
  ) where V.Scalar == Float {
    for row in 0..<rows {
      for gate in 0..<width {
        unsafe store(total[row][0][gate], to: projected + row &* pitch + gate &* V.scalarCount)
      }
    }
  }

  /// What `projectInputs` wrote for `tiles` tiles from `tile` on, of one row.
  @inline(always)
  func loadSums<let tiles: Int, V: SIMD>(
    _ tile: Int, _ projected: UnsafePointer<Float>
  ) -> InlineArray<tiles, InlineArray<gates, V>> where V.Scalar == Float {
    var sums = InlineArray<tiles, InlineArray<gates, V>>(
      repeating: InlineArray(repeating: V(repeating: 0)))
    for t in 0..<tiles {
      for gate in 0..<gates {
        sums[t][gate] = unsafe load(
          projected + (tile &+ t) &* gates &* 16 + gate &* V.scalarCount, as: V.self)
      }
    }
    return sums
  }
}
