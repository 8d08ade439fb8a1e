/// tanh and sigmoid: polynomials whose coefficients `Coefficients.swift` has. NaN passes through
/// every function here.
///
/// The exponential is reduced as x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite 1980); 2^n is put
/// together from bits, exp(r) - 1 is a polynomial.

/// n = round(x / ln 2) and 2^n: adding 1.5 * 2^23 rounds to nearest and leaves n in the low bits.
@inline(always)
func splitExponent<V: SIMD>(_ x: V) -> (n: V, power: V) where V.Scalar == Float {
  let magic: Float = 12_582_912
  let shifted = multiplyAdd(x, 1.442_695_04, magic)
  return (shifted - V(repeating: magic), powerOfTwo(fromShifted: shifted))
}

/// r = x - n ln 2, with more of ln 2 than binary32 holds.
@inline(always)
func reduced<V: SIMD>(_ x: V, _ n: V) -> V where V.Scalar == Float {
  #if SLUICE_BASELINE
    // Without an FMA the product with n must be exact: a first constant of 10 bits.
    let coarse = multiplyAdd(n, V(repeating: -0.693_359_375), x)
    return multiplyAdd(n, V(repeating: 2.121_944_4e-4), coarse)
  #else
    let coarse = multiplyAdd(n, V(repeating: -0x1.62e4300p-1), x)
    return multiplyAdd(n, V(repeating: 0x1.05c6100p-29), coarse)
  #endif
}

/// exp(r) - 1 for |r| <= ln 2 / 2, as r + r^2 q(r): the last step rounds once.
@inline(always)
func expm1Reduced<V: SIMD>(_ r: V) -> V where V.Scalar == Float {
  let (q0, q1, q2, q3, q4) = expCoefficients
  let r2 = r * r
  let low = multiplyAdd(r, q1, q0)
  let middle = multiplyAdd(r, q3, q2)
  let high = multiplyAdd(r2, V(repeating: q4), middle)
  return multiplyAdd(r2, multiplyAdd(r2, high, low), r)
}

/// exp(-x) as 2^n and exp(r) - 1, for x limited so that 2^n is within [2^-126, 2^126].
@inline(always)
private func partsOfExpOfNegated<V: SIMD>(_ x: V) -> (power: V, rest: V) where V.Scalar == Float {
  let y = -floored(capped(x, 87.33654), -87.33654)
  let (n, power) = splitExponent(y)
  return (power, expm1Reduced(reduced(y, n)))
}

/// exp(-x), limited to [2^-126, 2^126], and so never a denormal.
@inline(always)
func expOfNegated<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  let (power, rest) = partsOfExpOfNegated(x)
  return multiplyAdd(power, rest, power)
}

/// 1 / (1 + exp(-x)), each value to 2 ULP however small: 1 from above 17 on, never a denormal.
@inline(always)
func sigmoid<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  let one = V(repeating: 1)
  let (power, rest) = partsOfExpOfNegated(x)
  // 2^n and 1 first: what rounding their sum loses, from n = 24 on, is added with the rest.
  let sum = one + power
  let lost = one - (sum - power)
  return one / (sum + multiplyAdd(power, rest, lost))
}

// `fast` is a constant where a cell has many of them: it branches once, not at each function.

#if SLUICE_BASELINE
  // No permutation by eight lanes: an exponential and a division.

  /// |tanh x|.
  @inline(always)
  private func tanhOfMagnitude<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
    // exp(2|x|) - 1; where |x| >= 9.02 the quotient is 1.
    let half = capped(magnitude(x), 9.02)
    let twice = half + half
    let (n, power) = splitExponent(twice)
    let rest = expm1Reduced(reduced(twice, n))
    let e = multiplyAdd(power, rest, power - V(repeating: 1))
    return e / (e + V(repeating: 2))
  }

  /// tanh x: 3 ULP, odd, 1 from 9.02 on.
  @inline(always)
  func tanh<V: SIMD>(_ x: V, fast: Bool) -> V where V.Scalar == Float {
    withSign(of: x, tanhOfMagnitude(x))
  }

  /// scale * tanh x, for a scale that is not negative.
  @inline(always)
  func scaledTanh<V: SIMD>(_ x: V, by scale: V, fast: Bool) -> V where V.Scalar == Float {
    withSign(of: x, scale) * tanhOfMagnitude(x)
  }

  /// The sigmoid of a cell's gate.
  @inline(always)
  func gate<V: SIMD>(_ x: V, fast: Bool) -> V where V.Scalar == Float { sigmoid(x) }

  /// gate(x) * value.
  @inline(always)
  func gated<V: SIMD>(_ x: V, _ value: V, fast: Bool) -> V where V.Scalar == Float {
    sigmoid(x) * value
  }

  /// gate(x) * value + sum.
  @inline(always)
  func gated<V: SIMD>(_ x: V, _ value: V, plus sum: V, fast: Bool) -> V where V.Scalar == Float {
    multiplyAdd(sigmoid(x), value, sum)
  }
#else
  /// tanh x: 1.5 ULP, odd, 1 from 9.02 on; if `fast` to 1e-5, 1 from 6.21 on.
  @inline(always)
  func tanh<V: SIMD>(_ x: V, fast: Bool) -> V where V.Scalar == Float {
    fast ? fastTanh.value(of: x) : withSign(of: x, tanhSegments.value(of: x))
  }

  /// scale * tanh x, for a scale that is not negative: it has x's sign, and is in the polynomial, before
  /// tanh is known.
  @inline(always)
  func scaledTanh<V: SIMD>(_ x: V, by scale: V, fast: Bool) -> V where V.Scalar == Float {
    fast
      ? fastTanh.value(of: x, times: scale)
      : tanhSegments.value(of: x, times: withSign(of: x, scale))
  }

  /// gate(x) - 0.5.
  @inline(always)
  func gateBesideHalf<V: SIMD>(_ x: V, fast: Bool) -> V where V.Scalar == Float {
    fast ? fastGate.value(of: x) : withSign(of: x, gateSegments.value(of: x))
  }

  /// The sigmoid of a cell's gate, to 1e-7 of the value 1: it scales what is added to others, so that
  /// more digits of a small one would be lost there. `sigmoid` has them. If `fast` to 1e-5.
  @inline(always)
  func gate<V: SIMD>(_ x: V, fast: Bool) -> V where V.Scalar == Float {
    V(repeating: 0.5) + gateBesideHalf(x, fast: fast)
  }

  /// gate(x) * value: half of a value that is known before the gate is waits for nothing.
  @inline(always)
  func gated<V: SIMD>(_ x: V, _ value: V, fast: Bool) -> V where V.Scalar == Float {
    multiplyAdd(gateBesideHalf(x, fast: fast), value, V(repeating: 0.5) * value)
  }

  /// gate(x) * value + sum; as above.
  @inline(always)
  func gated<V: SIMD>(_ x: V, _ value: V, plus sum: V, fast: Bool) -> V where V.Scalar == Float {
    multiplyAdd(
      gateBesideHalf(x, fast: fast), value, multiplyAdd(V(repeating: 0.5), value, sum))
  }
#endif

/// A layer's sigmoid of the fast grade, to 1e-5.
@inline(always)
func fastSigmoid<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  V(repeating: 0.5) + fastGate.product(of: x)
}

/// max(x, 0) that lets NaN pass.
@inline(always)
func relu<V: SIMD>(_ x: V) -> V where V.Scalar == Float { floored(x, 0) }
