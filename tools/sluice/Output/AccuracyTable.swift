import SluiceConversion

/// A report on a blob's accuracy, for people: with the digits that a blob keeps of it, so that it
/// reads the same when it is measured and when it is read again.
struct AccuracyTable {
  private let report: AccuracyReport

  init(_ report: AccuracyReport) {
    self.report = report
  }

  /// What was read: how many sequences of how many steps.
  var heading: String {
    let batch = report.sequences == 1 ? "" : "\(report.sequences.grouped) sequences of "
    let steps = "\(batch)\(report.steps.grouped) steps"
    return report.input == AccuracyReport.noise
      ? "noise of seed \(AccuracyReport.seed): \(steps) of features from -1 to 1, or of any ids"
      : "\(Console.printable(report.input)): \(steps)"
  }

  var text: String {
    let layers = report.layers.map { layer in
      [
        Console.printable(layer.name), layer.type, Self.decibels(layer.weights),
        Self.decibels(layer.outputs),
        layer.outputs == nil ? "-" : layer.maximalError.scientific(digits: 2),
        layer.outputs == nil ? "-" : layer.step.grouped,
        layer.outputs == nil ? "-" : layer.meanError.scientific(digits: 2),
        layer.saturated.map { "\(($0 * 100).fixed(2)) %" } ?? "-",
      ]
    }
    let drift = report.drift.map {
      [
        $0.steps.grouped, $0.maximalError.scientific(digits: 2), $0.meanError.scientific(digits: 2),
      ]
    }
    return """
      \(heading)

      \(Table(["layer", "type", "weights dB", "outputs dB", "max error", "at step", "rms error", "saturated"], rows: layers, numbers: [2, 3, 4, 5, 6, 7]).text)

      \(Table(["within steps", "max error", "rms error since"], rows: drift, numbers: [0, 1, 2]).text)

      worst output: \(report.worstChannel), rms error \(report.worstChannelError.scientific(digits: 2))
      """
  }

  private static func decibels(_ decibels: Double?) -> String {
    guard let decibels else { return "-" }
    return decibels == .infinity ? "exact" : decibels.fixed(1)
  }
}
