import _SluiceLanes

/// Whether `count` floats from the start of a 64-byte line on hold neither NaN nor infinity. What pads the last
/// line does not count; it is read by panels, as it was written: a wider read would wait for the cache.
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
  while at <= count &- 16 {
    let values = unsafe load(floats + at, as: PanelPair.self)
    products[0] = sluice_or16(products[0], sluice_multiply16(values, zero))
    at &+= 16
  }
  let all = sluice_or16(
    sluice_or16(products[0], products[1]), sluice_or16(products[2], products[3]))
  guard at < count else { return sluice_is_zero16(all) }
  var last = sluice_or8(all.lowHalf, all.highHalf)
  while at < count {
    let values = unsafe sluice_keep_first8(load(floats + at, as: Panel.self), count &- at)
    last = sluice_or8(last, sluice_multiply8(values, zero.lowHalf))
    at &+= 8
  }
  return sluice_is_zero8(last)
}
