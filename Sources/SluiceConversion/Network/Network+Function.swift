import SluiceBlob

extension Network {
  /// An activation with its parameters.
  public enum Function: Sendable, Hashable {
    /// f(x) = x
    case identity
    /// f(x) = tanh x
    case tanh
    /// f(x) = 1 / (1 + exp(-x))
    case sigmoid
    /// f(x) = max(x, 0)
    case relu
    /// f(x)_i = exp(x_i) / sum_j exp(x_j), over all features of a step
    case softmax
    /// f(x) = alpha * x + beta
    case affine(alpha: Float, beta: Float)
    /// f(x) = x where x >= 0, else alpha * x
    case leakyReLU(alpha: Float)
    /// f(x) = x where x > alpha, else 0
    case thresholdedReLU(alpha: Float)
    /// f(x) = alpha * tanh(beta * x)
    case scaledTanh(alpha: Float, beta: Float)
    /// f(x) = min(max(alpha * x + beta, 0), 1)
    case hardSigmoid(alpha: Float, beta: Float)
    /// f(x) = x where x >= 0, else alpha * (exp(x) - 1)
    case elu(alpha: Float)
    /// f(x) = x / (1 + |x|)
    case softsign
    /// f(x) = log(1 + exp(x))
    case softplus

    /// Whether each result depends on one argument alone.
    public var isPointwise: Bool { self != .softmax }
  }
}

extension Network.Function {
  /// Whether a convolution can apply it; others are a layer behind it.
  var isPlainPointwise: Bool { isPointwise && recorded.kind.isPlain }

  /// The function as a record holds it.
  var recorded: ActivationFunction {
    switch self {
    case .identity: .identity
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .relu: .relu
    case .softmax: .softmax
    case .affine(let alpha, let beta): ActivationFunction(.affine, alpha: alpha, beta: beta)
    case .leakyReLU(let alpha): ActivationFunction(.leakyReLU, alpha: alpha)
    case .thresholdedReLU(let alpha): ActivationFunction(.thresholdedReLU, alpha: alpha)
    case .scaledTanh(let alpha, let beta):
      ActivationFunction(.scaledTanh, alpha: alpha, beta: beta)
    case .hardSigmoid(let alpha, let beta):
      ActivationFunction(.hardSigmoid, alpha: alpha, beta: beta)
    case .elu(let alpha): ActivationFunction(.elu, alpha: alpha)
    case .softsign: .softsign
    case .softplus: .softplus
    }
  }
}
