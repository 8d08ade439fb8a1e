extension Report {
  /// A series' times over its sizes, and the same relative to the target.
  var sizePlots: [Plot] {
    var titles: [String] = []
    for result in results where !titles.contains(result.table) { titles.append(result.table) }
    return titles.flatMap { title -> [Plot] in
      let members = results.filter { $0.table == title && $0.measurement != nil }
        .sorted { Report.bytes($0) < Report.bytes($1) }
      guard members.count >= 3 else { return [] }
      let times = plot(title, members, relative: false)
      let hasTargets = members.contains { $0.target != nil }
      return hasTargets ? [times, plot(title, members, relative: true)] : [times]
    }
  }

  private static func bytes(_ result: RowResult) -> Double {
    let row = result.row
    return Double(4 * row.gates * row.hidden * (row.inputs + row.hidden))
  }

  private func plot(_ title: String, _ members: [RowResult], relative: Bool) -> Plot {
    func line(
      _ style: String, _ label: String, dashed: Bool = false, _ value: (RowResult) -> Double?
    ) -> Plot.Line {
      let points = members.compactMap { member -> (x: Double, y: Double)? in
        guard let time = value(member) else { return nil }
        guard relative else { return (Report.bytes(member), time) }
        return member.target.map { (Report.bytes(member), time / $0) }
      }
      return Plot.Line(style: style, label: label, points: points, isDashed: dashed)
    }
    let all = [
      line("limit", "limit of this machine", dashed: true) { $0.measurement?.limit },
      line("peer", "best peer on record") { $0.peer },
      line("target", "target", dashed: true) { $0.target },
      line("least", "Sluice, min") { $0.measurement?.rows.min },
      line("sluice", "Sluice, median") { $0.measurement?.rows.median },
    ]
    let unit = members.first?.row.unit ?? ""
    return Plot(
      title: relative ? "\(title): relative to the target" : title,
      xTitle: "weights in bytes (log), inputs x hidden",
      yTitle: relative ? "time / target" : "ns a \(unit) (log)",
      xTicks: members.map { (Report.bytes($0), $0.row.size) },
      lines: all.filter { $0.points.count > 1 }, isLinear: relative)
  }

  /// How long single steps took, for layers of each order of size.
  var histograms: [Plot] {
    let wanted = ["lstm/step/1x8/f32", "lstm/step/64x64/f32", "lstm/step/256x256/f32"]
    let steps = results.filter { $0.row.mode == .step && $0.measurement != nil }
    var chosen = steps.filter { wanted.contains($0.row.id) }
    if chosen.isEmpty { chosen = Array(steps.prefix(2)) }
    return chosen.compactMap { result in
      guard let singles = result.measurement?.singles else { return nil }
      return Plot(
        title: "\(result.row.id): \(singles.count) steps, each timed alone",
        xTitle: "ns a step (log)", yTitle: "steps (log)",
        bars: singles.histogram.map { ($0.from, Double($0.count)) }, barRatio: Samples.binRatio,
        marks: [
          (singles.median, "median \(singles.median.short)"),
          (singles.quantile(0.99), "p99 \(singles.quantile(0.99).short)"),
          (singles.quantile(0.999), "p99.9 \(singles.quantile(0.999).short)"),
          (singles.max, "max \(singles.max.short)"),
        ], height: 300)
    }
  }
}
