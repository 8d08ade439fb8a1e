import _SluiceLanes

/// Vectors of output lanes: one panel (`SIMD8<Float>`) or two side by side (`SIMD16<Float>`).
///
/// A kernel is written once over `SIMD` and inlined for both widths: a lane's arithmetic, and with
/// it the bits of its result, never depends on the width. There is no protocol of our own, because
/// a conformance would leave weak symbols in the object, which the linker may take for another
/// instruction set's; and the operators are ours, because Swift's are loops over lanes.
typealias Panel = SIMD8<Float>
typealias PanelPair = SIMD16<Float>

@inline(always)
private func panel<V: SIMD>(_ v: V) -> Panel { unsafe unsafeBitCast(v, to: Panel.self) }

@inline(always)
private func pair<V: SIMD>(_ v: V) -> PanelPair { unsafe unsafeBitCast(v, to: PanelPair.self) }

@inline(always)
private func from<V: SIMD, W: SIMD>(_ w: W) -> V { unsafe unsafeBitCast(w, to: V.self) }

@inline(always)
func + <V: SIMD>(a: V, b: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_add16(pair(a), pair(b)))
  }
  return from(sluice_add8(panel(a), panel(b)))
}

@inline(always)
func - <V: SIMD>(a: V, b: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_subtract16(pair(a), pair(b)))
  }
  return from(sluice_subtract8(panel(a), panel(b)))
}

@inline(always)
func * <V: SIMD>(a: V, b: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_multiply16(pair(a), pair(b)))
  }
  return from(sluice_multiply8(panel(a), panel(b)))
}

@inline(always)
func / <V: SIMD>(a: V, b: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_divide16(pair(a), pair(b)))
  }
  return from(sluice_divide8(panel(a), panel(b)))
}

/// a * b + c: one rounding where the instruction set has an FMA, two on the baseline.
@inline(always)
func multiplyAdd<V: SIMD>(_ a: V, _ b: V, _ c: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_multiply_add16(pair(a), pair(b), pair(c)))
  }
  return from(sluice_multiply_add8(panel(a), panel(b), panel(c)))
}

@inline(always)
func multiplyAdd<V: SIMD>(_ a: V, _ b: Float, _ c: Float) -> V where V.Scalar == Float {
  multiplyAdd(a, V(repeating: b), V(repeating: c))
}

@inline(always)
prefix func - <V: SIMD>(a: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_negate16(pair(a)))
  }
  return from(sluice_negate8(panel(a)))
}

/// min(v, limit) that lets NaN pass.
@inline(always)
func capped<V: SIMD>(_ v: V, _ limit: Float) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_min16(pair(v), PanelPair(repeating: limit)))
  }
  return from(sluice_min8(panel(v), Panel(repeating: limit)))
}

/// max(v, limit) that lets NaN pass.
@inline(always)
func floored<V: SIMD>(_ v: V, _ limit: Float) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_max16(pair(v), PanelPair(repeating: limit)))
  }
  return from(sluice_max8(panel(v), Panel(repeating: limit)))
}

/// v where it is above `limit`, else 0; NaN passes.
@inline(always)
func above<V: SIMD>(_ v: V, _ limit: Float) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_above16(pair(v), PanelPair(repeating: limit)))
  }
  return from(sluice_above8(panel(v), Panel(repeating: limit)))
}

/// The greater of two, and NaN where one is.
@inline(always)
func greater<V: SIMD>(_ a: V, _ b: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_greater16(pair(a), pair(b)))
  }
  return from(sluice_greater8(panel(a), panel(b)))
}

@inline(always)
func magnitude<V: SIMD>(_ v: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_magnitude16(pair(v)))
  }
  return from(sluice_magnitude8(panel(v)))
}

@inline(always)
func squareRoot<V: SIMD>(_ v: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_square_root16(pair(v)))
  }
  return from(sluice_square_root8(panel(v)))
}

/// The first `count` lanes from memory, the others zero.
@inline(always)
func load<V: SIMD>(
  _ pointer: UnsafePointer<Float>, first count: Int, as: V.Type
) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return unsafe from(sluice_load_first16(pointer, count))
  }
  return unsafe from(sluice_load_first8(pointer, count))
}

/// The first `count` lanes to memory.
@inline(always)
func store<V: SIMD>(
  _ v: V, first count: Int, to pointer: UnsafeMutablePointer<Float>
) where V.Scalar == Float {
  if V.scalarCount == 16 {
    unsafe sluice_store_first16(pair(v), pointer, count)
  } else {
    unsafe sluice_store_first8(panel(v), pointer, count)
  }
}

/// `value`, which is not negative, with the sign of another.
@inline(always)
func withSign<V: SIMD>(of sign: V, _ value: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_with_sign16(pair(sign), pair(value)))
  }
  return from(sluice_with_sign8(panel(sign), panel(value)))
}

/// Of each lane's `key` the entry of `table` that its exponent's three low bits name.
@inline(always)
func select<V: SIMD>(_ table: Panel, _ key: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_select16(table, pair(key)))
  }
  return from(sluice_select8(table, panel(key)))
}

#if SLUICE_AVX2 || SLUICE_AVX512
  /// Four floats from memory, for `spread`.
  ///
  /// Where the weights lie in the nearest cache, two vectors a cycle are all that can be read: four
  /// inputs that are read at once and spread in registers leave that to the weights.
  @inline(always)
  func loadFour<V: SIMD>(_ pointer: UnsafePointer<Float>, as: V.Type) -> V
  where V.Scalar == Float {
    if V.scalarCount == 16 {
      return unsafe from(sluice_load_four16(pointer))
    }
    return unsafe from(sluice_load_four8(pointer))
  }

  /// One of the four in all lanes.
  @inline(always)
  func spread<V: SIMD>(_ four: V, _ index: Int32) -> V where V.Scalar == Float {
    if V.scalarCount == 16 {
      return from(sluice_spread16(pair(four), index))
    }
    return from(sluice_spread8(panel(four), index))
  }
#endif

/// A vector, or a panel beside zeros.
@inline(always)
func pair<V: SIMD>(holding v: V) -> PanelPair where V.Scalar == Float {
  V.scalarCount == 16 ? pair(v) : PanelPair(lowHalf: panel(v), highHalf: Panel(repeating: 0))
}

/// 2^n of an integer n in the low bits of 1.5 * 2^23 + n.
@inline(always)
func powerOfTwo<V: SIMD>(fromShifted shifted: V) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return from(sluice_power16(pair(shifted)))
  }
  return from(sluice_power8(panel(shifted)))
}

/// One vector from memory of any alignment.
@inline(always)
func load<V: SIMD>(_ pointer: UnsafePointer<Float>, as: V.Type) -> V where V.Scalar == Float {
  unsafe UnsafeRawPointer(pointer).loadUnaligned(as: V.self)
}

@inline(always)
func store<V: SIMD>(_ v: V, to pointer: UnsafeMutablePointer<Float>) where V.Scalar == Float {
  unsafe UnsafeMutableRawPointer(pointer).storeBytes(of: v, as: V.self)
}
