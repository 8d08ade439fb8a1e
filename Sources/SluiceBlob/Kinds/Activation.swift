/// An activation function. The raw values are those of the file, and of the kernels'
/// `sluice_activation`.
public enum Activation: UInt32, Sendable {
  /// f(x) = x
  case identity = 0
  /// f(x) = tanh x
  case tanh = 1
  /// f(x) = 1 / (1 + exp(-x))
  case sigmoid = 2
  /// f(x) = max(x, 0)
  case relu = 3
  /// f(x)_i = exp(x_i) / sum_j exp(x_j); only as a dense layer's or an activation layer's function
  case softmax = 4
  /// f(x) = alpha x + beta
  case affine = 5
  /// f(x) = x where x >= 0, else alpha x
  case leakyReLU = 6
  /// f(x) = x where x > alpha, else 0
  case thresholdedReLU = 7
  /// f(x) = alpha tanh(beta x)
  case scaledTanh = 8
  /// f(x) = min(max(alpha x + beta, 0), 1)
  case hardSigmoid = 9
  /// f(x) = x where x >= 0, else alpha (exp x - 1)
  case elu = 10
  /// f(x) = x / (1 + |x|)
  case softsign = 11
  /// f(x) = log(1 + exp x)
  case softplus = 12
  /// f(x)_i = x_i - log(sum_j exp(x_j)); where softmax may stand
  case logSoftmax = 13
  /// f(x) = exp x
  case exponential = 14
  /// f(x) = log x
  case logarithm = 15
  /// f(x) = sqrt x
  case squareRoot = 16
  /// f(x) = 1 / x
  case reciprocal = 17
}

/// What holds for an activation function: a row of the one table.
package struct ActivationTraits: Sendable {
  /// The name in JSON and messages; source formats spell it with capitals in place of `_`.
  package let name: StaticString
  /// Parameters: none, alpha, or alpha and beta.
  package let parameterCount: Int
  /// The version of the format that has it first.
  package var since: UInt32 = 1
  /// What a source that gives no parameters means by the name; nil where it must give them.
  package var usualAlpha: Float?
  /// The same of beta.
  package var usualBeta: Float?
}

extension Activation {
  /// The function's row.
  package var traits: ActivationTraits {
    switch self {
    case .identity: ActivationTraits(name: "identity", parameterCount: 0)
    case .tanh: ActivationTraits(name: "tanh", parameterCount: 0)
    case .sigmoid: ActivationTraits(name: "sigmoid", parameterCount: 0)
    case .relu: ActivationTraits(name: "relu", parameterCount: 0)
    case .softmax: ActivationTraits(name: "softmax", parameterCount: 0)
    case .affine: ActivationTraits(name: "affine", parameterCount: 2, usualBeta: 0)
    case .leakyReLU: ActivationTraits(name: "leaky_relu", parameterCount: 1, usualAlpha: 0.01)
    case .thresholdedReLU: ActivationTraits(name: "thresholded_relu", parameterCount: 1)
    case .scaledTanh: ActivationTraits(name: "scaled_tanh", parameterCount: 2)
    case .hardSigmoid:
      ActivationTraits(name: "hard_sigmoid", parameterCount: 2, usualAlpha: 0.2, usualBeta: 0.5)
    case .elu: ActivationTraits(name: "elu", parameterCount: 1, usualAlpha: 1)
    case .softsign: ActivationTraits(name: "softsign", parameterCount: 0)
    case .softplus: ActivationTraits(name: "softplus", parameterCount: 0)
    case .logSoftmax: ActivationTraits(name: "log_softmax", parameterCount: 0, since: 2)
    case .exponential: ActivationTraits(name: "exponential", parameterCount: 0, since: 2)
    case .logarithm: ActivationTraits(name: "logarithm", parameterCount: 0, since: 2)
    case .squareRoot: ActivationTraits(name: "square_root", parameterCount: 0, since: 2)
    case .reciprocal: ActivationTraits(name: "reciprocal", parameterCount: 0, since: 2)
    }
  }

  /// Parameters that the function has: none, alpha, or alpha and beta.
  public var parameterCount: Int { traits.parameterCount }

  /// Whether plain kernels have it.
  public var isPlain: Bool { ActivationSet.plain.contains(self) }
}
