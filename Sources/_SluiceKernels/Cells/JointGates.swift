import _SluiceLanes

#if SLUICE_AVX512
  /// `lstmUnits` of a last panel, whose gates i f and g o share a vector each, as they lie in memory.
  ///
  /// A small layer's time goes into the number of its instructions: two activations take the place
  /// of four, the second of which is tanh in its low lanes and a gate in the others.
  @inline(always)
  func lstmUnits(
    _ sums: InlineArray<2, PanelPair>, _ cell: UnsafeMutablePointer<Float>,
    _ next: UnsafeMutablePointer<Float>, at unit: Int, fast: Bool
  ) {
    if fast {
      unsafe lstmUnits(sums, cell + unit, next + unit, fast: true)
    } else {
      unsafe lstmUnits(sums, cell + unit, next + unit, fast: false)
    }
  }

  @inline(always)
  private func lstmUnits(
    _ sums: InlineArray<2, PanelPair>, _ cell: UnsafeMutablePointer<Float>,
    _ next: UnsafeMutablePointer<Float>, fast: Bool
  ) {
    let first = gateBesideHalf(sums[0], fast: fast)
    let second = fast ? fastTanhAndGate(sums[1]) : tanhAndGate(sums[1])
    let half = Panel(repeating: 0.5)
    let previous = unsafe load(cell, as: Panel.self)
    let kept = multiplyAdd(first.highHalf, previous, half * previous)
    let c = multiplyAdd(half + first.lowHalf, second.lowHalf, kept)
    unsafe store(c, to: cell)
    unsafe store(scaledTanh(c, by: second.highHalf, fast: fast), to: next)
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

  /// As `tanhAndGate`, of the fast grade.
  @inline(always)
  private func fastTanhAndGate(_ x: PanelPair) -> PanelPair {
    let (a, b) = (fastTanh, fastGate)
    let limit = halves(a.limit, b.limit)
    let value = quotient(
      sluice_min16(sluice_max16(x, -limit), limit),
      sluice_min16(x * x, halves(a.squareLimit, b.squareLimit)),
      halves(a.p1, b.p1), halves(a.p2, b.p2), halves(a.q0, b.q0), halves(a.q1, b.q1),
      halves(a.q2, b.q2), halves(a.q3, b.q3))
    return halves(-0.0, 0.5) + value
  }

  @inline(always)
  private func halves(_ low: Float, _ high: Float) -> PanelPair {
    PanelPair(lowHalf: Panel(repeating: low), highHalf: Panel(repeating: high))
  }
#endif
