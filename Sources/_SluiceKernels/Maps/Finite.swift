import _SluiceLanes

/// Whether `count` floats, a multiple of 16 on a 64-byte line, hold neither NaN nor infinity.
///
/// Zero times a finite value is zero or -0, and times any other NaN: a multiplication and a union of
/// bits for each vector, of which neither waits for the other.
@inline(always)
func holdsFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
  let zero = PanelPair(repeating: 0)
  var products = InlineArray<4, PanelPair>(repeating: zero)
  var at = 0
  while at <= count &- 64 {
    for chain in 0..<4 {
      let values = unsafe load(floats + (at &+ chain &* 16), as: PanelPair.self)
      products[chain] = sluice_or16(products[chain], sluice_multiply16(values, zero))
    }
    at &+= 64
  }
  while at < count {
    let values = unsafe load(floats + at, as: PanelPair.self)
    products[0] = sluice_or16(products[0], sluice_multiply16(values, zero))
    at &+= 16
  }
  return sluice_is_zero16(
    sluice_or16(sluice_or16(products[0], products[1]), sluice_or16(products[2], products[3])))
}
