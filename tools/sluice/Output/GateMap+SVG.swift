import SluiceConversion
import SluiceNetwork

extension GateMap {
  static let drawnColumns = 128
  static let drawnRows = 200
  private static let (cellHeight, left, top): (Double, Double, Double) = (18, 150, 96)
  private static let columnOfNumbers = 64.0

  /// Width of a cell: all together take about as much whatever their number.
  private var cellWidth: Double { max(4, min(14, 560 / Double(max(cells.first?.count ?? 1, 1)))) }
  private var right: Double { Self.left + cellWidth * Double(cells.first?.count ?? 0) }

  /// Width and height of the drawing.
  var size: (width: Double, height: Double) {
    (
      max(right + Self.columnOfNumbers * Double(titles.count) + 20, 640),
      Self.top + Self.cellHeight * Double(cells.count) + 56
    )
  }

  /// The drawing, its upper edge at `y`.
  func drawn(at y: Double) -> String {
    var parts = ["<g transform=\"translate(0 \(y.point))\">"]
    parts.append(Self.text(16, 24, heading, "title"))
    for (index, line) in layer.equations.enumerated() {
      parts.append(Self.text(16, 42 + 16 * Double(index), line, "note"))
    }
    parts.append(Self.text(Self.left, Self.top - 10, caption, "note"))
    for (index, title) in titles.enumerated() {
      parts.append(Self.text(numberEnd(index), Self.top - 10, title, "note end"))
    }
    for row in cells.indices {
      let at = Self.top + Self.cellHeight * Double(row)
      parts.append(Self.text(Self.left - 8, at + 13, labels[row].printable.cut(to: 20), "end"))
      for (column, value) in cells[row].enumerated() where value.isFinite {
        let x = Self.left + cellWidth * Double(column)
        parts.append(
          "<rect x=\"\(x.point)\" y=\"\(at.point)\" width=\"\(cellWidth.point)\" "
            + "height=\"\(Self.cellHeight.point)\" fill=\"\(Self.color(level(value)))\"/>")
      }
      for (index, number) in numbers(row).enumerated() {
        parts.append(Self.text(numberEnd(index), at + 13, number, "end"))
      }
    }
    parts.append(legendDrawn(at: Self.top + Self.cellHeight * Double(cells.count) + 14))
    return (parts + ["</g>"]).joined(separator: "\n")
  }

  private func numberEnd(_ index: Int) -> Double {
    right + Self.columnOfNumbers * Double(index + 1)
  }

  private func legendDrawn(at y: Double) -> String {
    let (least, greatest) = range
    let steps = 40
    let width = 5.0
    var parts = (0..<steps).map { step in
      "<rect x=\"\((Self.left + width * Double(step)).point)\" y=\"\(y.point)\" width=\"\(width.point)\" "
        + "height=\"10\" fill=\"\(Self.color(Double(step) / Double(steps - 1)))\"/>"
    }
    let end = Self.left + width * Double(steps)
    parts.append(Self.text(Self.left, y + 26, least.fixed(2), "note"))
    parts.append(Self.text(end, y + 26, greatest.fixed(2), "note end"))
    return parts.joined(separator: "\n")
  }

  /// From nearly white to dark blue, lightness falling evenly, so that it prints in grey too.
  private static func color(_ level: Double) -> String {
    let (from, to) = ([247.0, 251, 255], [8.0, 48, 107])
    let bytes = zip(from, to).map { Int(($0 + ($1 - $0) * level).rounded()) }
    return "#" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func text(_ x: Double, _ y: Double, _ text: String, _ style: String) -> String {
    "<text class=\"\(style)\" x=\"\(x.point)\" y=\"\(y.point)\">\(text.escapedForXML)</text>"
  }

  /// A file with all of `maps`, one below the other.
  static func svg(_ maps: [GateMap]) -> String {
    let width = maps.map(\.size.width).max() ?? 0
    let height = maps.reduce(0) { $0 + $1.size.height }
    var y = 0.0
    let drawings = maps.map { map in
      defer { y += map.size.height }
      return map.drawn(at: y)
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width.point)" height="\(height.point)" \
      viewBox="0 0 \(width.point) \(height.point)">
      <style>text { font: 12px sans-serif; fill: #222 } .title { font-size: 15px; font-weight: bold }
      .note { fill: #555 } .end { text-anchor: end }</style>
      <rect width="100%" height="100%" fill="#fff"/>
      \(drawings.joined(separator: "\n"))
      </svg>

      """
  }
}

extension Double {
  /// A coordinate: one digit behind the point is finer than any screen.
  fileprivate var point: String { fixed(1) }
}

extension String {
  /// The text between tags.
  fileprivate var escapedForXML: String {
    reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }
}
