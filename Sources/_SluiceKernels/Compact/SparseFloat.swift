#if SLUICE_AVX512
  private typealias ManyRows = Rows<4>
#else
  private typealias ManyRows = Rows<2>
#endif

/// Sums of f32 weights of a tile, of the columns that are kept: in the chains and the order of `Sums`, so that
/// the bits are those that the same weights give with zeros between them.
@inline(always)
func multiplySparseFloat(
  _ block: CompactBlock, _ span: CompactSpan, gates: Int, rowCount: Int
) {
  block.forEachPart(
    span, gates: gates, rowCount: rowCount, rowsAtOnce: ManyRows.count
  ) { part in
    keptRows(part, ManyRows(), Width<2>(), as: WideFloats.self)
  } rowsOfOne: { part in
    keptRows(part, ManyRows(), Width<1>(), as: WideFloats.self)
  } spread: { _ in
    // Tiles keep different columns.
  } four: { part in
    keptRows(part, Rows<1>(), Width<4>(), as: WideFloats.self)
  } three: { part in
    keptRows(part, Rows<1>(), Width<3>(), as: WideFloats.self)
  } two: { part in
    keptRows(part, Rows<1>(), Width<2>(), as: WideFloats.self)
  } one: { part in
    keptRows(part, Rows<1>(), Width<1>(), as: WideFloats.self)
  } half: { part in
    keptRows(part, Rows<1>(), Width<1>(), as: Panel.self)
  }
}

/// One row or several, every weight read once for all of them.
@inline(always)
private func keptRows<let rows: Int, let vectors: Int, V: SIMD>(
  _ block: CompactBlock, _: Rows<rows>, _: Width<vectors>, as: V.Type
) where V.Scalar == Float {
  typealias Chain = InlineArray<rows, InlineArray<vectors, V>>
  var even: Chain = block.startingSums(isSpread: false)
  var odd = Chain(repeating: InlineArray(repeating: V(repeating: 0)))
  var (first, second) = (block.kept, block.kept.following)
  var w = unsafe block.weights
  var v = unsafe w + first.count &* block.wordPitch
  while first.count > 0 && second.count > 0 {
    unsafe add(w, first, block, to: &even)
    unsafe add(v, second, block, to: &odd)
    unsafe w += block.wordPitch
    unsafe v += block.wordPitch
    first.drop(1)
    second.drop(1)
  }
  while first.count > 0 {
    unsafe add(w, first, block, to: &even)
    unsafe w += block.wordPitch
    first.drop(1)
  }
  while second.count > 0 {
    unsafe add(v, second, block, to: &odd)
    unsafe v += block.wordPitch
    second.drop(1)
  }
  block.storeTotal(even, odd)
}

/// Adds the products of one column.
@inline(always)
private func add<let rows: Int, let vectors: Int, V: SIMD>(
  _ weights: UnsafeRawPointer, _ kept: KeptWords, _ block: CompactBlock,
  to sums: inout InlineArray<rows, InlineArray<vectors, V>>
) where V.Scalar == Float {
  let x = unsafe block.rows + 4 &* kept.word(0)
  for vector in 0..<vectors {
    let w = unsafe (weights + 4 &* vector &* V.scalarCount).loadUnaligned(as: V.self)
    for row in 0..<rows {
      let value = unsafe (x + row &* block.rowPitch).loadUnaligned(as: Float.self)
      sums[row][vector] = multiplyAdd(w, V(repeating: value), sums[row][vector])
    }
  }
}
