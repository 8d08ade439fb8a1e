import _SluiceShims

/// Sums of int4 weights times quantised inputs: exact integers in each group of 32 columns, which
/// are scaled and added up as floats, from the first group to the last.
extension CompactGates {
  @inline(always)
  func multiplyInt4(_ input: CompactFactor, _ hidden: CompactFactor, backwards: Bool) {
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
          int4Rows(part, Rows<4>(), Width<2>(), as: WideFloats.self, WideWords.self)
        #else
          int4Rows(part, Rows<2>(), Width<2>(), as: WideFloats.self, WideWords.self)
        #endif
      } rowsOfOne: { part in
        #if SLUICE_AVX512
          int4Rows(part, Rows<4>(), Width<1>(), as: WideFloats.self, WideWords.self)
        #else
          int4Rows(part, Rows<2>(), Width<1>(), as: WideFloats.self, WideWords.self)
        #endif
      } four: { part in
        int4Rows(part, Rows<1>(), Width<4>(), as: WideFloats.self, WideWords.self)
      } three: { part in
        int4Rows(part, Rows<1>(), Width<3>(), as: WideFloats.self, WideWords.self)
      } two: { part in
        int4Rows(part, Rows<1>(), Width<2>(), as: WideFloats.self, WideWords.self)
      } one: { part in
        int4Rows(part, Rows<1>(), Width<1>(), as: WideFloats.self, WideWords.self)
      } half: { part in
        int4Rows(part, Rows<1>(), Width<1>(), as: Panel.self, WordPanel.self)
      }
    }
  }
}

/// One row or several, every weight read and unpacked once for all of them.
///
/// Nibbles are multiplied with 8 added, so that they have no sign; what that adds to a group's sum,
/// 8 times the group's inputs, is taken off: it follows the row's integers, ready made.
@inline(always)
private func int4Rows<let rows: Int, let vectors: Int, V: SIMD, W: SIMD>(
  _ block: CompactBlock, _: Rows<rows>, _: Width<vectors>, as: V.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  typealias Integers = InlineArray<rows, InlineArray<vectors, W>>
  var totals = InlineArray<rows, InlineArray<vectors, V>>(
    repeating: InlineArray(repeating: V(repeating: 0)))
  var w = unsafe block.weights
  var x = unsafe block.rows + 64
  var scales = unsafe block.scales
  let groups = (block.columns &+ 31) &>> 5
  var offsets = unsafe x + groups &* 32
  var left = groups
  while left > 0 {
    var sums = Integers(repeating: InlineArray(repeating: W(repeating: 0)))
    for word in 0..<4 {
      for vector in 0..<vectors {
        let words = unsafe loadWords(
          w + word &* block.wordPitch + vector &* block.vectorPitch, as: W.self)
        let (low, high) = (lowNibbles(words), highNibbles(words))
        for row in 0..<rows {
          let at = unsafe x + row &* block.rowPitch + 8 &* word
          sums[row][vector] = unsafe dotNibbles(
            dotNibbles(sums[row][vector], low, repeatedWord(at, as: W.self)), high,
            repeatedWord(at + 4, as: W.self))
        }
      }
    }
    for vector in 0..<vectors {
      let scale: V = unsafe loadHalf(scales + vector &* block.scalePitch, as: V.self)
      for row in 0..<rows {
        let sum = unsafe add(
          nibbleSum(sums[row][vector]),
          repeatedWord(offsets + row &* block.rowPitch, as: W.self))
        totals[row][vector] = multiplyAdd(scale, toFloat(sum), totals[row][vector])
      }
    }
    unsafe w += 4 &* block.wordPitch
    unsafe x += 32
    unsafe scales += block.groupPitch
    unsafe offsets += 4
    left &-= 1
  }
  for row in 0..<rows {
    let step = unsafe (block.rows + row &* block.rowPitch).loadUnaligned(as: Float.self)
    for vector in 0..<vectors {
      let value: V = multiplyAdd(
        totals[row][vector], V(repeating: step), block.bias(vector, as: V.self))
      unsafe store(value, to: block.sums + row &* block.sumPitch + vector &* V.scalarCount)
    }
  }
}
