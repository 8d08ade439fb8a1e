import SluiceBlob
import SluiceImport
import SluiceNetwork

extension ConversionOptions {
  /// Why an option of a conversion cannot be used: a sentence.
  package struct ArgumentError: Error {
    package let reason: String
  }

  /// Takes over one option of `sluice convert` that tells how to convert.
  ///
  /// - Throws: ``ArgumentError`` for an option or a value that is not there.
  package mutating func set(_ option: String, to value: String) throws(ArgumentError) {
    switch option {
    case "--architecture": source.architecture = value
    case "--calibrate": calibration = value
    case "--meta": metadata = value
    case "--max-error":
      guard let bound = Double(value), bound > 0, bound.isFinite else {
        throw ArgumentError(
          reason: "--max-error: '\(value)' is no number greater than zero")
      }
      maximalError = bound
    case "--type":
      if value == "auto" {
        type = .automatic
      } else if let named = StorageType(named: value) {
        type = .one(named)
      } else {
        let names = StorageType.allCases.map(\.name).joined(separator: ", ")
        throw ArgumentError(
          reason: "'\(value)' is no type of weights; expected \(names) or auto")
      }
    case "--activation":
      let grades: [String: ActivationGrade] = ["exact": .exact, "fast": .fast]
      guard let grade = grades[value] else {
        throw ArgumentError(
          reason: "'\(value)' is no grade of activations; expected exact or fast")
      }
      self.grade = grade
    default: throw ArgumentError(reason: "the option '\(option)' is not supported yet")
    }
  }
}
