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
  /// The natural logarithm of `x`.
  static func logarithm(_ x: Self) -> Self
  /// The sum of the products of `count` weights and values.
  static func dot(
    _ weights: UnsafePointer<Float>, _ values: UnsafePointer<Self>, count: Int
  ) -> Self
}

extension ReferenceScalar {
  /// The sum of the products, in four chains: one alone would wait for each addition.
  @inline(__always)
  fileprivate static func chainedDot(
    _ weights: UnsafePointer<Float>, _ values: UnsafePointer<Self>, count: Int
  ) -> Self {
    var (a, b, c, d): (Self, Self, Self, Self) = (0, 0, 0, 0)
    var index = 0
    while index + 4 <= count {
      unsafe a += Self(weights[index]) * values[index]
      unsafe b += Self(weights[index + 1]) * values[index + 1]
      unsafe c += Self(weights[index + 2]) * values[index + 2]
      unsafe d += Self(weights[index + 3]) * values[index + 3]
      index += 4
    }
    while index < count {
      unsafe a += Self(weights[index]) * values[index]
      index += 1
    }
    return (a + b) + (c + d)
  }
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
  /// The natural logarithm of `x`.
  public static func logarithm(_ x: Double) -> Double { log(x) }
  /// The sum of the products of `count` weights and values.
  public static func dot(
    _ weights: UnsafePointer<Float>, _ values: UnsafePointer<Double>, count: Int
  ) -> Double {
    unsafe chainedDot(weights, values, count: count)
  }
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
  /// The natural logarithm of `x`.
  public static func logarithm(_ x: Float) -> Float { log(x) }
  /// The sum of the products of `count` weights and values.
  public static func dot(
    _ weights: UnsafePointer<Float>, _ values: UnsafePointer<Float>, count: Int
  ) -> Float {
    unsafe chainedDot(weights, values, count: count)
  }
}

extension ReferenceNetwork {
  /// `rows` of `weights`, each `x.count` long, times `x`, plus the bias of these rows.
  static func product(
    _ weights: [Float], rows: Range<Int>, _ x: [Scalar], bias: [Float]?
  ) -> [Scalar] {
    precondition(rows.upperBound * x.count <= weights.count, "rows of the weights")
    return unsafe weights.withUnsafeBufferPointer { weights in
      unsafe x.withUnsafeBufferPointer { x in
        rows.map { row in
          let bias = Scalar(bias?[row] ?? 0)
          guard let w = weights.baseAddress, let values = x.baseAddress else { return bias }
          return unsafe bias + Scalar.dot(w + row * x.count, values, count: x.count)
        }
      }
    }
  }

  /// `function` of every element, or softmax or its logarithm over all of them.
  static func apply(_ function: Network.Function, _ x: [Scalar]) -> [Scalar] {
    let (alpha, beta) = (Scalar(function.alpha), Scalar(function.beta))
    switch function.kind {
    case .identity: return x
    case .tanh: return x.map(Scalar.hyperbolicTangent)
    case .sigmoid: return x.map { 1 / (1 + Scalar.exponential(-$0)) }
    case .relu: return x.map { $0 < 0 ? 0 : $0 }
    case .softmax:
      let greatest = x.max() ?? 0
      let exponentials = x.map { Scalar.exponential($0 - greatest) }
      let sum = exponentials.reduce(0, +)
      return exponentials.map { $0 / sum }
    case .logSoftmax:
      let greatest = x.max() ?? 0
      let sum = x.reduce(0) { $0 + Scalar.exponential($1 - greatest) }
      // log(1 + (sum - 1)): the sum is at least 1.
      return x.map { $0 - greatest - Scalar.logarithm(onePlus: sum - 1) }
    case .affine: return x.map { alpha * $0 + beta }
    case .leakyReLU: return x.map { $0 < 0 ? alpha * $0 : $0 }
    case .thresholdedReLU: return x.map { $0 <= alpha ? 0 : $0 }
    case .scaledTanh:
      return x.map { alpha * Scalar.hyperbolicTangent(beta * $0) }
    case .hardSigmoid:
      return x.map { x in
        let line = alpha * x + beta
        return line < 0 ? 0 : line > 1 ? 1 : line
      }
    case .elu:
      return x.map { $0 < 0 ? alpha * Scalar.exponentialMinusOne($0) : $0 }
    case .softsign: return x.map { $0 / (1 + $0.magnitude) }
    case .softplus:
      return x.map { x in
        Swift.max(x, 0) + Scalar.logarithm(onePlus: Scalar.exponential(-x.magnitude))
      }
    case .exponential: return x.map(Scalar.exponential)
    case .logarithm: return x.map { Scalar.logarithm($0) }
    case .squareRoot: return x.map { $0.squareRoot() }
    case .reciprocal: return x.map { 1 / $0 }
    }
  }
}
