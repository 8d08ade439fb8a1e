import SluiceBlob
import SluiceImport
import SluiceNetwork

extension ConversionOptions {
  /// Why an option of a conversion cannot be used: a sentence.
  package struct ArgumentError: Error {
    package let reason: String
  }

  /// The most steps that `--measure` takes.
  private static let mostSteps = 100_000_000

  /// Takes over one option of `sluice convert` that tells how to convert.
  ///
  /// - Throws: ``ArgumentError`` for an option or a value that is not there.
  package mutating func set(_ option: String, to value: String) throws(ArgumentError) {
    switch option {
    case "--architecture": source.architecture = value
    case "--calibrate": calibration = value
    case "--set":
      for (name, text) in try Self.pairs(value, of: option) {
        guard let number = Double(text), number.isFinite else {
          throw ArgumentError(reason: "--set: '\(text)' is no number; expected NAME=VALUE")
        }
        source.fixed[name] = number
      }
    case "--input-shape":
      for (name, text) in try Self.pairs(value, of: option) {
        let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let shape = sizes.compactMap { $0 }.filter { $0 > 0 }
        guard shape.count == sizes.count, shape.count <= 8 else {
          throw ArgumentError(
            reason: "--input-shape: '\(text)' are no sizes of axes; expected NAME=1,576")
        }
        source.shapes[name] = shape
      }
    case "--meta": metadata = value
    case "--max-error":
      guard let bound = Double(value), bound > 0, bound.isFinite else {
        throw ArgumentError(
          reason: "--max-error: '\(value)' is no number greater than zero")
      }
      maximalError = bound
    case "--measure":
      if value == "none" {
        measurement = .none
      } else if let steps = Int(value), (1...Self.mostSteps).contains(steps) {
        measurement = .steps(steps)
      } else {
        throw ArgumentError(
          reason:
            "--measure: '\(value)' is no number of steps from 1 to \(Self.mostSteps), and not none")
      }
    case "--sparsity":
      guard let share = Double(value), share > 0, share < 1 else {
        throw ArgumentError(reason: "--sparsity: '\(value)' is no number above 0 and below 1")
      }
      sparsity = share
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

  /// NAME=VALUE, several apart by semicolons. A name may hold any other character.
  private static func pairs(
    _ text: String, of option: String
  ) throws(ArgumentError) -> [(name: Name, value: String)] {
    var pairs: [(name: Name, value: String)] = []
    for part in text.split(separator: ";", omittingEmptySubsequences: false) {
      guard let equals = part.lastIndex(of: "="), equals > part.startIndex else {
        throw ArgumentError(reason: "\(option): '\(part)'; expected NAME=VALUE, several apart by ;")
      }
      pairs.append((Name(part[..<equals]), String(part[part.index(after: equals)...])))
    }
    return pairs
  }
}
