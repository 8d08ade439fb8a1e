/// Rows of weights as integers, with a scale a row (int8) or group of 32 columns (int4).
struct RoundedRows {
  /// `[rows, columns]`.
  let values: [Int8]
  /// `[rows]`, or `[rows, groups]`.
  let scales: [Float]
  /// The sum of each row's integers.
  let sums: [Int32]
  let columns: Int

  init(_ weights: [Float], rows: Int, as storage: StorageType) {
    let columns = rows == 0 ? 0 : weights.count / rows
    let limit = Float(storage.traits.limit)
    let hasGroups = storage.traits.groupColumns > 0
    let width = hasGroups ? storage.traits.groupColumns : max(columns, 1)
    var values = [Int8](repeating: 0, count: weights.count)
    var scales: [Float] = []
    var sums = [Int32](repeating: 0, count: rows)
    for row in 0..<rows {
      // Without columns, a row has a scale of int8 all the same, and no group of int4.
      var first = 0
      repeat {
        let group = row * columns + first..<row * columns + min(first + width, columns)
        if hasGroups, group.isEmpty { break }
        let scale = Self.scale(of: weights[group], limit: limit, as: storage)
        for index in group {
          let quotient = weights[index] / scale
          let bounded = max(-limit, min(limit, quotient.isNaN ? 0 : quotient))
          // Rounds to the nearest, ties to even. Unoptimised, `rounded` needs the C library's
          // mathematics, which a program that only runs models does not link.
          values[index] = Int8((bounded + 0x1.8p23) - 0x1.8p23)
          sums[row] += Int32(values[index])
        }
        scales.append(scale)
        first += width
      } while first < columns
    }
    (self.values, self.scales, self.sums, self.columns) = (values, scales, sums, columns)
  }

  /// The greatest magnitude / `limit`, in the range of the scale's own type; 1 for zeros.
  private static func scale(
    of weights: ArraySlice<Float>, limit: Float, as storage: StorageType
  ) -> Float {
    let greatest = weights.reduce(0) { max($0, $1.magnitude) }
    guard greatest > 0 else { return 1 }
    let scale = greatest / limit
    if storage.traits.scaleByteCount == 4 { return max(scale, .leastNormalMagnitude) }
    let rounded = Float(Float16(min(scale, Float(Float16.greatestFiniteMagnitude))))
    return max(rounded, Float(Float16.leastNormalMagnitude))
  }
}

extension StorageType {
  /// The bits of a floating-point type nearest to `weight`, ties to even.
  func bits(of weight: Float) -> UInt32 {
    switch self {
    case .f16: return UInt32(Float16(weight).bitPattern)
    case .bf16:
      let bits = weight.bitPattern
      if weight.isNaN { return bits >> 16 | 0x40 }
      return (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
    default: return weight.bitPattern
    }
  }

  /// The number that the lowest bits stand for, of integers without their scale.
  func value(ofBits bits: UInt32) -> Float {
    switch self {
    case .f32: Float(bitPattern: bits)
    case .f16: Float(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case .bf16: Float(bitPattern: bits << 16)
    case .int8: Float(Int8(truncatingIfNeeded: bits))
    case .int4: Float(Int8(truncatingIfNeeded: bits << 4) >> 4)
    }
  }
}
