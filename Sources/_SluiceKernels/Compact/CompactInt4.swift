#if SLUICE_AVX512
  private typealias ManyRows = Rows<4>
#else
  private typealias ManyRows = Rows<2>
#endif

/// Sums of int4 weights times quantised inputs, of a tile or four of one gate: exact integers in each
/// group of 32 columns, which are scaled and added up as floats, from the first group to the last.
@inline(always)
func multiplyInt4(_ block: CompactBlock, _ span: CompactSpan, gates: Int, rowCount: Int) {
  block.forEachPart(
    span, gates: gates, rowCount: rowCount, rowsAtOnce: ManyRows.count
  ) { part in
    int4Rows(part, ManyRows(), Width<2>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } rowsOfOne: { part in
    int4Rows(part, ManyRows(), Width<1>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } spread: { part in
    int4Rows(part, Rows<1>(), Width<4>(), isSpread: true, as: WideFloats.self, WideWords.self)
  } four: { part in
    int4Rows(part, Rows<1>(), Width<4>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } three: { part in
    int4Rows(part, Rows<1>(), Width<3>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } two: { part in
    int4Rows(part, Rows<1>(), Width<2>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } one: { part in
    int4Rows(part, Rows<1>(), Width<1>(), isSpread: false, as: WideFloats.self, WideWords.self)
  } half: { part in
    int4Rows(part, Rows<1>(), Width<1>(), isSpread: false, as: Panel.self, WordPanel.self)
  }
}

/// One row or several, every weight read and unpacked once for all of them.
///
/// Nibbles are multiplied with 8 added, so that they have no sign; what that adds to a group's sum,
/// 8 times the group's inputs, is taken off: it follows the row's integers, ready made.
@inline(always)
private func int4Rows<let rows: Int, let vectors: Int, V: SIMD, W: SIMD>(
  _ block: CompactBlock, _: Rows<rows>, _: Width<vectors>, isSpread: Bool, as: V.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  typealias Integers = InlineArray<rows, InlineArray<vectors, W>>
  var totals = InlineArray<rows, InlineArray<vectors, V>>(
    repeating: InlineArray(repeating: V(repeating: 0)))
  var w = unsafe block.weights
  var x = unsafe block.rows + 64
  var scales = unsafe block.scales
  let pitch = isSpread ? block.tilePitch : 4 &* V.scalarCount
  let scalePitch = isSpread ? block.tileScalePitch : 2 &* V.scalarCount
  let groups = (block.columns &+ 31) &>> 5
  var offsets = unsafe x + groups &* 32
  var left = groups
  while left > 0 {
    var sums = Integers(repeating: InlineArray(repeating: W(repeating: 0)))
    for word in 0..<4 {
      for vector in 0..<vectors {
        let words = unsafe loadWords(
          w + word &* block.wordPitch + vector &* pitch, as: W.self)
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
      let scale: V = unsafe loadHalf(scales + vector &* scalePitch, as: V.self)
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
  let biases: InlineArray<vectors, V> = block.biases(isSpread: isSpread)
  var target = unsafe block.sums
  for row in 0..<rows {
    let step = block.step(row, as: V.self)
    for vector in 0..<vectors {
      let value: V = multiplyAdd(totals[row][vector], step, biases[vector])
      unsafe store(value, to: target + vector &* V.scalarCount)
    }
    unsafe target += block.sumPitch
  }
}
