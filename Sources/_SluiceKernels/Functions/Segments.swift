/// An odd function of tanh's kind, as a polynomial of degree 6 on each of eight segments of its
/// magnitude's range.
///
/// The exponent of x^2 + offset tells the segment: seven boundaries without a comparison. A table
/// has a coefficient of all segments in one panel, by the exponent's three low bits, so that one
/// permutation fetches it for every lane. `Coefficients.swift` has the tables.
struct Segments {
  let offset: Float
  /// What x^2 + offset is capped to: where x is beyond the last segment, it counts as its end.
  let last: Float
  /// The last segment's end. The function is constant from there on.
  let limit: Float
  /// Where a segment's polynomial is developed.
  let center: Panel
  let c0, c1, c2, c3, c4, c5, c6: Panel

  /// The function of |x|; NaN passes.
  @inline(always)
  func value<V: SIMD>(of x: V) -> V where V.Scalar == Float {
    let key = capped(multiplyAdd(x, x, V(repeating: offset)), last)
    let d = capped(magnitude(x), limit) - select(center, key)
    return sextic(
      d, select(c0, key), select(c1, key), select(c2, key), select(c3, key), select(c4, key),
      select(c5, key), select(c6, key))
  }

  /// scale * the function of |x|: the scale may be as late as x.
  @inline(always)
  func value<V: SIMD>(of x: V, times scale: V) -> V where V.Scalar == Float {
    let key = capped(multiplyAdd(x, x, V(repeating: offset)), last)
    let d = capped(magnitude(x), limit) - select(center, key)
    let (first, d2) = (scale * d, d * d)
    let low = multiplyAdd(
      first, multiplyAdd(select(c2, key), d, select(c1, key)), scale * select(c0, key))
    let high = sexticEnd(d, d2, select(c3, key), select(c4, key), select(c5, key), select(c6, key))
    return multiplyAdd(first * d2, high, low)
  }
}

/// c0 + c1 d + ... + c6 d^6: three products deep, two roundings of the result's size.
@inline(always)
func sextic<V: SIMD>(_ d: V, _ c0: V, _ c1: V, _ c2: V, _ c3: V, _ c4: V, _ c5: V, _ c6: V) -> V
where V.Scalar == Float {
  let d2 = d * d
  let low = multiplyAdd(d, multiplyAdd(c2, d, c1), c0)
  return multiplyAdd(d2 * d, sexticEnd(d, d2, c3, c4, c5, c6), low)
}

/// c3 + c4 d + c5 d^2 + c6 d^3.
@inline(always)
private func sexticEnd<V: SIMD>(_ d: V, _ d2: V, _ c3: V, _ c4: V, _ c5: V, _ c6: V) -> V
where V.Scalar == Float {
  multiplyAdd(d2, multiplyAdd(c6, d, c5), multiplyAdd(c4, d, c3))
}
