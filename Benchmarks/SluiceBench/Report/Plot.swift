/// A plot as SVG: lines or bars over a logarithmic x, a logarithmic or linear y.
struct Plot {
  /// One line of the plot.
  struct Line {
    /// Names the colour, too: a class of the page's style.
    let style: String
    let label: String
    var points: [(x: Double, y: Double)]
    var isDashed = false
  }

  var title: String
  var xTitle: String
  var yTitle: String
  /// Positions and names along x; none for powers of ten.
  var xTicks: [(at: Double, label: String)] = []
  var lines: [Line] = []
  /// Bars from `x` to `x * width`, with a logarithmic height of at least 1.
  var bars: [(x: Double, y: Double)] = []
  var barRatio = 1.0
  /// Vertical marks with a label.
  var marks: [(x: Double, label: String)] = []
  var isLinear = false
  var width = 880.0
  var height = 430.0

  private var left: Double { 70 }
  private var right: Double { width - 20 }
  private var top: Double { 44 }
  private var bottom: Double { height - (xTicks.isEmpty ? 46 : 76) }

  private var xs: [Double] {
    lines.flatMap { $0.points.map(\.x) } + bars.map(\.x) + marks.map(\.x)
      + bars.suffix(1).map { $0.x * barRatio }
  }
  private var ys: [Double] { lines.flatMap { $0.points.map(\.y) } + bars.map(\.y) }

  /// The whole picture.
  var svg: String {
    guard let xLow = xs.min(), let xHigh = xs.max(), let yMost = ys.max(), let yLeast = ys.min()
    else { return "" }
    let xAxis = Axis(
      low: xLow / (bars.isEmpty ? 1.3 : 1.05), high: xHigh * (bars.isEmpty ? 1.3 : 1.05),
      isLinear: false, from: left, to: right)
    let yAxis = Axis(
      low: isLinear ? 0 : bars.isEmpty ? yLeast / 1.4 : 0.7, high: yMost * (isLinear ? 1.1 : 1.6),
      isLinear: isLinear, from: bottom, to: top)
    var parts = [
      "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" "
        + "aria-label=\"\(title.escaped)\">",
      text(width / 2, 18, title, "title", "middle"), grid(xAxis, yAxis),
      text((left + right) / 2, height - 8, xTitle, "axis", "middle"),
      "<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 "
        + "\(((top + bottom) / 2).point)) rotate(-90)\">\(yTitle.escaped)</text>",
    ]
    for bar in bars {
      let (x, y) = (xAxis.position(bar.x), yAxis.position(max(bar.y, 0.7)))
      let wide = max(xAxis.position(bar.x * barRatio) - x - 1, 1)
      parts.append(
        "<rect class=\"bar\" x=\"\(x.point)\" y=\"\(y.point)\" width=\"\(wide.point)\" "
          + "height=\"\((bottom - y).point)\"/>")
    }
    parts += lines.map { drawn($0, xAxis, yAxis) }
    for (index, mark) in marks.enumerated() {
      let x = xAxis.position(mark.x)
      let y = top + 12 + Double(index) * 14
      parts.append(
        "<line class=\"mark\" x1=\"\(x.point)\" x2=\"\(x.point)\" y1=\"\(top)\" y2=\"\(bottom)\"/>")
      let isFarRight = x > (left + right) / 2 + 200
      parts.append(
        text(x + (isFarRight ? -4 : 4), y, mark.label, "tick", isFarRight ? "end" : "start"))
    }
    return parts.joined(separator: "\n") + legend + "\n</svg>\n"
  }

  private func grid(_ xAxis: Axis, _ yAxis: Axis) -> String {
    var parts: [String] = []
    for (y, label) in yAxis.ticks {
      let at = yAxis.position(y).point
      parts.append(
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(right)\" y1=\"\(at)\" y2=\"\(at)\"/>")
      parts.append(text(left - 6, yAxis.position(y) + 4, label, "tick", "end"))
    }
    for (x, label) in xTicks.isEmpty ? xAxis.ticks : xTicks.map({ ($0.at, $0.label) }) {
      let at = xAxis.position(x)
      parts.append(
        "<line class=\"grid\" x1=\"\(at.point)\" x2=\"\(at.point)\" y1=\"\(top)\" y2=\"\(bottom)\"/>"
      )
      parts.append(
        xTicks.isEmpty
          ? text(at, bottom + 16, label, "tick", "middle")
          : "<text class=\"tick\" text-anchor=\"end\" transform=\"translate(\((at + 4).point) "
            + "\((bottom + 12).point)) rotate(-45)\">\(label.escaped)</text>")
    }
    return parts.joined(separator: "\n")
  }

  private func drawn(_ line: Line, _ xAxis: Axis, _ yAxis: Axis) -> String {
    let points = line.points.map {
      "\(xAxis.position($0.x).point),\(yAxis.position($0.y).point)"
    }
    let dash = line.isDashed ? " dashed" : ""
    let dots = line.points.map {
      "<circle class=\"dot \(line.style)\" cx=\"\(xAxis.position($0.x).point)\" "
        + "cy=\"\(yAxis.position($0.y).point)\" r=\"3\"/>"
    }
    return
      "<polyline class=\"line \(line.style)\(dash)\" points=\"\(points.joined(separator: " "))\"/>"
      + dots.joined()
  }

  private var legend: String {
    var x = left
    var result = ""
    for line in lines {
      let dash = line.isDashed ? " dashed" : ""
      result +=
        "\n<line class=\"line \(line.style)\(dash)\" x1=\"\(x)\" x2=\"\(x + 24)\" y1=\"32\" y2=\"32\"/>"
        + text(x + 29, 36, line.label, "tick", "start")
      x += 48 + 6.6 * Double(line.label.count)
    }
    return result
  }

  private func text(
    _ x: Double, _ y: Double, _ text: String, _ style: String, _ anchor: String
  ) -> String {
    "<text class=\"\(style)\" x=\"\(x.point)\" y=\"\(y.point)\" text-anchor=\"\(anchor)\">"
      + "\(text.escaped)</text>"
  }
}

extension Double {
  /// A coordinate: one digit behind the point is finer than any screen.
  fileprivate var point: String { "\((self * 10).rounded() / 10)" }
}
