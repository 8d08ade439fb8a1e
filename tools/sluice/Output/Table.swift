/// Rows of cells, aligned for people, in lines of at most 100 columns.
struct Table {
  /// The longest line.
  static let lineLimit = 100

  private let rows: [[String]]
  /// Columns of numbers, aligned to the right and never broken.
  private let numbers: Set<Int>

  init(_ heading: [String]? = nil, rows: [[String]], numbers: Set<Int> = []) {
    self.rows = (heading.map { [$0] } ?? []) + rows
    self.numbers = numbers
  }

  /// What the widest line takes where no cell is broken.
  var naturalWidth: Int { Self.width(naturalWidths) }

  /// The lines, without a new line at the end.
  var text: String {
    let widths = widths
    return rows.flatMap { row in
      let cells = row.enumerated().map { column, cell in
        numbers.contains(column) ? [cell] : cell.broken(into: widths[column])
      }
      return (0..<(cells.map(\.count).max() ?? 0)).map { line in
        Self.line(cells.map { line < $0.count ? $0[line] : "" }, widths, numbers)
      }
    }.joined(separator: "\n")
  }

  private static func line(
    _ cells: [String], _ widths: [Int], _ numbers: Set<Int>
  ) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      if column > 0 { line += "  " }
      let padding = String(repeating: " ", count: max(widths[column] - cell.count, 0))
      line += numbers.contains(column) ? padding + cell : cell + padding
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func width(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + 2 * max(widths.count - 1, 0)
  }

  private var naturalWidths: [Int] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return widths
  }

  /// The widths of the columns: the widest of text gives way until a line fits.
  private var widths: [Int] {
    var widths = naturalWidths
    while Self.width(widths) > Self.lineLimit {
      let text = widths.indices.filter { !numbers.contains($0) && widths[$0] > 12 }
      guard let widest = text.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
    }
    return widths
  }
}

extension String {
  /// The text in lines of at most `width` characters, broken at spaces where there are any; lines
  /// behind the first keep the first one's indentation.
  fileprivate func broken(into width: Int) -> [String] {
    guard count > width else { return [self] }
    let indentation = String(repeating: " ", count: min(prefix { $0 == " " }.count, width / 2))
    var lines: [String] = []
    var rest = self[...]
    while rest.count > width {
      let head = rest.prefix(width + 1)
      let space = head.lastIndex(of: " ").flatMap { at in
        head[..<at].allSatisfy { $0 == " " } ? nil : at
      }
      let end = space ?? rest.index(rest.startIndex, offsetBy: width)
      lines.append(String(rest[..<end]))
      rest = indentation + rest[end...].drop { $0 == " " }
    }
    return lines + [String(rest)]
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
