import _SluiceShims

/// Sums of int8 weights times quantised inputs: exact integers, scaled at the end.
extension CompactGates {
  @inline(always)
  func multiplyInt8(_ input: CompactFactor, _ hidden: CompactFactor, backwards: Bool) {
    #if SLUICE_AVX512
      let rows = 8
    #else
      let rows = 4
    #endif
    forEachBlock(input, hidden, backwards: backwards) { block, rowCount, vectors, hasHalf in
      block.forEachPart(
        rowCount: rowCount, vectors: vectors, hasHalf: hasHalf, rowsAtOnce: rows
      ) { part in
        #if SLUICE_AVX512
          int8Rows(part, Rows<8>(), Width<2>())
        #else
          int8Rows(part, Rows<4>(), Width<2>())
        #endif
      } rowsOfOne: { part in
        #if SLUICE_AVX512
          int8Rows(part, Rows<8>(), Width<1>())
        #else
          int8Rows(part, Rows<4>(), Width<1>())
        #endif
      } four: { part in
        int8Row(part, Width<4>(), Rows<2>(), as: WideFloats.self, WideWords.self)
      } three: { part in
        int8Row(part, Width<3>(), Rows<2>(), as: WideFloats.self, WideWords.self)
      } two: { part in
        int8Row(part, Width<2>(), Rows<4>(), as: WideFloats.self, WideWords.self)
      } one: { part in
        int8Row(part, Width<1>(), Rows<4>(), as: WideFloats.self, WideWords.self)
      } half: { part in
        int8Row(part, Width<1>(), Rows<4>(), as: Panel.self, WordPanel.self)
      }
    }
  }
}

/// The integers that a sum of int8 products starts at.
@inline(always)
private func correction<W: SIMD>(_ block: CompactBlock, _ vector: Int, as: W.Type) -> W
where W.Scalar == Int32 {
  #if SLUICE_AVX512
    return unsafe loadWords(block.corrections + vector &* block.scalePitch, as: W.self)
  #else
    return W(repeating: 0)
  #endif
}

/// (step * scale) * sum + bias of one row's vector to where it belongs.
@inline(always)
private func finish<V: SIMD, W: SIMD>(
  _ block: CompactBlock, _ row: Int, _ vector: Int, _ sum: W, as: V.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  let step = unsafe (block.rows + row &* block.rowPitch).loadUnaligned(as: Float.self)
  let scale: V = unsafe (block.scales + vector &* block.scalePitch).loadUnaligned(as: V.self)
  let value: V = multiplyAdd(
    V(repeating: step) * scale, toFloat(sum), block.bias(vector, as: V.self))
  unsafe store(value, to: block.sums + row &* block.sumPitch + vector &* V.scalarCount)
}

/// One row, whose sums run in as many chains as `chains`, because each waits for the one before.
@inline(always)
private func int8Row<let vectors: Int, let chains: Int, V: SIMD, W: SIMD>(
  _ block: CompactBlock, _: Width<vectors>, _: Rows<chains>, as: V.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  var sums = InlineArray<chains, InlineArray<vectors, W>>(
    repeating: InlineArray(repeating: W(repeating: 0)))
  for vector in 0..<vectors { sums[0][vector] = correction(block, vector, as: W.self) }
  var w = unsafe block.weights
  var x = unsafe block.rows + 64
  var left = (block.columns &+ 3) &>> 2
  while left >= chains {
    for chain in 0..<chains {
      let q = unsafe repeatedWord(x + 4 &* chain, as: W.self)
      for vector in 0..<vectors {
        sums[chain][vector] = unsafe dot(
          sums[chain][vector],
          loadWords(w + chain &* block.wordPitch + vector &* block.vectorPitch, as: W.self), q)
      }
    }
    unsafe w += chains &* block.wordPitch
    unsafe x += 4 &* chains
    left &-= chains
  }
  while left > 0 {
    let q = unsafe repeatedWord(x, as: W.self)
    for vector in 0..<vectors {
      sums[0][vector] = unsafe dot(
        sums[0][vector], loadWords(w + vector &* block.vectorPitch, as: W.self), q)
    }
    unsafe w += block.wordPitch
    unsafe x += 4
    left &-= 1
  }
  for vector in 0..<vectors {
    var sum = sums[0][vector]
    for chain in 1..<chains { sum = add(sum, sums[chain][vector]) }
    finish(block, 0, vector, sum, as: V.self)
  }
}

/// Several rows, every weight read once for all of them.
@inline(always)
private func int8Rows<let rows: Int, let vectors: Int>(
  _ block: CompactBlock, _: Rows<rows>, _: Width<vectors>
) {
  var sums = InlineArray<rows, InlineArray<vectors, WideWords>>(
    repeating: InlineArray(repeating: WideWords(repeating: 0)))
  for row in 0..<rows {
    for vector in 0..<vectors {
      sums[row][vector] = correction(block, vector, as: WideWords.self)
    }
  }
  var w = unsafe block.weights
  var x = unsafe block.rows + 64
  var left = (block.columns &+ 3) &>> 2
  while left > 0 {
    for row in 0..<rows {
      let q = unsafe repeatedWord(x + row &* block.rowPitch, as: WideWords.self)
      for vector in 0..<vectors {
        sums[row][vector] = unsafe dot(
          sums[row][vector], loadWords(w + vector &* block.vectorPitch, as: WideWords.self), q)
      }
    }
    unsafe w += block.wordPitch
    unsafe x += 4
    left &-= 1
  }
  for row in 0..<rows {
    for vector in 0..<vectors {
      finish(block, row, vector, sums[row][vector], as: WideFloats.self)
    }
  }
}
