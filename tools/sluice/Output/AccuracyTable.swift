import SluiceConversion
import SluiceImport
import SluiceNetwork

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
    // Why there are fewer of them than of other models.
    let budget =
      report.steps < AccuracyReport.mostSteps
      ? ", as many as \(AccuracyReport.products.grouped) products pay for" : ""
    return report.input == AccuracyReport.noise
      ? "noise of seed \(AccuracyReport.seed): \(steps) of features from -1 to 1, or of any ids"
        + budget
      : "\(report.input.printable): \(steps)"
  }

  var text: String {
    let layers = report.layers.map { layer in
      [
        layer.name.printable, layer.type, Self.decibels(layer.weights),
        Self.decibels(layer.outputs),
        layer.outputs == nil ? "-" : layer.maximalError.scientific(digits: 2),
        layer.outputs == nil ? "-" : layer.step.grouped,
        layer.outputs == nil ? "-" : layer.meanError.scientific(digits: 2),
        layer.saturated.map { "\(($0 * 100).fixed(2)) %" } ?? "-",
      ]
    }
    let ofSource = report.sourceError == nil ? [] : ["source at f32"]
    let drift = report.drift.map { moment in
      [
        moment.steps.grouped, moment.maximalError.scientific(digits: 2),
        moment.meanError.scientific(digits: 2),
      ] + ofSource.map { _ in moment.sourceError?.scientific(digits: 2) ?? "-" }
    }
    let stretches = report.stretches.map { stretch in
      [
        stretch.kind.rawValue, stretch.steps.grouped, stretch.maximalError.scientific(digits: 2),
        stretch.meanError.scientific(digits: 2), stretch.lastingError.scientific(digits: 2),
      ]
    }
    let others =
      stretches.isEmpty
      ? ""
      : Table(
        ["over", "steps", "max error", "rms error", "in the last tenth"], rows: stretches,
        numbers: [1, 2, 3, 4]
      ).text + "\n\n"
    return """
      \(heading)

      \(Table(["layer", "type", "weights dB", "outputs dB", "max error", "at step", "rms error", "saturated"], rows: layers, numbers: [2, 3, 4, 5, 6, 7]).text)

      \(Table(["within steps", "max error", "rms error since"] + ofSource, rows: drift, numbers: [0, 1, 2, 3]).text)

      \(others)worst output: \(report.worstChannel), rms error \(report.worstChannelError.scientific(digits: 2))\(report.ownPart.map { "\n\n" + $0 } ?? "")
      """
  }

  private static func decibels(_ decibels: Double?) -> String {
    guard let decibels else { return "-" }
    return decibels == .infinity ? "exact" : decibels.fixed(1)
  }
}

extension AccuracyReport {
  /// Whose an error above the usual one is; nil where the error is no more than that.
  var ownPart: String? {
    guard let sourceError else { return nil }
    let own = "the source itself errs by \(sourceError.scientific(digits: 2)) when run in float32"
    return own
      + (isOfTheSource
        ? ": the network amplifies what rounding leaves, in the blob as in the source"
        : ": the error above that is the blob's")
  }
}
