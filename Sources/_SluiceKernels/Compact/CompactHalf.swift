#if SLUICE_AVX512
  private typealias ManyRows = Rows<4>
#else
  private typealias ManyRows = Rows<2>
#endif

/// Sums of f16 and bf16 weights, of a tile or four of one gate, widened in registers: in the chains
/// and the order of `Sums`, so that the bits are those of f32 weights that were rounded to the type.
@inline(always)
func multiplyHalf(
  _ block: CompactBlock, _ span: CompactSpan, gates: Int, rowCount: Int, isBrain: Bool
) {
  block.forEachPart(
    span, gates: gates, rowCount: rowCount, rowsAtOnce: ManyRows.count
  ) { part in
    halfRows(
      part, isBrain, ManyRows(), Width<2>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } rowsOfOne: { part in
    halfRows(
      part, isBrain, ManyRows(), Width<1>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } spread: { part in
    halfRows(
      part, isBrain, Rows<1>(), Width<4>(), isSpread: true, as: WideFloats.self, WideWords.self)
  } four: { part in
    halfRows(
      part, isBrain, Rows<1>(), Width<4>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } three: { part in
    halfRows(
      part, isBrain, Rows<1>(), Width<3>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } two: { part in
    halfRows(
      part, isBrain, Rows<1>(), Width<2>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } one: { part in
    halfRows(
      part, isBrain, Rows<1>(), Width<1>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } half: { part in
    halfRows(part, isBrain, Rows<1>(), Width<1>(), isSpread: false, as: Panel.self, WordPanel.self)
  }
}

/// One row or several, every weight read and widened once for all of them.
@inline(always)
private func halfRows<let rows: Int, let vectors: Int, V: SIMD, W: SIMD>(
  _ block: CompactBlock, _ isBrain: Bool, _: Rows<rows>, _: Width<vectors>, isSpread: Bool,
  as: V.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  typealias Chain = InlineArray<rows, InlineArray<vectors, V>>
  var even: Chain = block.startingSums(isSpread: isSpread)
  var odd = Chain(repeating: InlineArray(repeating: V(repeating: 0)))
  let pitch = isSpread ? block.tilePitch : (isBrain ? 4 : 2) &* V.scalarCount
  var w = unsafe block.weights
  var x = unsafe block.rows
  let pair = isBrain ? block.wordPitch : 2 &* block.wordPitch
  var left = block.columns
  while left > 1 {
    for vector in 0..<vectors {
      let at = unsafe w + vector &* pitch
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
      let at = unsafe w + vector &* pitch
      let first: V =
        unsafe isBrain ? evenBrain(loadWords(at, as: W.self)) : loadHalf(at, as: V.self)
      for row in 0..<rows {
        let value = unsafe (x + row &* block.rowPitch).loadUnaligned(as: Float.self)
        even[row][vector] = multiplyAdd(first, V(repeating: value), even[row][vector])
      }
    }
  }
  block.storeTotal(even, odd)
}
