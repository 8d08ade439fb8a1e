// Not synthesised beside the enumerations: an array is an allocation, and the reading half must
// compile where there are none.

extension LayerKind: CaseIterable {
  /// Every kind of the format.
  public static var allCases: [LayerKind] {
    [
      .embedding, .lstm, .gru, .rnn, .dense, .activation, .convolution, .scale, .layerNorm, .prelu,
      .add, .concatenate, .magnitude, .reflectPad, .slice,
    ]
  }
}

extension Activation: CaseIterable {
  /// Every activation of the format.
  public static var allCases: [Activation] {
    [
      .identity, .tanh, .sigmoid, .relu, .softmax, .affine, .leakyReLU, .thresholdedReLU,
      .scaledTanh, .hardSigmoid, .elu, .softsign, .softplus,
    ]
  }
}
