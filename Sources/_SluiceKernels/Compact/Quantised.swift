import _SluiceContract
import _SluiceLanes

/// x or h of one row as integers: a line with what a step stands for, the integers, and of int4 for
/// each group -8 times its sum.
///
/// q = round(x * factor), limited to -127 and 127. What a step stands for becomes NaN where x holds
/// one, or with a step of its own an infinity: then every sum is NaN too.
///
/// Whether a vector is quiet is branched over, so that one which is not waits for no maximum; and most
/// that are not are found so by their first units.
@inline(always)
func quantise(
  _ x: UnsafePointer<Float>, count: Int, as quantisation: sluice_quantisation,
  into row: UnsafeMutableRawPointer, hasGroups: Bool
) {
  var (step, factor) = (quantisation.step, quantisation.factor)
  if step == 0 {
    (step, factor) = unsafe quantisation.of(greatestMagnitude(x, count: count))
  } else if quantisation.quiet > 0 {
    if let greatest = unsafe greatestMagnitude(x, count: count, below: quantisation.quiet) {
      sluice_rarely()
      (step, factor) = quantisation.of(greatest)
    }
  }
  let factors = PanelPair(repeating: factor)
  let offset = hasGroups ? 0 : sluice_input_offset
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
    var q = sluice_round16(v, factors, offset)
    if sluice_exceeds16(q, offset) {
      sluice_rarely()
      if sluice_holds_nan16(v) { step = .nan }
      q = sluice_limit16(q, offset)
    }
    unsafe sluice_store_bytes16(q, bytes + line &* 16)
    if hasGroups {
      groupSum = line & 1 == 0 ? sluice_rounded_sum16(q) : groupSum &+ sluice_rounded_sum16(q)
      if line & 1 != 0 {
        unsafe sums.storeBytes(of: -8 &* groupSum, as: Int32.self)
        unsafe sums += 4
      }
    }
    line &+= 1
  }
  unsafe row.storeBytes(of: step, as: Float.self)
}

/// What rounding x in a step of its own leaves of it: x - step * q. Whole lines of `rest` are written, zeros behind x.
@inline(always)
func remainder(_ x: UnsafePointer<Float>, count: Int, into rest: UnsafeMutablePointer<Float>) {
  let (step, factor) = unsafe sluice_quantisation().of(greatestMagnitude(x, count: count))
  let (steps, factors) = (PanelPair(repeating: -step), PanelPair(repeating: factor))
  let nearest = PanelPair(repeating: 0x1.8p23)
  var i = 0
  while i < count {
    let left = count &- i
    let v =
      unsafe left >= 16
      ? load(x + i, as: PanelPair.self) : load(x + i, first: left, as: PanelPair.self)
    // Rounded to the nearest integer, as `sluice_round16` does.
    let q = (v * factors + nearest) - nearest
    unsafe store(multiplyAdd(steps, q, v), to: rest + i)
    i &+= 16
  }
}

/// max |x|, NaN above all.
@inline(always)
private func greatestMagnitude(_ x: UnsafePointer<Float>, count: Int) -> Float {
  var most = WordPair(repeating: 0)
  var i = 0
  while i <= count &- 16 {
    most = unsafe sluice_greater_bits16(most, load(x + i, as: PanelPair.self))
    i &+= 16
  }
  if i < count {
    let rest = unsafe load(x + i, first: count &- i, as: PanelPair.self)
    most = sluice_greater_bits16(most, rest)
  }
  return Float(bitPattern: UInt32(bitPattern: sluice_int_max16(most)))
}

/// max |x|, or nil where that is not below a limit: NaN is not.
@inline(always)
private func greatestMagnitude(
  _ x: UnsafePointer<Float>, count: Int, below limit: Float
) -> Float? {
  var most = WordPair(repeating: 0)
  var i = 0
  while i < count {
    let left = count &- i
    let units =
      unsafe left >= 16
      ? load(x + i, as: PanelPair.self) : load(x + i, first: left, as: PanelPair.self)
    most = sluice_greater_bits16(most, units)
    if !sluice_is_below16(most, limit) { return nil }
    i &+= 16
  }
  return Float(bitPattern: UInt32(bitPattern: sluice_int_max16(most)))
}

extension sluice_quantisation {
  /// Step and factor of a vector whose greatest magnitude becomes 127; zeros where that is below
  /// 2^-100, and a step of NaN where it is no number.
  @inline(always)
  func of(_ greatest: Float) -> (step: Float, factor: Float) {
    guard greatest < .infinity else { return (.nan, 0) }
    let most: Float = 127
    return greatest >= 0x1p-100 ? (greatest / most, most / greatest) : (0, 0)
  }
}
