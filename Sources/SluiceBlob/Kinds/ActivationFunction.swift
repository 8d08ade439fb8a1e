/// An activation with its parameters: what a layer applies to its sums.
public struct ActivationFunction: Sendable, Hashable {
  /// Which function.
  public var kind: Activation
  /// The first parameter; 0 where the function has none.
  public var alpha: Float
  /// The second parameter; 0 where the function has none.
  public var beta: Float

  /// A function; its parameters stay 0 where it has none.
  public init(_ kind: Activation, alpha: Float = 0, beta: Float = 0) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
  }

  /// f(x) = x
  public static var identity: Self { Self(.identity) }
  /// f(x) = tanh x
  public static var tanh: Self { Self(.tanh) }
  /// f(x) = 1 / (1 + exp(-x))
  public static var sigmoid: Self { Self(.sigmoid) }
  /// f(x) = max(x, 0)
  public static var relu: Self { Self(.relu) }
  /// Over all outputs together.
  public static var softmax: Self { Self(.softmax) }
  /// The logarithm of ``softmax``.
  public static var logSoftmax: Self { Self(.logSoftmax) }
  /// f(x) = x / (1 + |x|)
  public static var softsign: Self { Self(.softsign) }
  /// f(x) = log(1 + exp x)
  public static var softplus: Self { Self(.softplus) }
  /// f(x) = exp x
  public static var exponential: Self { Self(.exponential) }
  /// f(x) = log x
  public static var logarithm: Self { Self(.logarithm) }
  /// f(x) = sqrt x
  public static var squareRoot: Self { Self(.squareRoot) }
  /// f(x) = 1 / x
  public static var reciprocal: Self { Self(.reciprocal) }

  /// f(x) = alpha x + beta
  public static func affine(alpha: Float, beta: Float) -> Self {
    Self(.affine, alpha: alpha, beta: beta)
  }
  /// f(x) = x where x >= 0, else alpha x
  public static func leakyReLU(alpha: Float) -> Self { Self(.leakyReLU, alpha: alpha) }
  /// f(x) = x where x > alpha, else 0
  public static func thresholdedReLU(alpha: Float) -> Self { Self(.thresholdedReLU, alpha: alpha) }
  /// f(x) = alpha tanh(beta x)
  public static func scaledTanh(alpha: Float, beta: Float) -> Self {
    Self(.scaledTanh, alpha: alpha, beta: beta)
  }
  /// f(x) = min(max(alpha x + beta, 0), 1)
  public static func hardSigmoid(alpha: Float, beta: Float) -> Self {
    Self(.hardSigmoid, alpha: alpha, beta: beta)
  }
  /// f(x) = x where x >= 0, else alpha (exp x - 1)
  public static func elu(alpha: Float) -> Self { Self(.elu, alpha: alpha) }

  /// Whether each result depends on one argument alone.
  public var isPointwise: Bool { ActivationSet.pointwise.contains(kind) }
}
