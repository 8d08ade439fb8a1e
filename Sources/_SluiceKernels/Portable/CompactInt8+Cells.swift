import _SluiceShims

/// Bytes of weights up to which a single step goes by `int8Step`: beyond, the nearest caches do not
/// hold them, and nothing is read while the units' arithmetic waits.
@inline(always) var int8StepBytes: Int { 160 << 10 }

/// One step of an int8 LSTM or GRU that resets after, a tile after the other, its sums in registers:
/// so the products of the next tile run while the arithmetic of this one's units waits for itself.
/// False for any other cell.
@inline(always)
func int8Step(
  _ layer: sluice_layer, _ block: sluice_block, _ row: CompactRow, isProjected: Bool,
  backwards: Bool
) -> Bool {
  switch unsafe layer.compact.cell {
  case sluice_kernel_lstm:
    let gates = unsafe Int8Gates<4>(layer, block, row, isProjected: isProjected)
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      unsafe int8LSTM(gates, block, row, tile, as: TwoPairs.self, WordPair.self)
    } pair: { tile in
      unsafe int8LSTM(gates, block, row, tile, as: OnePair.self, WordPair.self)
    } single: { tile in
      unsafe int8LSTM(gates, block, row, tile, as: OnePanel.self, WordPanel.self)
    }
    return true
  case sluice_kernel_gru_reset_after:
    let gates = unsafe Int8Gates<3>(layer, block, row, isProjected: isProjected)
    unsafe forEachTile(of: layer.output_size, backwards: backwards) { tile in
      int8GRU(gates, row, tile, as: TwoPairs.self, WordPair.self)
    } pair: { tile in
      int8GRU(gates, row, tile, as: OnePair.self, WordPair.self)
    } single: { tile in
      int8GRU(gates, row, tile, as: OnePanel.self, WordPanel.self)
    }
    return true
  default: return false
  }
}

/// C(t) and h(t) of one tile or two: the arithmetic of a tile's units waits for itself most of the
/// time, that of two does not.
@inline(always)
private func int8LSTM<let tiles: Int, V: SIMD, W: SIMD>(
  _ gates: Int8Gates<4>, _ block: sluice_block, _ row: CompactRow, _ tile: Int,
  as: InlineArray<tiles, V>.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  let zero = InlineArray<4, V>(repeating: V(repeating: 0))
  var input = InlineArray<tiles, InlineArray<4, V>>(repeating: zero)
  var hidden = input
  forEach(tiles) { t in
    input[t] = gates.inputSums(tile &+ t, W.self)
    hidden[t] = gates.hiddenSums(tile &+ t, W.self)
  }
  forEach(tiles) { t in
    unsafe lstmUnits(input[t], hidden[t], block.cell, row.next, at: (tile &+ t) &* 16)
  }
}

@inline(always)
private func int8GRU<let tiles: Int, V: SIMD, W: SIMD>(
  _ gates: Int8Gates<3>, _ row: CompactRow, _ tile: Int, as: InlineArray<tiles, V>.Type,
  _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  let zero = InlineArray<3, V>(repeating: V(repeating: 0))
  var input = InlineArray<tiles, InlineArray<3, V>>(repeating: zero)
  var hidden = input
  forEach(tiles) { t in
    input[t] = gates.inputSums(tile &+ t, W.self)
    hidden[t] = gates.hiddenSums(tile &+ t, W.self)
  }
  forEach(tiles) { t in
    let biases = unsafe gates.pass.biases + (tile &+ t) &* 64 + 3 &* V.scalarCount
    unsafe gruUnits(input[t], hidden[t], biases, row.h, row.next, at: (tile &+ t) &* 16)
  }
}

/// The weights of `gates` gates and the rows that they are multiplied with.
@safe private struct Int8Gates<let gates: Int> {
  let pass: sluice_compact_pass
  /// Quantised x and h.
  let x: UnsafeRawPointer, h: UnsafeRawPointer
  let inputWords: Int, hiddenWords: Int
  /// W x + b where it is there already.
  let projected: UnsafePointer<Float>?

