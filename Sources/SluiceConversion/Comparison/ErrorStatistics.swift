import Foundation
import SluiceImport
import SluiceNetwork

/// What the differences between numbers and what they should be add up to.
package struct ErrorStatistics: Sendable {
  /// The sum of the squares of what they should be.
  private var signal = 0.0
  /// The sum of the squares of the differences.
  private var noise = 0.0
  private var count = 0
  /// The greatest difference; infinite where only one of the two is a number.
  package private(set) var maximalError = 0.0
  /// The step of the greatest difference, from 1.
  package private(set) var step = 1

  package init() {}

  /// Takes one number into account; tells its difference.
  @discardableResult
  package mutating func note(_ value: Double, _ expected: Double, step index: Int = 0) -> Double {
    let error = Self.difference(value, expected)
    signal += expected * expected
    noise += error * error
    count += 1
    if error > maximalError {
      maximalError = error
      step = index + 1
    }
    return error
  }

  /// Whether there was any number.
  package var isEmpty: Bool { count == 0 }

  /// The root of the mean of the squares of the differences.
  package var meanError: Double { count == 0 ? 0 : (noise / Double(count)).squareRoot() }

  /// The ratio of signal to noise in decibels; infinite where there is no noise.
  package var decibels: Double {
    guard noise > 0 else { return .infinity }
    let ratio = 10 * log10(signal / noise)
    return ratio.isNaN ? -.infinity : ratio
  }

  /// |value - expected|; infinite where only one of them is a number.
  package static func difference(_ value: Double, _ expected: Double) -> Double {
    if value == expected || (value.isNaN && expected.isNaN) { return 0 }
    let error = (value - expected).magnitude
    return error.isNaN ? .infinity : error
  }
}
