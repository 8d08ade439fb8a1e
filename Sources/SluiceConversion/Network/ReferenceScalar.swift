import Foundation
import SluiceBlob

/// A floating-point type in which a network can be computed.
public protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// e to the power of `x`.
  static func exponential(_ x: Self) -> Self
  /// The hyperbolic tangent of `x`.
  static func hyperbolicTangent(_ x: Self) -> Self
}

extension Double: ReferenceScalar {
  /// e to the power of `x`.
  public static func exponential(_ x: Double) -> Double { exp(x) }
  /// The hyperbolic tangent of `x`.
  public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}

extension Float: ReferenceScalar {
  /// e to the power of `x`.
  public static func exponential(_ x: Float) -> Float { exp(x) }
  /// The hyperbolic tangent of `x`.
  public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

extension ReferenceNetwork {
  /// `rows` of `weights`, each `x.count` long, times `x`, plus the bias of these rows.
  static func product(
    _ weights: [Float], rows: Range<Int>, _ x: [Scalar], bias: [Float]?
  ) -> [Scalar] {
    rows.map { row in
      var sum = Scalar(bias?[row] ?? 0)
      for column in x.indices { sum += Scalar(weights[row * x.count + column]) * x[column] }
      return sum
    }
  }

  /// `function` of every element, or softmax over all of them.
  static func apply(_ function: Activation, _ x: [Scalar]) -> [Scalar] {
    switch function {
    case .identity: return x
    case .tanh: return x.map(Scalar.hyperbolicTangent)
    case .sigmoid: return x.map { 1 / (1 + Scalar.exponential(-$0)) }
    case .relu: return x.map { $0 < 0 ? 0 : $0 }
    case .softmax:
      let greatest = x.max() ?? 0
      let exponentials = x.map { Scalar.exponential($0 - greatest) }
      let sum = exponentials.reduce(0, +)
      return exponentials.map { $0 / sum }
    }
  }
}
