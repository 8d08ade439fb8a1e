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
    case "--max-error":
      guard let bound = Double(value), bound > 0, bound.isFinite else {
        throw ArgumentError(
          reason: "--max-error: '\(value)' is no number greater than zero")
      }
      maximalError = bound
    case "--type":
      let types: [String: TypeChoice] = [
        "f32": .one(.f32), "f16": .one(.f16), "bf16": .one(.bf16), "int8": .one(.int8),
        "int4": .one(.int4), "auto": .automatic,
      ]
      guard let type = types[value] else {
        throw ArgumentError(
          reason: "'\(value)' is no type of weights; expected f32, f16, bf16, int8, int4 or auto")
      }
      self.type = type
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
