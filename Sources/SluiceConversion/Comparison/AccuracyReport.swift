import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// How far a blob is from its source: the numbers that its provenance carries.
///
/// The blob runs with the baseline's kernels, the source's weights in Double, over noise of a fixed
/// seed or over data that are given. Few digits are kept, so that a conversion gives the same bytes
/// on every CPU.
package struct AccuracyReport: Sendable, Hashable {
  /// One layer.
  package struct Layer: Sendable, Hashable {
    package var name: String
    /// How its weights are stored.
    package var type: String
    /// Signal to noise of the weights in dB; infinite where they are the source's, nil where the
    /// layer has none.
    package var weights: Double?
    /// Signal to noise of what the layer wrote, in dB; infinite where nothing differed, nil where
    /// that was not measured: of layers before the last in a model that reads backwards.
    package var outputs: Double?
    package var maximalError: Double
    /// The step of the greatest error, from 1.
    package var step: Int
    package var meanError: Double
    /// The share of inputs and states that a stored scale cut off; nil where there is none.
    package var saturated: Double?
  }

  /// The output's error up to a step.
  package struct Moment: Sendable, Hashable {
    package var steps: Int
    /// The greatest so far.
    package var maximalError: Double
    /// The root of the mean square since the moment before.
    package var meanError: Double
    /// The greatest so far of the source itself, run in float32; nil where nobody asks.
    package var sourceError: Double?
  }

  /// The output's error over a stretch of another kind than what was read.
  package struct Stretch: Sendable, Hashable {
    package var kind: StretchKind
    /// Steps that count: of silence those that are silent.
    package var steps: Int
    package var maximalError: Double
    /// The root of the mean square.
    package var meanError: Double
    /// The greatest within the last tenth of the steps: what stays.
    package var lastingError: Double
  }

  /// What was read: "noise", or the name of a file.
  package var input: String
  package var sequences: Int
  /// Steps of each sequence.
  package var steps: Int
  /// The output's greatest error.
  package var maximalError: Double
  /// The root of the mean of the squares of its errors.
  package var meanError: Double
  /// The output feature with the greatest mean error, from 0, and that error.
  package var worstChannel: Int
  package var worstChannelError: Double
  package var layers: [Layer]
  package var drift: [Moment]
  /// Silence and loudness; none of a model that reads ids, which are neither.
  package var stretches: [Stretch] = []

  /// The output's greatest error over what was read and all stretches: what a bound is asked of.
  package var greatestError: Double {
    // NaN, which a bound does not pass either, is greater than any.
    stretches.reduce(maximalError) { $1.maximalError <= $0 ? $0 : $1.maximalError }
  }

  /// Where the greatest error is, if it is not in what was read: "over silence".
  package var placeOfGreatest: String {
    let worst = stretches.first {
      !($0.maximalError <= maximalError) && $0.maximalError == greatestError
    }
    return worst.map { " over \($0.kind.rawValue)" } ?? ""
  }

  /// The output's greatest error where the source itself is run in float32; nil where the blob's is
  /// as small as usual, and nobody asks whose it is.
  package var sourceError: Double? { drift.last?.sourceError }

  /// What an error of f32 may be where the network amplifies what rounding leaves: another order of
  /// summation errs as much as the source does, but elsewhere, so that it grows as fast, not alike.
  package var limitOfSource: Double { sourceError.map { 10 * $0 } ?? 0 }

  /// Whether an error above the usual one is the network's own: float32 errs as much in the source.
  package var isOfTheSource: Bool { maximalError <= limitOfSource }

  /// The name of noise as an input: uniform from -1 to 1, or of any ids.
  package static let noise = "noise"
  /// The seed of the noise.
  package static let seed: UInt64 = 1

  /// What a comparison over `input` found.
  package init(_ comparison: NetworkComparison, over input: String) {
    self.input = input
    sequences = comparison.sequences
    steps = comparison.steps
    maximalError = comparison.maximalError
    meanError = comparison.meanError
    worstChannel = comparison.worstChannel
    worstChannelError = comparison.worstChannelError
    layers = comparison.layers.map { layer in
      Layer(
        name: layer.name, type: "\(layer.storage)", weights: layer.weights?.decibels,
        outputs: layer.outputs.isEmpty ? nil : layer.outputs.decibels,
        maximalError: layer.maximalError, step: layer.step,
        meanError: layer.meanError, saturated: layer.saturated)
    }
    drift = comparison.moments.map {
      Moment(
        steps: $0.steps, maximalError: $0.maximalError, meanError: $0.meanError,
        sourceError: $0.sourceError)
    }
  }
}

extension BlobContents {
  /// The contents with a report at the end of their provenance.
  package func reporting(_ report: AccuracyReport) -> BlobContents {
    var contents = self
    contents.provenance = "\(provenance.dropLast())\(AccuracyReport.key)\(report.json.text)}"
    return contents
  }
}
