/// Rows of cells, aligned for people.
struct Table {
  private let rows: [[String]]
  /// Columns of numbers, aligned to the right.
  private let numbers: Set<Int>

  init(_ heading: [String]? = nil, rows: [[String]], numbers: Set<Int> = []) {
    self.rows = (heading.map { [$0] } ?? []) + rows
    self.numbers = numbers
  }

  /// The lines, without a new line at the end.
  var text: String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        if column > 0 { line += "  " }
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += numbers.contains(column) ? padding + cell : cell + padding
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

extension BinaryInteger {
  /// The number with its digits in groups of three.
  var grouped: String {
    var result = ""
    let digits = String(self)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0, result != "-" { result += "," }
      result.append(digit)
    }
    return result
  }
}

extension Double {
  /// The number with that many digits behind the point.
  func fixed(_ digits: Int) -> String {
    guard isFinite, magnitude < 1e15 else { return "\(self)" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = (magnitude * Double(scale)).rounded()
    guard scaled < 1e18 else { return "\(self)" }
    let units = Int(scaled)
    let sign = self < 0 && units > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(units)" }
    let fraction = String(units % scale)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(units / scale).\(zeros)\(fraction)"
  }

  /// Three significant digits with an exponent, for errors.
  var scientific: String { scientific(digits: 3) }

  /// The number with that many significant digits, two or three.
  func scientific(digits: Int) -> String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
    var exponent = 0
    var value = magnitude
    let end = digits == 2 ? 9.95 : 9.995
    while value >= end { (value, exponent) = (value / 10, exponent + 1) }
    while value < end / 10 { (value, exponent) = (value * 10, exponent - 1) }
    return "\(self < 0 ? "-" : "")\(value.fixed(digits - 1))e\(exponent)"
  }
}
