import Foundation
import SluiceBlob

/// A floating-point type in which a network can be computed.
public protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// e to the power of `x`.
  static func exponential(_ x: Self) -> Self
  /// The hyperbolic tangent of `x`.
  static func hyperbolicTangent(_ x: Self) -> Self
  /// e to the power of `x`, minus 1.
  static func exponentialMinusOne(_ x: Self) -> Self
  /// The natural logarithm of 1 + `x`.
  static func logarithm(onePlus x: Self) -> Self
}

extension Double: ReferenceScalar {
  /// e to the power of `x`.
  public static func exponential(_ x: Double) -> Double { exp(x) }
  /// The hyperbolic tangent of `x`.
  public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
  /// e to the power of `x`, minus 1.
  public static func exponentialMinusOne(_ x: Double) -> Double { expm1(x) }
  /// The natural logarithm of 1 + `x`.
  public static func logarithm(onePlus x: Double) -> Double { log1p(x) }
}

extension Float: ReferenceScalar {
  /// e to the power of `x`.
  public static func exponential(_ x: Float) -> Float { exp(x) }
  /// The hyperbolic tangent of `x`.
  public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
  /// e to the power of `x`, minus 1.
  public static func exponentialMinusOne(_ x: Float) -> Float { expm1(x) }
  /// The natural logarithm of 1 + `x`.
  public static func logarithm(onePlus x: Float) -> Float { log1p(x) }
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
  static func apply(_ function: Network.Function, _ x: [Scalar]) -> [Scalar] {
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
    case .affine(let alpha, let beta): return x.map { Scalar(alpha) * $0 + Scalar(beta) }
    case .leakyReLU(let alpha): return x.map { $0 < 0 ? Scalar(alpha) * $0 : $0 }
    case .thresholdedReLU(let alpha): return x.map { $0 <= Scalar(alpha) ? 0 : $0 }
    case .scaledTanh(let alpha, let beta):
      return x.map { Scalar(alpha) * Scalar.hyperbolicTangent(Scalar(beta) * $0) }
    case .hardSigmoid(let alpha, let beta):
      return x.map { x in
        let line = Scalar(alpha) * x + Scalar(beta)
        return line < 0 ? 0 : line > 1 ? 1 : line
      }
    case .elu(let alpha):
      return x.map { $0 < 0 ? Scalar(alpha) * Scalar.exponentialMinusOne($0) : $0 }
    case .softsign: return x.map { $0 / (1 + $0.magnitude) }
    case .softplus:
      return x.map { x in
        Swift.max(x, 0) + Scalar.logarithm(onePlus: Scalar.exponential(-x.magnitude))
      }
    }
  }
}
