import SluiceBlob

extension Network {
  /// An activation with its parameters, as a blob holds it.
  public typealias Function = ActivationFunction
}

extension ActivationFunction {
  /// Whether a convolution can apply it; others are a layer behind it.
  package var isPlainPointwise: Bool { isPointwise && kind.isPlain }
}
