extension Double {
  /// The number with that many digits behind the point, its integer digits in groups of three.
  func fixed(_ digits: Int) -> String {
    guard isFinite, magnitude < 1e15 else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let units = Int((magnitude * scale).rounded())
    var whole = String(units / Int(scale))
    var index = whole.count - 3
    while index > 0 {
      whole.insert(",", at: whole.index(whole.startIndex, offsetBy: index))
      index -= 3
    }
    let sign = self < 0 && units > 0 ? "-" : ""
    guard digits > 0 else { return sign + whole }
    let fraction = String(units % Int(scale))
    return sign + whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// As many digits as a time deserves: three or four that count.
  var short: String {
    fixed(magnitude < 1 ? 3 : magnitude < 10 ? 2 : magnitude < 1000 ? 1 : 0)
  }
}

extension Optional<Double> {
  /// As ``Double/short``, or a dash.
  var short: String { self?.short ?? "-" }
}
