import SluiceBlob

extension ConversionOptions {
  /// Why an option of a conversion cannot be used: a sentence.
  package struct ArgumentError: Error {
    package let reason: String
  }

  /// Takes over one option of `sluice convert` that tells how to convert.
  ///
  /// - Throws: ``ArgumentError`` for an option or a value that is not there (yet).
  package mutating func set(_ option: String, to value: String) throws(ArgumentError) {
    switch option {
    case "--architecture": architecture = value
    case "--type":
      let types: [String: StorageType] = [
        "f32": .f32, "f16": .f16, "bf16": .bf16, "int8": .int8, "int4": .int4,
      ]
      guard let type = types[value] else {
        throw ArgumentError(reason: "'\(value)' is no type of weights; expected f32")
      }
      guard type == .f32 else {
        throw ArgumentError(
          reason: "weights of the type \(value) are not supported yet; expected f32")
      }
      self.type = type
    case "--activation":
      guard value == "exact" else {
        throw ArgumentError(
          reason: "activations of the grade '\(value)' are not supported yet; expected exact")
      }
      grade = .exact
    default: throw ArgumentError(reason: "the option '\(option)' is not supported yet")
    }
  }
}
