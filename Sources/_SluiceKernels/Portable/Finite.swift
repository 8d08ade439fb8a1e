import _SluiceShims

/// Whether `count` floats, a multiple of 16 on a 64-byte line, hold neither NaN nor infinity.
///
/// Zero times a finite value is zero, and times any other NaN: one multiplication and addition in
/// one instruction, in four chains.
@inline(always)
func holdsFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
  let zero = PanelPair(repeating: 0)
  var sums = InlineArray<4, PanelPair>(repeating: zero)
  var at = 0
  while at <= count &- 64 {
    for chain in 0..<4 {
      sums[chain] = unsafe multiplyAdd(
        load(floats + (at &+ chain &* 16), as: PanelPair.self), zero, sums[chain])
    }
    at &+= 64
  }
  while at < count {
    sums[0] = unsafe multiplyAdd(load(floats + at, as: PanelPair.self), zero, sums[0])
    at &+= 16
  }
  // 0 + -0 is 0, so that no sum is -0.
  return sluice_is_zero16((sums[0] + sums[1]) + (sums[2] + sums[3]))
}
