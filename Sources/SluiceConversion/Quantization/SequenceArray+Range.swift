import SluiceImport
import SluiceNetwork

extension SequenceArray {
  /// Inputs of which each has a range of its own; where there are more, one stands for all.
  private static let rangeLimit = 256

  /// The range of each input, as metadata that say what a model was calibrated with; nil of ids.
  package var metadata: ModelMetadata? {
    get throws(ConversionError) {
      guard case .features(_, let size)? = sequences.first else { return nil }
      let count = size <= Self.rangeLimit ? size : 1
      var least = [Float](repeating: .infinity, count: count)
      var greatest = [Float](repeating: -.infinity, count: count)
      for case .features(let values, _) in sequences {
        for (index, value) in values.enumerated() {
          let input = index % size % count
          least[input] = min(least[input], value)
          greatest[input] = max(greatest[input], value)
        }
      }
      let ranges = zip(least, greatest).map { JSON.array([.float($0), .float($1)]) }
      let value = count == size ? JSON.array(ranges) : ranges[0]
      return try ModelMetadata(
        text: JSON.object([("calibrated_range", value)]).text, file: "calibration")
    }
  }
}
