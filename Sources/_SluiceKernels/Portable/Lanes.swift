/// Vectors of output lanes: one panel (`SIMD8<Float>`) or two side by side (`SIMD16<Float>`).
///
/// A kernel is written once over `SIMD`, and inlined for both widths: a lane's arithmetic, and with
/// it the bits of its result, never depends on the width. There is no protocol of our own, because
/// a conformance would leave weak symbols in the object, which the linker may take for another
/// instruction set's.
typealias Panel = SIMD8<Float>
typealias PanelPair = SIMD16<Float>

/// a * b + c: one rounding where the instruction set has an FMA, two on the baseline.
@inline(always)
func multiplyAdd<V: SIMD>(_ a: V, _ b: V, _ c: V) -> V where V.Scalar == Float {
  #if SLUICE_BASELINE
    a * b + c
  #else
    c.addingProduct(a, b)
  #endif
}

@inline(always)
func multiplyAdd<V: SIMD>(_ a: V, _ b: Float, _ c: Float) -> V where V.Scalar == Float {
  multiplyAdd(a, V(repeating: b), V(repeating: c))
}

/// The lanes' bit patterns; `MaskStorage` is the integer vector of the same shape.
@inline(always)
func bits<V: SIMD>(_ v: V) -> V.MaskStorage where V.Scalar == Float {
  unsafe unsafeBitCast(v, to: V.MaskStorage.self)
}

@inline(always)
func float<V: SIMD>(_ bits: V.MaskStorage, as: V.Type) -> V where V.Scalar == Float {
  unsafe unsafeBitCast(bits, to: V.self)
}

@inline(always)
func magnitude<V: SIMD>(_ v: V) -> V where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  float(bits(v) & V.MaskStorage(repeating: 0x7FFF_FFFF), as: V.self)
}

/// The magnitude of one with the sign of the other.
@inline(always)
func withSign<V: SIMD>(of sign: V, _ magnitude: V) -> V
where V.Scalar == Float, V.MaskStorage.Scalar == Int32 {
  float(bits(magnitude) | (bits(sign) & V.MaskStorage(repeating: Int32.min)), as: V.self)
}

/// min(v, limit) that lets NaN pass; comparisons are spelled for each width because the generic
/// one is a loop over lanes.
@inline(always)
func capped<V: SIMD>(_ v: V, _ limit: Float) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    let w = unsafe unsafeBitCast(v, to: PanelPair.self)
    let top = PanelPair(repeating: limit)
    return unsafe unsafeBitCast(w.replacing(with: top, where: w .> top), to: V.self)
  }
  let w = unsafe unsafeBitCast(v, to: Panel.self)
  let top = Panel(repeating: limit)
  return unsafe unsafeBitCast(w.replacing(with: top, where: w .> top), to: V.self)
}

/// max(v, limit) that lets NaN pass.
@inline(always)
func floored<V: SIMD>(_ v: V, _ limit: Float) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    let w = unsafe unsafeBitCast(v, to: PanelPair.self)
    let bottom = PanelPair(repeating: limit)
    return unsafe unsafeBitCast(w.replacing(with: bottom, where: w .< bottom), to: V.self)
  }
  let w = unsafe unsafeBitCast(v, to: Panel.self)
  let bottom = Panel(repeating: limit)
  return unsafe unsafeBitCast(w.replacing(with: bottom, where: w .< bottom), to: V.self)
}

/// One vector from 32-byte aligned memory.
@inline(always)
func load<V: SIMD>(_ pointer: UnsafePointer<Float>, as: V.Type) -> V where V.Scalar == Float {
  unsafe UnsafeRawPointer(pointer).loadUnaligned(as: V.self)
}

@inline(always)
func store<V: SIMD>(_ v: V, to pointer: UnsafeMutablePointer<Float>) where V.Scalar == Float {
  unsafe UnsafeMutableRawPointer(pointer).storeBytes(of: v, as: V.self)
}
