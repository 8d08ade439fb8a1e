/// tanh and sigmoid from one exponential and one division each: no table, no branch.
///
/// The exponential is reduced as x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite 1980); 2^n is put
/// together from bits, exp(r) - 1 is a polynomial. NaN passes through every function here.

/// n = round(x / ln 2) and 2^n: adding 1.5 * 2^23 rounds to nearest and leaves n in the low bits.
@inline(always)
func splitExponent<V: SIMD>(_ x: V) -> (n: V, power: V)
where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  let magic: Float = 12_582_912
  let shifted = multiplyAdd(x, 1.442_695_04, magic)
  let power =
    (bits(shifted) &<< V.MaskStorage(repeating: 23)) &+ V.MaskStorage(repeating: 0x3F80_0000)
  return (shifted - V(repeating: magic), float(power, as: V.self))
}

/// x - n ln 2. The first constant has 10 bits, so that its product with n is exact without an FMA.
@inline(always)
func reduced<V: SIMD>(_ x: V, _ n: V) -> V where V.Scalar == Float {
  let r = multiplyAdd(n, V(repeating: -0.693_359_375), x)
  return multiplyAdd(n, V(repeating: 2.121_944_4e-4), r)
}

/// exp(r) - 1 for |r| <= ln 2 / 2, as r + r^2 q(r): maximal relative error 1.5e-8 before rounding.
///
/// Coefficients: `tools/python/fit_activations.py` (Remez).
@inline(always)
func expm1Reduced<V: SIMD>(_ r: V) -> V where V.Scalar == Float {
  let r2 = r * r
  let low = multiplyAdd(r, 0x1.5554aa0p-3, 0x1.fffffe0p-2)
  let middle = multiplyAdd(r, 0x1.122c380p-7, 0x1.55579a0p-5)
  let high = multiplyAdd(V(repeating: 0x1.6ac04a0p-10), r2, middle)
  return multiplyAdd(multiplyAdd(high, r2, low), r2, r)
}

/// exp(2|x|) - 1 with the sign of x: tanh x = e / (|e| + 2), which is 1 where |x| >= 9.02.
@inline(always)
func expm1OfTwice<V: SIMD>(_ x: V) -> V where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  let half = capped(magnitude(x), 9.02)
  let twice = half + half
  let (n, power) = splitExponent(twice)
  let e = multiplyAdd(power, expm1Reduced(reduced(twice, n)), power - V(repeating: 1))
  return withSign(of: x, e)
}

/// exp(-x), limited to [2^-126, 2^126]: sigmoid x = 1 / (1 + e) is 1 from above 17 on and never a
/// denormal.
@inline(always)
func expOfNegated<V: SIMD>(_ x: V) -> V where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  let y = floored(capped(-x, 87.33), -87.33)
  let (n, power) = splitExponent(y)
  return multiplyAdd(power, expm1Reduced(reduced(y, n)), power)
}

@inline(always)
func tanh<V: SIMD>(_ x: V) -> V where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  let e = expm1OfTwice(x)
  return e / (magnitude(e) + V(repeating: 2))
}

@inline(always)
func sigmoid<V: SIMD>(_ x: V) -> V where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  V(repeating: 1) / (V(repeating: 1) + expOfNegated(x))
}

/// max(x, 0) that lets NaN pass.
@inline(always)
func relu<V: SIMD>(_ x: V) -> V where V.Scalar == Float { floored(x, 0) }
