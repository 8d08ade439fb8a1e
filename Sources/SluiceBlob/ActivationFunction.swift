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
  /// f(x) = x / (1 + |x|)
  public static var softsign: Self { Self(.softsign) }
  /// f(x) = log(1 + exp x)
  public static var softplus: Self { Self(.softplus) }
}

extension Activation {
  /// Whether plain kernels have it.
  public var isPlain: Bool { rawValue <= Activation.softmax.rawValue }

  /// Parameters that the function has: none, alpha, or alpha and beta.
  public var parameterCount: Int {
    switch self {
    case .identity, .tanh, .sigmoid, .relu, .softmax, .softsign, .softplus: 0
    case .leakyReLU, .thresholdedReLU, .elu: 1
    case .affine, .scaledTanh, .hardSigmoid: 2
    }
  }
}
