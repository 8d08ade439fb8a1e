#if SLUICE_AVX512
  private typealias ManyRows = Rows<8>
#else
  private typealias ManyRows = Rows<4>
#endif

/// Sums of int8 weights times quantised inputs, of a tile or four of one gate: exact integers, scaled
/// at the end. If sparse, of the words that are kept.
@inline(always)
func multiplyInt8(
  _ block: CompactBlock, _ span: CompactSpan, gates: Int, rowCount: Int, isSparse: Bool
) {
  // With AVX-512 a sparse layer's cells have steps of their own.
  #if SLUICE_AVX512
    let isNarrow = isSparse
  #else
    let isNarrow = false
  #endif
  block.forEachPart(
    span, gates: gates, rowCount: rowCount, rowsAtOnce: ManyRows.count, isNarrow: isNarrow
  ) { part in
    int8Rows(part, ManyRows(), Width<2>(), isSparse: isSparse)
  } rowsOfOne: { part in
    int8Rows(part, ManyRows(), Width<1>(), isSparse: isSparse)
  } spread: { part in
    // Tiles of a sparse layer keep different words.
    if !isSparse {
      int8Row(
        part, Width<4>(), Rows<2>(), isSpread: true, isSparse: false, as: WideFloats.self,
        WideWords.self)
    }
  } four: { part in
    int8Row(
      part, Width<4>(), Rows<2>(), isSpread: false, isSparse: isSparse, as: WideFloats.self,
      WideWords.self)
  } three: { part in
    int8Row(
      part, Width<3>(), Rows<2>(), isSpread: false, isSparse: isSparse, as: WideFloats.self,
      WideWords.self)
  } two: { part in
    int8Row(
      part, Width<2>(), Rows<4>(), isSpread: false, isSparse: isSparse, as: WideFloats.self,
      WideWords.self)
  } one: { part in
    int8Row(
      part, Width<1>(), Rows<4>(), isSpread: false, isSparse: isSparse, as: WideFloats.self,
      WideWords.self)
  } half: { part in
    int8Row(
      part, Width<1>(), Rows<4>(), isSpread: false, isSparse: isSparse, as: Panel.self,
      WordPanel.self)
  }
}

/// The integers that a sum of int8 products starts at.
@inline(always)
private func correction<W: SIMD>(
  _ block: CompactBlock, _ vector: Int, isSpread: Bool, as: W.Type
) -> W where W.Scalar == Int32 {
  #if SLUICE_AVX512
    let pitch = isSpread ? block.tileScalePitch : 4 &* W.scalarCount
    return unsafe loadWords(block.corrections + vector &* pitch, as: W.self)
  #else
    return W(repeating: 0)
  #endif
}

/// The scales of neighbouring vectors.
@inline(always)
private func int8Scales<let vectors: Int, V: SIMD>(
  _ block: CompactBlock, isSpread: Bool
) -> InlineArray<vectors, V> where V.Scalar == Float {
  var all = InlineArray<vectors, V>(repeating: V(repeating: 0))
  let pitch = isSpread ? block.tileScalePitch : 4 &* V.scalarCount
  for vector in 0..<vectors {
    all[vector] = unsafe (block.scales + vector &* pitch).loadUnaligned(as: V.self)
  }
  return all
}

/// One row, whose sums run in as many chains as `chains`, because each waits for the one before.
@inline(always)
private func int8Row<let vectors: Int, let chains: Int, V: SIMD, W: SIMD>(
  _ block: CompactBlock, _: Width<vectors>, _: Rows<chains>, isSpread: Bool, isSparse: Bool,
  as: V.Type, _: W.Type
) where V.Scalar == Float, W.Scalar == Int32 {
  var sums = InlineArray<chains, InlineArray<vectors, W>>(
    repeating: InlineArray(repeating: W(repeating: 0)))
  for vector in 0..<vectors {
    sums[0][vector] = correction(block, vector, isSpread: isSpread, as: W.self)
  }
  let pitch = isSpread ? block.tilePitch : 4 &* W.scalarCount
  var w = unsafe block.weights
  var x = unsafe block.rows + 64
  var kept = block.kept
  var left = isSparse ? kept.count : (block.columns &+ 3) &>> 2
  while left >= chains {
    for chain in 0..<chains {
      let word = isSparse ? kept.word(chain) : chain
      let q = unsafe repeatedWord(x + 4 &* word, as: W.self)
      for vector in 0..<vectors {
        sums[chain][vector] = unsafe dot(
          sums[chain][vector],
          loadWords(w + chain &* block.wordPitch + vector &* pitch, as: W.self), q)
      }
    }
    unsafe w += chains &* block.wordPitch
    if isSparse { kept.drop(chains) } else { unsafe x += 4 &* chains }
    left &-= chains
  }
  while left > 0 {
    let q = unsafe repeatedWord(x + (isSparse ? 4 &* kept.word(0) : 0), as: W.self)
    for vector in 0..<vectors {
      sums[0][vector] = unsafe dot(
        sums[0][vector], loadWords(w + vector &* pitch, as: W.self), q)
    }
    unsafe w += block.wordPitch
    if isSparse { kept.drop(1) } else { unsafe x += 4 }
    left &-= 1
  }
  let scales: InlineArray<vectors, V> = int8Scales(block, isSpread: isSpread)
  let biases: InlineArray<vectors, V> = block.biases(isSpread: isSpread)
  let step = block.step(0, as: V.self)
  for vector in 0..<vectors {
    var sum = sums[0][vector]
    for chain in 1..<chains { sum = add(sum, sums[chain][vector]) }
    let value: V = multiplyAdd(step * scales[vector], toFloat(sum), biases[vector])
    unsafe store(value, to: block.sums + vector &* V.scalarCount)
  }
}

/// Several rows, every weight read once for all of them.
@inline(always)
private func int8Rows<let rows: Int, let vectors: Int>(
  _ block: CompactBlock, _: Rows<rows>, _: Width<vectors>, isSparse: Bool
) {
  var sums = InlineArray<rows, InlineArray<vectors, WideWords>>(
    repeating: InlineArray(repeating: WideWords(repeating: 0)))
  for vector in 0..<vectors {
    let start = correction(block, vector, isSpread: false, as: WideWords.self)
    for row in 0..<rows { sums[row][vector] = start }
  }
  var w = unsafe block.weights
  var x = unsafe block.rows + 64
  var kept = block.kept
  var left = isSparse ? kept.count : (block.columns &+ 3) &>> 2
  while left > 0 {
    if isSparse { unsafe x = block.rows + 64 + 4 &* kept.word(0) }
    for row in 0..<rows {
      let q = unsafe repeatedWord(x + row &* block.rowPitch, as: WideWords.self)
      for vector in 0..<vectors {
        sums[row][vector] = unsafe dot(
          sums[row][vector],
          loadWords(w + vector &* 4 &* WideWords.scalarCount, as: WideWords.self), q)
      }
    }
    unsafe w += block.wordPitch
    if isSparse { kept.drop(1) } else { unsafe x += 4 }
    left &-= 1
  }
  let scales: InlineArray<vectors, WideFloats> = int8Scales(block, isSpread: false)
  let biases: InlineArray<vectors, WideFloats> = block.biases(isSpread: false)
  var target = unsafe block.sums
  for row in 0..<rows {
    let step = block.step(row, as: WideFloats.self)
    for vector in 0..<vectors {
      let value: WideFloats = multiplyAdd(
        step * scales[vector], toFloat(sums[row][vector]), biases[vector])
      unsafe store(value, to: target + vector &* WideFloats.scalarCount)
    }
    unsafe target += block.sumPitch
  }
}
