import _SluiceContract

#if SLUICE_AVX512
  /// As `int8Steps`, of a layer whose zero blocks are left out.
  @inline(always)
  func sparseInt8Steps(_ layer: CompactLayer, _ block: sluice_block) {
    unsafe forEachInt8Turn(layer, block) { row, isProjected, backwards in
      if unsafe layer.compact.cell.rawValue == sluice_kernel_lstm.rawValue {
        let gates = unsafe SparseInt8Gates<4>(layer, block, row, isProjected: isProjected)
        gates.forEachSums(of: layer.output_size, backwards: backwards) { sums, tile in
          unsafe int8LSTM(sums, block, row, tile)
        } single: { sums, tile in
          unsafe int8LSTM(sums, block, row, tile)
        }
      } else {
        let gates = unsafe SparseInt8Gates<3>(layer, block, row, isProjected: isProjected)
        gates.forEachSums(of: layer.output_size, backwards: backwards) { sums, tile in
          unsafe int8GRU(sums, gates.pass, row, tile)
        } single: { sums, tile in
          unsafe int8GRU(sums, gates.pass, row, tile)
        }
      }
    }
  }

  /// The kept weights of `gates` gates and the rows that they are multiplied with.
  @safe private struct SparseInt8Gates<let gates: Int> {
    let pass: UnsafePointer<sluice_compact_pass>
    private let blocks: sluice_blocks
    /// Quantised x and h.
    private let x: UnsafeRawPointer, h: UnsafeRawPointer
    /// The last words of x and h.
    private let lastInput: Int, lastHidden: Int
    /// W x + b where it is there already.
    private let projected: UnsafePointer<Float>?

    @inline(always)
    init(_ layer: CompactLayer, _ block: sluice_block, _ row: CompactRow, isProjected: Bool) {
      unsafe pass = sluice_pass(layer.plan, false)
      unsafe blocks = layer.compact.blocks
      unsafe x = UnsafeRawPointer(block.quantised)
      unsafe h = UnsafeRawPointer(quantisedHidden(layer, block))
      lastInput = (layer.input_size &- 1) &>> 2
      lastHidden = (layer.output_size &- 1) &>> 2
      unsafe projected = unsafe isProjected ? UnsafePointer(row.projected) : nil
    }

    /// Runs `pair` with the sums of each pair of panels, and `single` with those of an odd last panel.
    @inline(always)
    func forEachSums(
      of outputSize: Int, backwards: Bool,
      pair: (_ sums: Int8Sums<1, PanelPair>, _ tile: Int) -> Void,
      single: (_ sums: Int8Sums<1, Panel>, _ tile: Int) -> Void
    ) {
      forEachTile(of: outputSize, backwards: backwards) { tile in
        pair(sums(tile, WordPair.self), tile)
      } single: { tile in
        single(sums(tile, WordPanel.self), tile)
      }
    }

    /// The sums of a tile: W x + b, then U h. Spelled out: a loop over both would fetch what it needs to know
    /// of either from memory, again for each tile.
    @inline(always)
    private func sums<V: SIMD, W: SIMD>(_ tile: Int, _: W.Type) -> Int8Sums<1, V>
    where V.Scalar == Float, W.Scalar == Int32 {
      let zero = InlineArray<gates, V>(repeating: V(repeating: 0))
      var (input, hidden) = (zero, zero)
      if let projected = unsafe projected {
        for gate in 0..<gates {
          input[gate] = unsafe load(
            projected + tile &* gates &* 16 + gate &* V.scalarCount, as: V.self)
        }
      } else {
        let biases = unsafe pass.pointee.biases + tile &* pass.pointee.bias_pitch
        for gate in 0..<gates {
          input[gate] = unsafe load(biases + gate &* V.scalarCount, as: V.self)
        }
        addProducts(tile, isHidden: false, to: &input, W.self)
      }
      addProducts(tile, isHidden: true, to: &hidden, W.self)
      var sums = InlineArray<4, V>(repeating: V(repeating: 0))
      for gate in 0..<4 {
        sums[gate] =
          gates == 4 || gate < 2
          ? input[gate] + hidden[gate] : gate == 2 ? input[2] : hidden[2]
      }
      return [sums]
    }

    /// Adds (step * scale) * sum of every gate, of the blocks that are kept; the corrections lie behind the
    /// scales of both factors.
    @inline(always)
    private func addProducts<V: SIMD, W: SIMD>(
      _ tile: Int, isHidden: Bool, to sums: inout InlineArray<gates, V>, _: W.Type
    ) where V.Scalar == Float, W.Scalar == Int32 {
      let line = 4 &* V.scalarCount
      let isSingle = V.scalarCount == 8
      let scales =
        unsafe pass.pointee.scales + tile &* pass.pointee.scale_pitch
        + (isHidden ? gates &* line : 0)
      let row = unsafe isHidden ? h : x
      var even = InlineArray<gates, W>(repeating: W(repeating: 0))
      var odd = even
      for gate in 0..<gates {
        let correction = unsafe scales + (2 &* gates &+ gate) &* line
        even[gate] = unsafe loadWords(correction, as: W.self)
      }
      let (first, count) = unsafe blocks.range(
        ofList: 2 &* tile &+ (isHidden ? 1 : 0), isSingle: isSingle)
      var w =
        unsafe pass.pointee.weights
        + blocks.offset(of: first, isSingle: isSingle, bytes: gates &* 64)
      var kept = unsafe blocks.kept(
        first, count, last: isHidden ? lastHidden : lastInput, or: row)
      let x = unsafe row + 64
      while kept.count > 1 {
        unsafe multiply(w, repeatedWord(x + 4 &* kept.word(0), as: W.self), &even)
        let second = unsafe repeatedWord(x + 4 &* kept.word(1), as: W.self)
        unsafe multiply(w + gates &* line, second, &odd)
        unsafe w += 2 &* gates &* line
        kept.drop(2)
      }
      if kept.count > 0 {
        unsafe multiply(w, repeatedWord(x + 4 &* kept.word(0), as: W.self), &even)
      }
      let step = unsafe V(repeating: row.loadUnaligned(as: Float.self))
      for gate in 0..<gates {
        let scale: V = unsafe (scales + gate &* line).loadUnaligned(as: V.self)
        sums[gate] = multiplyAdd(
          step * scale, toFloat(add(even[gate], odd[gate])), sums[gate])
      }
    }

    /// Adds the products of a block.
    @inline(always)
    private func multiply<W: SIMD>(
      _ weights: UnsafeRawPointer, _ x: W, _ sums: inout InlineArray<gates, W>
    ) where W.Scalar == Int32 {
      for gate in 0..<gates {
        let w = unsafe loadWords(weights + gate &* 4 &* W.scalarCount, as: W.self)
        sums[gate] = dot(sums[gate], w, x)
      }
    }
  }
#endif
