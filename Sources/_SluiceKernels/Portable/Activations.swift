/// tanh and sigmoid from one exponential and one division each: no table, no branch.
///
/// The exponential is reduced as x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite 1980); 2^n is put
/// together from bits, exp(r) - 1 is a polynomial. NaN passes through every function here.

/// n = round(x / ln 2) and 2^n: adding 1.5 * 2^23 rounds to nearest and leaves n in the low bits.
@inline(always)
func splitExponent<V: SIMD>(_ x: V) -> (n: V, power: V) where V.Scalar == Float {
  let magic: Float = 12_582_912
  let shifted = multiplyAdd(x, 1.442_695_04, magic)
  return (shifted - V(repeating: magic), powerOfTwo(fromShifted: shifted))
}

/// r = x - n ln 2, and r once more with the rest of ln 2 that binary32 does not hold.
///
/// The rest only matters where r itself is added, so that it costs no time on the way to exp.
@inline(always)
func reduced<V: SIMD>(_ x: V, _ n: V) -> (r: V, corrected: V) where V.Scalar == Float {
  #if SLUICE_BASELINE
    // Without an FMA the product with n must be exact: a first constant of 10 bits.
    let coarse = multiplyAdd(n, V(repeating: -0.693_359_375), x)
    let r = multiplyAdd(n, V(repeating: 2.121_944_4e-4), coarse)
    return (r, r)
  #else
    let r = multiplyAdd(n, V(repeating: -0x1.62e4300p-1), x)
    return (r, multiplyAdd(n, V(repeating: 0x1.05c6100p-29), r))
  #endif
}

/// exp(r) - 1 for |r| <= ln 2 / 2, as r + r^2 q(r): maximal relative error 1.5e-8 before rounding.
///
/// Coefficients: `tools/python/fit_activations.py` (Remez). The last step rounds once: a second
/// rounding beside r would take tanh to 3.4 ULP.
@inline(always)
func expm1Reduced<V: SIMD>(_ r: V, corrected: V) -> V where V.Scalar == Float {
  let r2 = r * r
  let low = multiplyAdd(r, 0x1.5554aa0p-3, 0x1.fffffe0p-2)
  let middle = multiplyAdd(r, 0x1.122c380p-7, 0x1.55579a0p-5)
  let high = multiplyAdd(r2, V(repeating: 0x1.6ac04a0p-10), middle)
  return multiplyAdd(r2, multiplyAdd(r2, high, low), corrected)
}

/// exp(2|x|) - 1: |tanh x| = e / (e + 2), which is 1 where |x| >= 9.02.
@inline(always)
func expm1OfTwice<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  let half = capped(magnitude(x), 9.02)
  let twice = half + half
  let (n, power) = splitExponent(twice)
  let (r, _) = reduced(twice, n)
  return multiplyAdd(power, expm1Reduced(r, corrected: r), power - V(repeating: 1))
}

/// exp(-x), limited to [2^-126, 2^126]: sigmoid x = 1 / (1 + e) is 1 from above 17 on and never a
/// denormal.
@inline(always)
func expOfNegated<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  let y = -floored(capped(x, 87.33654), -87.33654)
  let (n, power) = splitExponent(y)
  let (r, corrected) = reduced(y, n)
  return multiplyAdd(power, expm1Reduced(r, corrected: corrected), power)
}

@inline(always)
func tanh<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  let e = expm1OfTwice(x)
  return withSign(of: x, e) / (e + V(repeating: 2))
}

@inline(always)
func sigmoid<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  V(repeating: 1) / (V(repeating: 1) + expOfNegated(x))
}

/// sigmoid(a) * tanh(b), given 1 + exp(-a): one division where two are written.
@inline(always)
func gatedTanh<V: SIMD>(_ onePlusExp: V, _ b: V) -> V
where V.Scalar == Float {
  let e = expm1OfTwice(b)
  return withSign(of: b, e) / multiplyAdd(onePlusExp, e, onePlusExp + onePlusExp)
}

/// max(x, 0) that lets NaN pass.
@inline(always)
func relu<V: SIMD>(_ x: V) -> V where V.Scalar == Float { floored(x, 0) }
