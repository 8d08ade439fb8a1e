import _SluiceLanes

/// Lanes of 32-bit words and integers, as wide as vectors of floats: see `Lanes.swift`.
typealias WordPanel = SIMD8<Int32>
typealias WordPair = SIMD16<Int32>

/// The widest vectors that this build computes at once.
#if SLUICE_AVX512
  typealias WideFloats = PanelPair
  typealias WideWords = WordPair
  @inline(always) var wideShift: Int { 4 }
#else
  typealias WideFloats = Panel
  typealias WideWords = WordPanel
  @inline(always) var wideShift: Int { 3 }
#endif

@inline(always)
private func panel<V: SIMD>(_ v: V) -> WordPanel { unsafe unsafeBitCast(v, to: WordPanel.self) }

@inline(always)
private func pair<V: SIMD>(_ v: V) -> WordPair { unsafe unsafeBitCast(v, to: WordPair.self) }

@inline(always)
private func from<V: SIMD, W: SIMD>(_ w: W) -> V { unsafe unsafeBitCast(w, to: V.self) }

/// One vector of words from memory of any alignment.
@inline(always)
func loadWords<W: SIMD>(_ pointer: UnsafeRawPointer, as: W.Type) -> W where W.Scalar == Int32 {
  unsafe pointer.loadUnaligned(as: W.self)
}

/// A word in every lane.
@inline(always)
func repeatedWord<W: SIMD>(_ pointer: UnsafeRawPointer, as: W.Type) -> W where W.Scalar == Int32 {
  unsafe W(repeating: pointer.loadUnaligned(as: Int32.self))
}

@inline(always)
func add<W: SIMD>(_ a: W, _ b: W) -> W where W.Scalar == Int32 {
  if W.scalarCount == 16 {
    return from(sluice_int_add16(pair(a), pair(b)))
  }
  return from(sluice_int_add8(panel(a), panel(b)))
}

@inline(always)
func toFloat<V: SIMD, W: SIMD>(_ words: W) -> V where V.Scalar == Float, W.Scalar == Int32 {
  if W.scalarCount == 16 {
    return from(sluice_to_float16(pair(words)))
  }
  return from(sluice_to_float8(panel(words)))
}

/// sum + the four products of each lane's weights and inputs.
@inline(always)
func dot<W: SIMD>(_ sum: W, _ weights: W, _ x: W) -> W where W.Scalar == Int32 {
  #if SLUICE_AVX512
    if W.scalarCount == 16 {
      return from(sluice_dot16(pair(sum), pair(weights), pair(x)))
    }
  #else
    if W.scalarCount == 16 {
      let (s, w, q) = (pair(sum), pair(weights), pair(x))
      return from(
        WordPair(
          lowHalf: sluice_dot8(s.lowHalf, w.lowHalf, q.lowHalf),
          highHalf: sluice_dot8(s.highHalf, w.highHalf, q.highHalf)))
    }
  #endif
  return from(sluice_dot8(panel(sum), panel(weights), panel(x)))
}

/// sum + the four products of each lane's nibbles and inputs; `nibbleSum` makes a group's whole.
@inline(always)
func dotNibbles<W: SIMD>(_ sum: W, _ nibbles: W, _ x: W) -> W where W.Scalar == Int32 {
  #if SLUICE_AVX512
    if W.scalarCount == 16 {
      return from(sluice_dot_nibbles16(pair(sum), pair(nibbles), pair(x)))
    }
  #endif
  return from(sluice_dot_nibbles8(panel(sum), panel(nibbles), panel(x)))
}

@inline(always)
func nibbleSum<W: SIMD>(_ sum: W) -> W where W.Scalar == Int32 {
  #if SLUICE_AVX512
    if W.scalarCount == 16 {
      return from(sluice_nibble_sum16(pair(sum)))
    }
  #endif
  return from(sluice_nibble_sum8(panel(sum)))
}

/// The nibbles of columns 0 to 3 of each word, with 8 added.
@inline(always)
func lowNibbles<W: SIMD>(_ words: W) -> W where W.Scalar == Int32 {
  if W.scalarCount == 16 {
    return from(sluice_low_nibbles16(pair(words)))
  }
  return from(sluice_low_nibbles8(panel(words)))
}

/// The nibbles of columns 4 to 7 of each word, with 8 added.
@inline(always)
func highNibbles<W: SIMD>(_ words: W) -> W where W.Scalar == Int32 {
  if W.scalarCount == 16 {
    return from(sluice_high_nibbles16(pair(words)))
  }
  return from(sluice_high_nibbles8(panel(words)))
}

/// Neighbouring binary16 numbers, widened.
@inline(always)
func loadHalf<V: SIMD>(_ pointer: UnsafeRawPointer, as: V.Type) -> V where V.Scalar == Float {
  if V.scalarCount == 16 {
    return unsafe from(sluice_load_half16(pointer))
  }
  return unsafe from(sluice_load_half8(pointer))
}

/// The even columns of words of two bf16 numbers.
@inline(always)
func evenBrain<V: SIMD, W: SIMD>(_ words: W) -> V where V.Scalar == Float, W.Scalar == Int32 {
  if W.scalarCount == 16 {
    return from(sluice_even_brain16(pair(words)))
  }
  return from(sluice_even_brain8(panel(words)))
}

/// The odd columns of words of two bf16 numbers.
@inline(always)
func oddBrain<V: SIMD, W: SIMD>(_ words: W) -> V where V.Scalar == Float, W.Scalar == Int32 {
  if W.scalarCount == 16 {
    return from(sluice_odd_brain16(pair(words)))
  }
  return from(sluice_odd_brain8(panel(words)))
}
