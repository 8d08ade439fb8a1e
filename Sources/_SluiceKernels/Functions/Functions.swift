import _SluiceContract
import _SluiceLanes

/// The activations beside tanh, sigmoid and relu, and all of them by name and parameters.

/// exp(x) - 1 where x <= 0, 0 where it is positive: at most 1 ULP.
@inline(always)
func expm1OfNegative<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  let y = floored(capped(x, 0), -87.33654)
  let (n, power) = splitExponent(y)
  return multiplyAdd(power, expm1Reduced(reduced(y, n)), power - V(repeating: 1))
}

/// exp x, 0 below -87.33 and infinite above 87.33: at most 1 ULP between.
@inline(always)
func exponential(_ x: PanelPair) -> PanelPair {
  let y = floored(capped(x, 87.33654), -87.33654)
  let (n, power) = splitExponent(y)
  let e = above(multiplyAdd(power, expm1Reduced(reduced(y, n)), power), 0x1.01p-126)
  // What lies above the range overflows; nothing else is moved.
  let most = PanelPair(repeating: .greatestFiniteMagnitude)
  return e + above(x, 87.33654) * most
}

/// log x = n ln 2 + log m, m from sqrt(1/2) to sqrt(2): minus infinity of zero, NaN below.
@inline(always)
func logarithm(_ x: PanelPair) -> PanelPair {
  let n = sluice_binary_exponent16(x)
  let m = log1p(sluice_binary_fraction16(x) - PanelPair(repeating: 1))
  // A first constant of 10 bits, whose product with n is exact.
  let low = multiplyAdd(n, PanelPair(repeating: -2.121_944_4e-4), m)
  return sluice_where_positive16(x, multiplyAdd(n, PanelPair(repeating: 0.693_359_375), low))
}

/// log(1 + t), sqrt(1/2) - 1 <= t <= 1, as 2 artanh s, s = t / (2 + t).
@inline(always)
func log1p<V: SIMD>(_ t: V) -> V where V.Scalar == Float {
  let s = t / (t + V(repeating: 2))
  let u = s * s
  let u2 = u * u
  let (p0, p1, p2, p3) = logCoefficients
  let low = multiplyAdd(u, p1, p0)
  let high = multiplyAdd(u, p3, p2)
  return multiplyAdd(s * u, multiplyAdd(u2, high, low), s + s)
}

/// log(1 + exp x) = max(x, 0) + log(1 + exp(-|x|)): at most 3 ULP.
@inline(always)
func softplus<V: SIMD>(_ x: V) -> V where V.Scalar == Float {
  floored(x, 0) + log1p(expOfNegated(magnitude(x)))
}

/// x where x >= 0, else slope * x.
@inline(always)
func leakyRelu<V: SIMD>(_ x: V, _ slope: Float) -> V where V.Scalar == Float {
  multiplyAdd(capped(x, 0), V(repeating: slope), floored(x, 0))
}

/// Applies a function to `count` floats in place, a multiple of 16.
///
/// There are to be few calls of it: every function's loop is inlined at each.
@inline(always)
func apply(_ function: sluice_function, to y: UnsafeMutablePointer<Float>, count: Int) {
  let (alpha, beta) = (function.alpha, function.beta)
  switch function.kind {
  case sluice_activation_tanh: unsafe map(y, count) { tanh($0, fast: false) }
  case sluice_activation_sigmoid: unsafe map(y, count) { sigmoid($0) }
  case sluice_activation_relu: unsafe map(y, count) { relu($0) }
  case sluice_activation_affine: unsafe map(y, count) { multiplyAdd($0, alpha, beta) }
  case sluice_activation_leaky_relu: unsafe map(y, count) { leakyRelu($0, alpha) }
  case sluice_activation_thresholded_relu: unsafe map(y, count) { above($0, alpha) }
  case sluice_activation_scaled_tanh:
    unsafe map(y, count) { vector(alpha) * tanh(vector(beta) * $0, fast: false) }
  case sluice_activation_hard_sigmoid:
    unsafe map(y, count) { capped(floored(multiplyAdd($0, alpha, beta), 0), 1) }
  case sluice_activation_elu:
    unsafe map(y, count) { multiplyAdd(expm1OfNegative($0), vector(alpha), floored($0, 0)) }
  case sluice_activation_softsign:
    unsafe map(y, count) { $0 / (vector(1) + magnitude($0)) }
  case sluice_activation_softplus: unsafe map(y, count) { softplus($0) }
  case sluice_activation_exponential: unsafe map(y, count) { exponential($0) }
  case sluice_activation_logarithm: unsafe map(y, count) { logarithm($0) }
  case sluice_activation_square_root: unsafe map(y, count) { squareRoot($0) }
  case sluice_activation_reciprocal: unsafe map(y, count) { vector(1) / $0 }
  default: break
  }
}

@inline(always)
private func vector(_ value: Float) -> PanelPair { PanelPair(repeating: value) }

/// y = f(y) of `count` floats, a multiple of 16.
@inline(always)
func map(
  _ y: UnsafeMutablePointer<Float>, _ count: Int, _ function: (PanelPair) -> PanelPair
) {
  var i = 0
  while i < count {
    unsafe store(function(load(y + i, as: PanelPair.self)), to: y + i)
    i &+= 16
  }
}

/// Limits `count` floats in place, a multiple of 16, to [-bound, bound].
@inline(always)
func limit(_ y: UnsafeMutablePointer<Float>, count: Int, to bound: Float) {
  unsafe map(y, count) { capped(floored($0, -bound), bound) }
}
