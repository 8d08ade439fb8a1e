import _SluiceShims

/// Sums of f16 and bf16 weights, widened in registers: in the chains and the order of `Sums`, so that
/// the bits are those of f32 weights that were rounded to the type.
extension CompactGates {
  @inline(always)
  func multiplyHalf(
    _ input: CompactFactor, _ hidden: CompactFactor, backwards: Bool, isBrain: Bool
  ) {
    #if SLUICE_AVX512
      let rows = 4
    #else
      let rows = 2
    #endif
    forEachBlock(input, hidden, backwards: backwards) { block, rowCount, vectors, hasHalf in
      block.forEachPart(
        rowCount: rowCount, vectors: vectors, hasHalf: hasHalf, rowsAtOnce: rows
      ) { part in
        #if SLUICE_AVX512
          halfRows(part, isBrain, Rows<4>(), Width<2>(), as: WideFloats.self, WideWords.self)
        #else
          halfRows(part, isBrain, Rows<2>(), Width<2>(), as: WideFloats.self, WideWords.self)
        #endif
      } rowsOfOne: { part in
        #if SLUICE_AVX512
          halfRows(part, isBrain, Rows<4>(), Width<1>(), as: WideFloats.self, WideWords.self)
        #else
          halfRows(part, isBrain, Rows<2>(), Width<1>(), as: WideFloats.self, WideWords.self)
        #endif
      } four: { part in
        halfRows(part, isBrain, Rows<1>(), Width<4>(), as: WideFloats.self, WideWords.self)
      } three: { part in
        halfRows(part, isBrain, Rows<1>(), Width<3>(), as: WideFloats.self, WideWords.self)
      } two: { part in
        halfRows(part, isBrain, Rows<1>(), Width<2>(), as: WideFloats.self, WideWords.self)
      } one: { part in
        halfRows(part, isBrain, Rows<1>(), Width<1>(), as: WideFloats.self, WideWords.self)
      } half: { part in
        halfRows(part, isBrain, Rows<1>(), Width<1>(), as: Panel.self, WordPanel.self)
      }
    }
  }
}

/// One row or several, every weight read and widened once for all of them.
@inline(always)
private func halfRows<let rows: Int, let vectors: Int, V: SIMD, W: SIMD>(
  _ block: CompactBlock, _ isBrain: Bool, _: Rows<rows>, _: Width<vectors>, as: V.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  typealias Chain = InlineArray<rows, InlineArray<vectors, V>>
  var odd = Chain(repeating: InlineArray(repeating: V(repeating: 0)))
  var even = odd
  for row in 0..<rows {
    for vector in 0..<vectors { even[row][vector] = block.bias(vector, as: V.self) }
  }
  var w = unsafe block.weights
  var x = unsafe block.rows
  let pair = isBrain ? block.wordPitch : 2 &* block.wordPitch
  var left = block.columns
  while left > 1 {
    for vector in 0..<vectors {
      let at = unsafe w + vector &* block.vectorPitch
      let (first, second): (V, V) =
        unsafe isBrain
        ? (evenBrain(loadWords(at, as: W.self)), oddBrain(loadWords(at, as: W.self)))
        : (loadHalf(at, as: V.self), loadHalf(at + block.wordPitch, as: V.self))
      for row in 0..<rows {
        let value = unsafe x + row &* block.rowPitch
        even[row][vector] = unsafe multiplyAdd(
          first, V(repeating: value.loadUnaligned(as: Float.self)), even[row][vector])
        odd[row][vector] = unsafe multiplyAdd(
          second, V(repeating: (value + 4).loadUnaligned(as: Float.self)), odd[row][vector])
      }
    }
    unsafe w += pair
    unsafe x += 8
    left &-= 2
  }
  if left > 0 {
    for vector in 0..<vectors {
      let at = unsafe w + vector &* block.vectorPitch
      let first: V =
        unsafe isBrain ? evenBrain(loadWords(at, as: W.self)) : loadHalf(at, as: V.self)
      for row in 0..<rows {
        let value = unsafe (x + row &* block.rowPitch).loadUnaligned(as: Float.self)
        even[row][vector] = multiplyAdd(first, V(repeating: value), even[row][vector])
      }
    }
  }
  for row in 0..<rows {
    for vector in 0..<vectors {
      unsafe store(
        even[row][vector] + odd[row][vector],
        to: block.sums + row &* block.sumPitch + vector &* V.scalarCount)
    }
  }
}
