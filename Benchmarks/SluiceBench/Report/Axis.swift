import Glibc

/// One axis of a plot: values to coordinates.
struct Axis {
  let low: Double
  let high: Double
  let isLinear: Bool
  /// The coordinate of `low`.
  let from: Double
  /// The coordinate of `high`.
  let to: Double

  func position(_ value: Double) -> Double {
    let share =
      isLinear ? (value - low) / (high - low) : log(value / low) / log(high / low)
    return from + (to - from) * share
  }

  /// Round values between the ends. Less than two decades get steps of 1, 2 and 5.
  var ticks: [(value: Double, label: String)] {
    var result: [(Double, String)] = []
    if isLinear {
      let step = high > 4 ? 1.0 : high > 2 ? 0.5 : 0.25
      var value = low
      while value <= high {
        result.append((value, value.fixed(step < 0.5 ? 2 : 1)))
        value += step
      }
      return result
    }
    let steps = high / low < 100 ? [1.0, 1.5, 2, 3, 5, 7] : high / low < 2000 ? [1, 2, 5] : [1]
    for exponent in -4..<12 {
      for step in steps {
        let value = step * pow(10, Double(exponent))
        if value >= low, value <= high { result.append((value, Axis.label(value))) }
      }
    }
    return result
  }

  private static func label(_ value: Double) -> String {
    func plain(_ value: Double) -> String {
      value.rounded() == value ? value.fixed(0) : value.fixed(value < 0.1 ? 2 : 1)
    }
    return value >= 1e6
      ? plain(value / 1e6) + "M" : value >= 1e4 ? plain(value / 1e3) + "k" : plain(value)
  }
}
