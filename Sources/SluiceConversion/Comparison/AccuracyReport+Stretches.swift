import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// What every report measures beside its input. What rounding leaves of a state shows where nothing
/// covers it, and where it is fullest.
package enum StretchKind: String, Sendable, CaseIterable {
  /// What is read goes silent: zeros, behind up to 200 steps of the report's input.
  case silence
  /// Features of the greatest magnitudes of the data, or of four, with signs that are drawn.
  case loudness
}

extension AccuracyReport {
  /// The error that is left at the end of silence where it is greater than any over what was read, and so
  /// not what rounded weights leave; nil where it is not.
  package var errorThatStays: Double? {
    let silence = stretches.first { $0.kind == .silence }
    guard let silence, !(silence.lastingError <= max(maximalError, 1e-3)) else { return nil }
    return silence.lastingError
  }

  /// Steps of sound before silence.
  private static let soundSteps = 200
  /// Magnitude of what is loud where no data are given: beyond most that is trained with.
  private static let loudMagnitude: Float = 4

  /// Measures `contents` over every stretch.
  ///
  /// - Parameters:
  ///   - input: the data of the report; nil for noise.
  ///   - limit: steps of a report as were asked for; nil for as many as are usual.
  package mutating func measureStretches(
    _ network: Network, _ contents: BlobContents, like input: SequenceArray?, limit: Int? = nil,
    file: String, instructionSet: InstructionSet?
  ) throws(ConversionError) {
    stretches = []
    for (kind, sequence) in try Self.stretchSequences(for: network, like: input, limit: limit) {
      let comparison = try NetworkComparison(
        network, contents, over: sequence, file: file, instructionSet: instructionSet,
        asksSource: false)
      let sound = kind == .silence ? Self.soundSteps(of: sequence.steps) : 0
      let errors = comparison.stepErrors[sound...]
      let squares = errors.reduce(0) { $0 + $1.mean * $1.mean }
      stretches.append(
        Stretch(
          kind: kind, steps: errors.count, maximalError: Self.greatest(errors),
          meanError: (squares / Double(errors.count)).squareRoot(),
          lastingError: Self.greatest(errors.suffix((errors.count + 9) / 10))))
    }
  }

  private static func greatest(_ errors: ArraySlice<(greatest: Double, mean: Double)>) -> Double {
    errors.reduce(0) { max($0, $1.greatest) }
  }

  private static func soundSteps(of steps: Int) -> Int { min(soundSteps, steps / 10) }

  /// Steps of a stretch: a fifth of those of a report, as far as that is not too few to tell.
  private static func stretchSteps(for network: Network, limit: Int?) -> Int {
    let steps = min(steps(for: network), limit ?? .max)
    return max(min(steps, 64), min(soundSteps * 10, steps / 5))
  }

  /// A sequence of each kind; none of ids.
  package static func stretchSequences(
    for network: Network, like input: SequenceArray?, limit: Int? = nil
  ) throws(ConversionError) -> [(kind: StretchKind, sequence: SequenceArray)] {
    guard !network.readsIDs else { return [] }
    let (size, steps) = (network.rangeOfInput, stretchSteps(for: network, limit: limit))
    let noise = try NetworkComparison.noise(for: network, steps: steps, seed: seed)
    let unit = network.unitOfInput
    let middle = (0..<size).map { feature in
      unit.map { -$0.shift[feature] / $0.scale[feature] } ?? 0
    }
    var sequences: [(StretchKind, SequenceArray)] = []
    for kind in StretchKind.allCases {
      // In units of the features' own, silence is what stands for 0, and loudness lies around it.
      var values: [Float] = []
      for _ in 0..<steps { values += middle }
      switch kind {
      case .silence:
        let source = input ?? noise
        for step in 0..<min(soundSteps(of: steps), source.steps) {
          let row = source.sequences[0].features(at: step)
          values.replaceSubrange(step * size..<(step + 1) * size, with: row)
        }
      case .loudness:
        let peaks =
          input?.greatestDistances(from: middle)
          ?? (0..<size).map { loudMagnitude / (unit?.scale[$0] ?? 1) }
        for step in 0..<steps {
          for (feature, value) in noise.sequences[0].features(at: step).enumerated() {
            values[step * size + feature] +=
              value < middle[feature] ? -peaks[feature] : peaks[feature]
          }
        }
      }
      let tensor = Tensor(shape: [steps, size], values)
      sequences.append((kind, try SequenceArray(tensor, of: network, file: kind.rawValue)))
    }
    return sequences
  }
}

extension SequenceArray {
  /// Of each feature, over all steps.
  fileprivate func greatestDistances(from middle: [Float]) -> [Float] {
    var greatest: [Float] = []
    for sequence in sequences {
      for step in 0..<steps {
        let row = sequence.features(at: step)
        if greatest.isEmpty { greatest = Array(repeating: 0, count: row.count) }
        for (feature, value) in row.enumerated() {
          greatest[feature] = max(greatest[feature], (value - middle[feature]).magnitude)
        }
      }
    }
    return greatest
  }
}