  @inline(always)
  init(_ layer: sluice_layer, _ block: sluice_block, _ row: CompactRow, isProjected: Bool) {
    unsafe pass = layer.compact.first
    unsafe x = UnsafeRawPointer(block.quantised)
    unsafe h = UnsafeRawPointer(quantisedHidden(layer, block))
    inputWords = unsafe (layer.input_size &+ 3) &>> 2
    hiddenWords = unsafe (layer.output_size &+ 3) &>> 2
    unsafe projected = unsafe isProjected ? UnsafePointer(row.projected) : nil
  }

  /// W x + b.
  @inline(always)
  func inputSums<V: SIMD, W: SIMD>(_ tile: Int, _: W.Type) -> InlineArray<gates, V>
  where V.Scalar == Float, W.Scalar == Int32 {
    if let projected = unsafe projected {
      var sums = InlineArray<gates, V>(repeating: V(repeating: 0))
      for gate in 0..<gates {
        sums[gate] = unsafe load(
          projected + tile &* gates &* 16 + gate &* V.scalarCount, as: V.self)
      }
      return sums
    }
    return unsafe sums(
      pass.weights + tile &* pass.tile_pitch, x, inputWords,
      scales: pass.scales + tile &* pass.scale_pitch, biases: pass.biases + tile &* pass.bias_pitch,
      W.self)
  }

  /// U h.
  @inline(always)
  func hiddenSums<V: SIMD, W: SIMD>(_ tile: Int, _: W.Type) -> InlineArray<gates, V>
  where V.Scalar == Float, W.Scalar == Int32 {
    let lanes = V.scalarCount
    return unsafe sums(
      pass.weights + tile &* pass.tile_pitch + inputWords &* gates &* 4 &* lanes, h, hiddenWords,
      scales: pass.scales + tile &* pass.scale_pitch + gates &* 4 &* lanes, biases: nil, W.self)
  }

  /// (step * scale) * sum + bias of every gate; the corrections lie behind the scales of both factors.
  @inline(always)
  private func sums<V: SIMD, W: SIMD>(
    _ weights: UnsafeRawPointer, _ row: UnsafeRawPointer, _ words: Int, scales: UnsafeRawPointer,
    biases: UnsafePointer<Float>?, _: W.Type
  ) -> InlineArray<gates, V> where V.Scalar == Float, W.Scalar == Int32 {
    let line = 4 &* V.scalarCount
    var even = InlineArray<gates, W>(repeating: W(repeating: 0))
    var w = unsafe weights
    var x = unsafe row + 64
    var left = words
    #if SLUICE_AVX512
      // Two chains: each product waits four cycles for the one before.
      var odd = even
      for gate in 0..<gates {
        even[gate] = unsafe loadWords(scales + (2 &* gates &+ gate) &* line, as: W.self)
      }
      while left > 1 {
        let x0 = unsafe repeatedWord(x, as: W.self)
        let x1 = unsafe repeatedWord(x + 4, as: W.self)
        for gate in 0..<gates {
          even[gate] = unsafe dot(even[gate], loadWords(w + gate &* line, as: W.self), x0)
          odd[gate] = unsafe dot(odd[gate], loadWords(w + (gates &+ gate) &* line, as: W.self), x1)
        }
        unsafe w += 2 &* gates &* line
        unsafe x += 8
        left &-= 2
      }
      for gate in 0..<gates { even[gate] = add(even[gate], odd[gate]) }
    #endif
    while left > 0 {
      let x0 = unsafe repeatedWord(x, as: W.self)
      for gate in 0..<gates {
        even[gate] = unsafe dot(even[gate], loadWords(w + gate &* line, as: W.self), x0)
      }
      unsafe w += gates &* line
      unsafe x += 4
      left &-= 1
    }
    let step = unsafe V(repeating: row.loadUnaligned(as: Float.self))
    var sums = InlineArray<gates, V>(repeating: V(repeating: 0))
    if let biases = unsafe biases {
      for gate in 0..<gates {
        sums[gate] = unsafe load(biases + gate &* V.scalarCount, as: V.self)
      }
    }
    for gate in 0..<gates {
      let scale: V = unsafe (scales + gate &* line).loadUnaligned(as: V.self)
      sums[gate] = multiplyAdd(step * scale, toFloat(even[gate]), sums[gate])
    }
    return sums
  }
}
