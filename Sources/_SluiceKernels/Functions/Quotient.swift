/// An odd function of tanh's kind for the fast grade: one rational function, with u = x^2,
///
///     x (1 + p1 u + p2 u^2) / (q0 + q1 u + q2 u^2 + q3 u^3)
///     factor x (u + z1) (u + z2) / ((u + y1) (u + y2) (u + y3))
///
/// either way, of which the second is Euler's product for tanh, cut off and fitted. Cells have the
/// first, which has fewer instructions; arrays the second, because the units that multiply must also
/// divide, and half of its work is sums.
///
/// u stops growing where the fit ends, and x a little later, where the quotient, linear in x from there
/// on, has reached its end: 1, or 0.5 for a gate. `Coefficients.swift` has the numbers.
struct Quotient {
  let limit, squareLimit: Float
  let p1, p2, q0, q1, q2, q3: Float
  let factor: Float
  let zeros: (Float, Float)
  let poles: (Float, Float, Float)

  /// The function of x; NaN passes.
  @inline(always)
  func value<V: SIMD>(of x: V) -> V where V.Scalar == Float { rational(limited(x), square(x)) }

  /// scale * the function of x: the scale may be as late as the halves of the fraction.
  @inline(always)
  func value<V: SIMD>(of x: V, times scale: V) -> V where V.Scalar == Float {
    rational(scale * limited(x), square(x))
  }

  /// As `value`, for arrays.
  @inline(always)
  func product<V: SIMD>(of x: V) -> V where V.Scalar == Float {
    let u = square(x)
    let above = plus(u, zeros.0) * plus(u, zeros.1)
    let below = plus(u, poles.0) * plus(u, poles.1) * plus(u, poles.2)
    return V(repeating: factor) * limited(x) * above / below
  }

  @inline(always)
  private func plus<V: SIMD>(_ u: V, _ term: Float) -> V where V.Scalar == Float {
    u + V(repeating: term)
  }

  @inline(always)
  private func limited<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
    capped(floored(x, -limit), limit)
  }

  @inline(always)
  private func square<V: SIMD>(_ x: V) -> V where V.Scalar == Float { capped(x * x, squareLimit) }

  @inline(always)
  private func rational<V: SIMD>(_ x: V, _ u: V) -> V where V.Scalar == Float {
    quotient(
      x, u, V(repeating: p1), V(repeating: p2), V(repeating: q0), V(repeating: q1),
      V(repeating: q2), V(repeating: q3))
  }
}

/// x (1 + p1 u + p2 u^2) / (q0 + q1 u + q2 u^2 + q3 u^3): two products deep, then the division.
@inline(always)
func quotient<V: SIMD>(_ x: V, _ u: V, _ p1: V, _ p2: V, _ q0: V, _ q1: V, _ q2: V, _ q3: V) -> V
where V.Scalar == Float {
  let above = multiplyAdd(x * u, multiplyAdd(u, p2, p1), x)
  let below = multiplyAdd(u * u, multiplyAdd(u, q3, q2), multiplyAdd(u, q1, q0))
  return above / below
}
