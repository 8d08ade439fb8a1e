import _SluiceShims

/// x or h of one row as integers: a line with what a step stands for, the integers, and of int4 for
/// each group -8 times its sum.
///
/// q = round(x * (1 / step)), limited to -127 and 127. `step` 0 takes max |x| / 127; the integers are
/// zeros where no |x| reaches 2^-100. What a step stands for becomes NaN where x holds one, or with
/// a step of its own an infinity: then every sum is NaN too.
@inline(always)
func quantise(
  _ x: UnsafePointer<Float>, count: Int, step: Float, into row: UnsafeMutableRawPointer,
  hasGroups: Bool
) {
  var most = WordPair(repeating: 0)
  var unit = step
  if step == 0 {
    var i = 0
    while i <= count &- 16 {
      most = unsafe sluice_greater_bits16(most, load(x + i, as: PanelPair.self))
      i &+= 16
    }
    if i < count {
      let rest = unsafe load(x + i, first: count &- i, as: PanelPair.self)
      most = sluice_greater_bits16(most, rest)
    }
    let greatest = Float(bitPattern: UInt32(bitPattern: sluice_int_max16(most)))
    unit = greatest < .infinity ? greatest >= 0x1p-100 ? greatest / 127 : 0 : .nan
  }
  let one: Float = 1
  let factor = PanelPair(repeating: unit > 0 ? one / unit : 0)
  let bytes = unsafe row + 64
  let whole = hasGroups ? (count &+ 31) &>> 5 &* 2 : (count &+ 15) &>> 4
  var line = 0
  var sums = unsafe bytes + whole &* 16
  var groupSum: Int32 = 0
  while line < whole {
    let left = count &- line &* 16
    let v =
      unsafe left >= 16
      ? load(x + line &* 16, as: PanelPair.self)
      : load(x + line &* 16, first: left, as: PanelPair.self)
    if step > 0 { most = sluice_greater_bits16(most, v) }
    let q = sluice_quantise16(v, factor)
    if hasGroups {
      unsafe sluice_store_bytes16(q, bytes + line &* 16)
      groupSum = line & 1 == 0 ? sluice_int_sum16(q) : groupSum &+ sluice_int_sum16(q)
      if line & 1 != 0 {
        unsafe sums.storeBytes(of: -8 &* groupSum, as: Int32.self)
        unsafe sums += 4
      }
    } else {
      unsafe sluice_store_offset_bytes16(q, bytes + line &* 16)
    }
    line &+= 1
  }
  // The bits of NaN are above those of infinity.
  if step > 0 && sluice_int_max16(most) > 0x7F80_0000 { unit = .nan }
  unsafe row.storeBytes(of: unit, as: Float.self)
}
