import _SluiceContract

#if !SLUICE_BASELINE
  /// Up to how many vectors' sums run in two chains: with AVX2 the registers hold one of each.
  #if SLUICE_AVX512
    @inline(always) private var vectorsOfTwoChains: Int { 8 }
  #else
    @inline(always) private var vectorsOfTwoChains: Int { 0 }
  #endif

  /// Steps of such a layer, with a tile's sums in registers; W x + b of more than one is there already.
  @inline(always)
  func int8Steps(_ layer: CompactLayer, _ block: sluice_block) {
    unsafe forEachInt8Turn(layer, block) { row, isProjected, backwards in
      unsafe int8Step(layer, block, row, isProjected: isProjected, backwards: backwards)
    }
  }

  @inline(always)
  private func int8Step(
    _ layer: CompactLayer, _ block: sluice_block, _ row: CompactRow, isProjected: Bool,
    backwards: Bool
  ) {
    if unsafe layer.compact.cell.rawValue == sluice_kernel_lstm.rawValue {
      let gates = unsafe Int8Gates<4>(layer, block, row, isProjected: isProjected)
      gates.forEachSums(of: layer.output_size, backwards: backwards) { sums, tile in
        unsafe int8LSTM(sums, block, row, tile)
      } pair: { sums, tile in
        unsafe int8LSTM(sums, block, row, tile)
      } single: { sums, tile in
        unsafe int8LSTM(sums, block, row, tile)
      }
    } else {
      let gates = unsafe Int8Gates<3>(layer, block, row, isProjected: isProjected)
      gates.forEachSums(of: layer.output_size, backwards: backwards) { sums, tile in
        unsafe int8GRU(sums, gates.pass, row, tile)
      } pair: { sums, tile in
        unsafe int8GRU(sums, gates.pass, row, tile)
      } single: { sums, tile in
        unsafe int8GRU(sums, gates.pass, row, tile)
      }
    }
  }

  /// Sums of some tiles: of an LSTM those of i, f, g and o; of a GRU those of r and z, W x + b of n and
  /// U h of n.
  typealias Int8Sums<let tiles: Int, V> = InlineArray<tiles, InlineArray<4, V>>

  @inline(always)
  func int8LSTM<let tiles: Int, V: SIMD>(
    _ sums: InlineArray<tiles, InlineArray<4, V>>, _ block: sluice_block, _ row: CompactRow,
    _ tile: Int
  ) where V.Scalar == Float {
    forEach(tiles) { t in
      unsafe lstmUnits(sums[t], block.cell, row.next, at: (tile &+ t) &* 16, fast: false)
    }
  }

  @inline(always)
  func int8GRU<let tiles: Int, V: SIMD>(
    _ sums: InlineArray<tiles, InlineArray<4, V>>, _ pass: UnsafePointer<sluice_compact_pass>,
    _ row: CompactRow,
    _ tile: Int
  ) where V.Scalar == Float {
    forEach(tiles) { t in
      let biases =
        unsafe pass.pointee.biases + (tile &+ t) &* BiasRows.pitch(BiasRows.gruResetAfter)
        + BiasRows.recurrentCandidate &* V.scalarCount
      let (r, z, n) = unsafe (sums[t][0], sums[t][1], sums[t][3] + load(biases, as: V.self))
      unsafe gruUnits(
        [r, z, n], sums[t][2], row.h, row.next, at: (tile &+ t) &* 16, fast: false)
    }
  }

  /// The weights of `gates` gates and the rows that they are multiplied with.
  @safe private struct Int8Gates<let gates: Int> {
    let pass: UnsafePointer<sluice_compact_pass>
    /// Quantised x and h.
    let x: UnsafeRawPointer, h: UnsafeRawPointer
    let inputWords: Int, hiddenWords: Int
    /// W x + b where it is there already.
    let projected: UnsafePointer<Float>?
    /// Whether the nearest cache holds all weights.
    let isNear: Bool

    @inline(always)
    init(_ layer: CompactLayer, _ block: sluice_block, _ row: CompactRow, isProjected: Bool) {
      unsafe pass = sluice_pass(layer.plan, false)
      unsafe x = UnsafeRawPointer(block.quantised)
      unsafe h = UnsafeRawPointer(quantisedHidden(layer, block))
      inputWords = (layer.input_size &+ 3) &>> 2
      hiddenWords = (layer.output_size &+ 3) &>> 2
      unsafe projected = unsafe isProjected ? UnsafePointer(row.projected) : nil
      let words = isProjected ? hiddenWords : inputWords &+ hiddenWords
      isNear = words &* gates &* 4 &* layer.stride <= Thresholds.sharedInt8Bytes
    }

    /// Runs `pairs` with the sums of two neighbouring pairs of panels at a time, `pair` with those of
    /// one that is left, and `single` with those of an odd last panel.
    ///
    /// The arithmetic of a tile's units waits for itself most of the time; that of two tiles does not.
    /// From the nearest cache two tiles' weights are read side by side, so that each word of x and h is
    /// read once for both; from farther away they are read as they lie, which takes longer than any units.
    @inline(always)
    func forEachSums(
      of outputSize: Int, backwards: Bool,
      pairs: (_ sums: Int8Sums<2, PanelPair>, _ tile: Int) -> Void,
      pair: (_ sums: Int8Sums<1, PanelPair>, _ tile: Int) -> Void,
      single: (_ sums: Int8Sums<1, Panel>, _ tile: Int) -> Void
    ) {
      forEachTile(of: outputSize, backwards: backwards, twoAtOnce: isNear) { tile in
        pairs(sums(tile, WordPair.self), tile)
      } pair: { tile in
        pair(sums(tile, WordPair.self), tile)
      } single: { tile in
        single(sums(tile, WordPanel.self), tile)
      }
    }

    /// The sums of the tiles from `tile` on. One loop goes over W and over U, as in `PackedGates`.
    @inline(always)
    private func sums<let tiles: Int, V: SIMD, W: SIMD>(_ tile: Int, _: W.Type) -> Int8Sums<
      tiles, V
    >
    where V.Scalar == Float, W.Scalar == Int32 {
      let zero = InlineArray<tiles, InlineArray<gates, V>>(
        repeating: InlineArray(repeating: V(repeating: 0)))
      var (start, hidden) = (zero, zero)
      for t in 0..<tiles {
        for gate in 0..<gates {
          let lane = gate &* V.scalarCount
          if let projected = unsafe projected {
            hidden[t][gate] = unsafe load(
              projected + (tile &+ t) &* gates &* 16 + lane, as: V.self)
          } else {
            start[t][gate] = unsafe load(
              pass.pointee.biases + (tile &+ t) &* pass.pointee.bias_pitch + lane, as: V.self)
          }
        }
      }
      var input = hidden
      var isHidden = unsafe projected != nil
      if tiles > 1 && !isHidden {
        addProducts(tile, isHidden: false, to: &start, W.self)
        (hidden, start, isHidden) = (start, zero, true)
      }
      while true {
        input = hidden
        hidden = start
        addProducts(tile, isHidden: tiles > 1 || isHidden, to: &hidden, W.self)
        if tiles > 1 || isHidden { break }
        start = zero
        isHidden = true
      }
      var sums = Int8Sums<tiles, V>(repeating: InlineArray(repeating: V(repeating: 0)))
      for t in 0..<tiles {
        for gate in 0..<4 {
          sums[t][gate] =
            gates == 4 || gate < 2
            ? input[t][gate] + hidden[t][gate] : gate == 2 ? input[t][2] : hidden[t][2]
        }
      }
      return sums
    }

    /// Adds (step * scale) * sum of every gate; the corrections lie behind the scales of both factors.
    @inline(always)
    private func addProducts<let tiles: Int, V: SIMD, W: SIMD>(
      _ tile: Int, isHidden: Bool, to sums: inout InlineArray<tiles, InlineArray<gates, V>>,
      _: W.Type
    ) where V.Scalar == Float, W.Scalar == Int32 {
      let line = 4 &* V.scalarCount
      let scales =
        unsafe pass.pointee.scales + tile &* pass.pointee.scale_pitch
        + (isHidden ? gates &* line : 0)
      let row = unsafe isHidden ? h : x
      var even = InlineArray<tiles, InlineArray<gates, W>>(
        repeating: InlineArray(repeating: W(repeating: 0)))
      // Few sums run in two chains, because each product waits four cycles for the one before.
      var odd = even
      #if SLUICE_AVX512
        for t in 0..<tiles {
          for gate in 0..<gates {
            let correction =
              unsafe scales + t &* pass.pointee.scale_pitch + (2 &* gates &+ gate) &* line
            even[t][gate] = unsafe loadWords(correction, as: W.self)
          }
        }
      #endif
      let hasTwoChains = tiles &* gates < vectorsOfTwoChains
      var w =
        unsafe pass.pointee.weights + tile &* pass.pointee.tile_pitch
        + (isHidden ? inputWords &* gates &* line : 0)
      var x = unsafe row + 64
      var left = isHidden ? hiddenWords : inputWords
      while left > 1 {
        let x0 = unsafe repeatedWord(x, as: W.self)
        unsafe multiply(w, x0, &even)
        let x1 = unsafe repeatedWord(x + 4, as: W.self)
        if hasTwoChains {
          unsafe multiply(w + gates &* line, x1, &odd)
        } else {
          unsafe multiply(w + gates &* line, x1, &even)
        }
        unsafe w += 2 &* gates &* line
        unsafe x += 8
        left &-= 2
      }
      if left > 0 { unsafe multiply(w, repeatedWord(x, as: W.self), &even) }
      let step = unsafe V(repeating: row.loadUnaligned(as: Float.self))
      for t in 0..<tiles {
        for gate in 0..<gates {
          let scale: V = unsafe (scales + t &* pass.pointee.scale_pitch + gate &* line)
            .loadUnaligned(
              as: V.self)
          let sum = hasTwoChains ? add(even[t][gate], odd[t][gate]) : even[t][gate]
          sums[t][gate] = multiplyAdd(step * scale, toFloat(sum), sums[t][gate])
        }
      }
    }

    /// Adds the products of one word of every gate.
    @inline(always)
    private func multiply<let tiles: Int, W: SIMD>(
      _ weights: UnsafeRawPointer, _ x: W, _ sums: inout InlineArray<tiles, InlineArray<gates, W>>
    ) where W.Scalar == Int32 {
      for t in 0..<tiles {
        for gate in 0..<gates {
          let w = unsafe weights + t &* pass.pointee.tile_pitch + gate &* 4 &* W.scalarCount
          sums[t][gate] = unsafe dot(sums[t][gate], loadWords(w, as: W.self), x)
        }
      }
    }
  }
#endif
