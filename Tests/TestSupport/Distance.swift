/// The number of floats from `a` to `b`: 0 for the same value, 1 for neighbours.
///
/// The signed bit patterns of floats, negative ones mirrored, ascend with their values; both zeros
/// are one place. Two NaN are 0 apart, a NaN and a number as far as can be.
public func ulpDistance(_ a: Float, _ b: Float) -> Int {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : .max }
  return abs(a.place - b.place)
}

/// How far `value` is from `exact`, in units of the last place of the float nearest to `exact`.
///
/// Half of it is the best that any float can do.
public func ulpError(of value: Float, from exact: Double) -> Double {
  if value.isNaN || exact.isNaN { return value.isNaN && exact.isNaN ? 0 : .infinity }
  let nearest = Float(exact)
  if nearest.isInfinite || value.isInfinite { return value == nearest ? 0 : .infinity }
  return abs(Double(value) - exact) / Double(nearest.ulp)
}

/// The greatest |a - b|, infinity where a number meets a NaN or the lengths differ.
public func maxDistance(_ a: some Collection<Float>, _ b: some Collection<Double>) -> Double {
  guard a.count == b.count else { return .infinity }
  var greatest = 0.0
  for (x, y) in zip(a, b) {
    let distance = abs(Double(x) - y)
    if !(distance <= greatest) { greatest = distance.isNaN ? .infinity : distance }
  }
  return greatest
}

/// The index of the first float whose bits differ, or where one array ends; nil for the same bits.
public func firstDifference(_ a: [Float], _ b: [Float]) -> Int? {
  let count = min(a.count, b.count)
  for index in 0..<count where a[index].bitPattern != b[index].bitPattern { return index }
  return a.count == b.count ? nil : count
}

extension Float {
  /// The position among all floats in ascending order, 0 for zero.
  fileprivate var place: Int {
    let magnitude = Int(bitPattern & 0x7FFF_FFFF)
    return sign == .minus ? -magnitude : magnitude
  }
}
