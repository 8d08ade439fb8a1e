import Foundation
import SluiceImport
import Testing

/// What librosa made of a word: `tools/python/fixtures/make_signal_cases.py`.
enum Fixture {
  /// Every which frame is kept.
  static let kept = 5

  static func array(_ name: String) throws -> Tensor {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return try NPY.read(root.appendingPathComponent("Fixtures/Signal/\(name).npy").path)
  }

  static func values(_ name: String) throws -> [Float] { try array(name).floats }

  /// Expects each number within 1e-4, of itself where it is greater than 1.
  static func expect(_ found: [Float], near expected: [Float], _ what: String) {
    #expect(found.count == expected.count, "\(what)")
    let worst = zip(found, expected).enumerated()
      .map { (index: $0, error: abs($1.0 - $1.1) / max(1, abs($1.1))) }
      .max { $0.error < $1.error }
    guard let worst, !(worst.error <= 1e-4) else { return }
    Issue.record(
      "\(what): element \(worst.index) is \(found[worst.index]), not \(expected[worst.index])")
  }
}
