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
      x, rowPitch: rowPitch, rowCount: rowCount, outputSize: outputSize, from: nil,
      into: projected, projectedPitch: projectedPitch, Rows<rows>())
  }

  /// sums = W x + b + U h for `rowCount` rows at once, from the W x + b that `projectInputs` wrote; as
  /// that. Of a GRU that resets after, the candidate's are U h + b_h alone.
  @inline(always)
  func projectHidden<let rows: Int>(
    _ h: UnsafePointer<Float>, rowPitch: Int, rowCount: Int, outputSize: Int,
    from projected: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>,
    projectedPitch: Int, _: Rows<rows>
  ) {
    unsafe project(
      h, rowPitch: rowPitch, rowCount: rowCount, outputSize: outputSize, from: projected,
      into: sums, projectedPitch: projectedPitch, Rows<rows>())
  }

  /// W x + b, or U h from what is given.
  @inline(always)
  private func project<let rows: Int>(
    _ x: UnsafePointer<Float>, rowPitch: Int, rowCount: Int, outputSize: Int,
    from start: UnsafePointer<Float>?, into sums: UnsafeMutablePointer<Float>,
    projectedPitch: Int, _: Rows<rows>
  ) {
    let panels = (outputSize &+ 7) &>> 3
    let pairs = panels &>> 1
    var tile = 0
    while tile < pairs {
      unsafe projectTile(
        tile, x, rowPitch: rowPitch, rowCount: rowCount, from: start, into: sums,
        projectedPitch: projectedPitch, Rows<rows>(), as: PanelPair.self)
      tile &+= 1
    }
    if panels & 1 != 0 {
      unsafe projectTile(
        pairs, x, rowPitch: rowPitch, rowCount: rowCount, from: start, into: sums,
        projectedPitch: projectedPitch, Rows<rows>(), as: Panel.self)
    }
  }

  @inline(always)
  private func projectTile<let rows: Int, V: SIMD>(
    _ tile: Int, _ x: UnsafePointer<Float>, rowPitch: Int, rowCount: Int,
    from start: UnsafePointer<Float>?, into sums: UnsafeMutablePointer<Float>,
    projectedPitch: Int, _: Rows<rows>, as: V.Type
  ) where V.Scalar == Float {
    @inline(always)
    func projectRows<let count: Int, let width: Int>(
      _ row: Int, gate: Int, _: Rows<count>, _: Width<width>
    ) {
      let first = unsafe x + row &* rowPitch
      var all: Sums<count, 1, width, V> = biasSums(tile, gate: gate)
      if let start = unsafe start {
        for index in 0..<count {
          let input: InlineArray<1, InlineArray<gates, V>> = unsafe loadSums(
            tile, start + (row &+ index) &* projectedPitch)
          let begun = hiddenStart(tile, input)
          for g in 0..<width { all.even[index][0][g] = begun[0][gate &+ g] }
        }
        unsafe addHidden(first, rowPitch: rowPitch, to: &all, tile, gate: gate)
      } else {
        unsafe add(first, rowPitch: rowPitch, to: &all, tile, gate: gate)
      }
      let target = unsafe sums + row &* projectedPitch + tile &* gates &* 16
      unsafe storeRows(
        all.total, to: target + gate &* V.scalarCount, pitch: projectedPitch)
    }
    var row = 0
    #if SLUICE_AVX512
      if gates == 4 && V.scalarCount == 16 {
        // Two gates of six rows: fewer reads for as many products than all gates of three.
        let whole = rowCount &- rowCount % 6
        while row < whole {
          projectRows(row, gate: 0, Rows<6>(), Width<2>())
          row &+= 6
        }
        row = 0
        while row < whole {
          projectRows(row, gate: 2, Rows<6>(), Width<2>())
          row &+= 6
        }
      }
      while row &+ rows <= rowCount {
        projectRows(row, gate: 0, Rows<rows>(), Width<gates>())
        row &+= rows
      }
    #endif
    while row < rowCount {
      projectRows(row, gate: 0, Rows<1>(), Width<gates>())
      row &+= 1
    }
  }

  /// The sums of `rows` rows to where they belong.
  @inline(always)
  func storeRows<let rows: Int, let width: Int, V: SIMD>(
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
