/// The functions that tables are made of, in float64: this room imports nothing, and so a table has
/// the same bits wherever it is made. Within some 4 ULP; sines for angles up to thousands of turns.
package enum Elementary {
  /// ln 2 in two parts, the first short enough to be multiplied without rounding.
  private static let ln2 = (high: 0x1.62e42feep-1, low: 0x1.a39ef35793c76p-33)
  private static let halfPi = (high: 0x1.921fb544p0, low: 0x1.0b4611a626331p-34)

  package static func sine(_ x: Double) -> Double { quarter(x, shifted: 0) }
  package static func cosine(_ x: Double) -> Double { quarter(x, shifted: 1) }

  /// sin(x + shifted * pi/2).
  private static func quarter(_ x: Double, shifted: Int) -> Double {
    let turns = (x / (halfPi.high + halfPi.low)).rounded()
    let rest = (x - turns * halfPi.high) - turns * halfPi.low
    let square = rest * rest
    let quadrant = (Int(turns) + shifted) & 3
    // Taylor's series up to the 17th and 18th power of at most pi/4.
    var sum = 1.0
    var power = quadrant & 1 == 0 ? 17.0 : 18.0
    while power > 1.5 {
      sum = 1 - sum * square / (power * (power - 1))
      power -= 2
    }
    let value = quadrant & 1 == 0 ? rest * sum : sum
    return quadrant & 2 == 0 ? value : -value
  }

  /// The natural logarithm of a number above zero.
  package static func logarithm(_ x: Double) -> Double {
    var (exponent, significand) = (Double(x.exponent), x.significand)
    if significand > 1.4142135623730951 {
      (exponent, significand) = (exponent + 1, significand / 2)
    }
    let s = (significand - 1) / (significand + 1)
    var sum = 0.0
    for power in stride(from: 21.0, through: 1, by: -2) { sum = 1 / power + sum * s * s }
    return (exponent * ln2.low + 2 * s * sum) + exponent * ln2.high
  }

  /// e to the power of `x`, which lies between -700 and 700.
  package static func exponential(_ x: Double) -> Double {
    let exponent = (x / (ln2.high + ln2.low)).rounded()
    let rest = (x - exponent * ln2.high) - exponent * ln2.low
    var sum = 1.0
    for power in stride(from: 14.0, through: 1, by: -1) { sum = 1 + sum * rest / power }
    return Double(sign: .plus, exponent: Int(exponent), significand: sum)
  }

  /// The modified Bessel function of the first kind and order 0.
  package static func bessel(_ x: Double) -> Double {
    let quarter = x * x / 4
    var (sum, term, index) = (1.0, 1.0, 1.0)
    while term > sum * 0x1p-54 {
      term *= quarter / (index * index)
      sum += term
      index += 1
    }
    return sum
  }
}
