import SluiceConversion
import SluiceNetwork

extension GateMap {
  /// Cells of a line, which has at most 80 columns with all else.
  static let textColumns = 36
  /// Rows of an array, which may have any number of steps.
  static let textRows = 32
  private static let labelLimit = 14
  private static let blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The picture for a terminal.
  var text: String {
    let labels = labels.map { $0.printable.cut(to: Self.labelLimit) }
    let width = labels.map(\.count).max() ?? 0
    let blank = String(repeating: " ", count: cells.first?.count ?? 0)
    let head = Self.line("", width, blank, titles)
    let lines = cells.indices.map { row in
      Self.line(labels[row], width, cells[row].map(block).joined(), numbers(row))
    }
    return ([heading] + layer.equations.map { "  \($0)" } + [caption, legend, "", head] + lines)
      .joined(separator: "\n")
  }

  /// What the cells' heights stand for.
  private var legend: String {
    let (least, greatest) = range
    return "▁ \(least.fixed(2))  ▅ \(((least + greatest) / 2).fixed(2))  █ \(greatest.fixed(2))"
  }

  /// A place that has no number is blank.
  private func block(_ value: Double) -> String {
    value.isFinite ? Self.blocks[min(Int(level(value) * 8), 7)] : " "
  }

  private static func line(
    _ label: String, _ width: Int, _ bar: String, _ numbers: [String]
  ) -> String {
    let cells = numbers.map { String(repeating: " ", count: max(8 - $0.count, 1)) + $0 }
    return label + String(repeating: " ", count: width - label.count + 2) + bar + cells.joined()
  }
}

extension String {
  /// The text in at most `limit` characters.
  func cut(to limit: Int) -> String {
    count <= limit ? self : "\(prefix(limit - 1))…"
  }
}
