/// Copies `count` floats.
@inline(always)
func copy(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  var i = 0
  while i < count &- 15 {
    unsafe store(load(source + i, as: PanelPair.self), to: target + i)
    i &+= 16
  }
  #if SLUICE_AVX512
    // By panels, because a vector that was just stored is read at once only if it was as wide.
    while i < count {
      let left = count &- i
      unsafe store(load(source + i, first: left, as: Panel.self), first: left, to: target + i)
      i &+= 8
    }
  #else
    // By powers of two: of a loop over floats the compiler makes one of its own over vectors.
    let left = count &- i
    if left & 8 != 0 { unsafe move(source, to: target, &i, as: SIMD8<Float>.self) }
    if left & 4 != 0 { unsafe move(source, to: target, &i, as: SIMD4<Float>.self) }
    if left & 2 != 0 { unsafe move(source, to: target, &i, as: SIMD2<Float>.self) }
    if left & 1 != 0 { unsafe target[i] = source[i] }
  #endif
}

/// Moves as many floats as such a vector has, and goes on behind them.
@inline(always)
private func move<V: SIMD>(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ i: inout Int,
  as: V.Type
) where V.Scalar == Float {
  let value = unsafe UnsafeRawPointer(source + i).loadUnaligned(as: V.self)
  unsafe UnsafeMutableRawPointer(target + i).storeBytes(of: value, as: V.self)
  i &+= V.scalarCount
}
