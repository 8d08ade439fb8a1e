extension ActivationFunction: CustomStringConvertible {
  /// The function with the parameters that it has: `tanh`, `elu(alpha: 1.0)`.
  public var description: String {
    let parameters = ["alpha: \(alpha)", "beta: \(beta)"].prefix(kind.parameterCount)
    return parameters.isEmpty ? "\(kind)" : "\(kind)(\(parameters.joined(separator: ", ")))"
  }
}
