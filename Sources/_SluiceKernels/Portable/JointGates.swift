import _SluiceShims

#if SLUICE_AVX512
  /// `lstmUnits` of a last panel, whose gates i f and g o share a vector each, as they lie in memory.
  ///
  /// A small layer's time goes into the number of its instructions: two activations take the place
  /// of four, the second of which is tanh in its low lanes and a gate in the others.
  @inline(always)
  func lstmUnits(
    _ sums: InlineArray<2, PanelPair>, _ cell: UnsafeMutablePointer<Float>,
    _ next: UnsafeMutablePointer<Float>, at unit: Int
  ) {
    let first = gate(sums[0])
    let second = tanhAndGate(sums[1])
    let kept = unsafe first.highHalf * load(cell + unit, as: Panel.self)
    let c = multiplyAdd(first.lowHalf, second.lowHalf, kept)
    unsafe store(c, to: cell + unit)
    unsafe store(scaledTanh(c, by: second.highHalf), to: next + unit)
  }

  /// tanh of the eight low lanes, a gate's sigmoid of the others, with the bits that each has alone.
  @inline(always)
  private func tanhAndGate(_ x: PanelPair) -> PanelPair {
    let (a, b) = (tanhSegments, gateSegments)
    let key = sluice_min16(
      multiplyAdd(x, x, halves(a.offset, b.offset)), halves(a.last, b.last))
    let d = sluice_min16(magnitude(x), halves(a.limit, b.limit))
    let value = sextic(
      d - sluice_select_halves16(a.center, b.center, key),
      sluice_select_halves16(a.c0, b.c0, key), sluice_select_halves16(a.c1, b.c1, key),
      sluice_select_halves16(a.c2, b.c2, key), sluice_select_halves16(a.c3, b.c3, key),
      sluice_select_halves16(a.c4, b.c4, key), sluice_select_halves16(a.c5, b.c5, key),
      sluice_select_halves16(a.c6, b.c6, key))
    // To add -0 leaves even the sign of a zero.
    return halves(-0.0, 0.5) + withSign(of: x, value)
  }

  @inline(always)
  private func halves(_ low: Float, _ high: Float) -> PanelPair {
    PanelPair(lowHalf: Panel(repeating: low), highHalf: Panel(repeating: high))
  }
#endif
