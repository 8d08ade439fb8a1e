/// A network computed plainly, one scalar at a time: what a faster one is compared with.
///
/// Weights are those of the source at float32; every sum and function is computed in `Scalar`.
public struct ReferenceNetwork<Scalar: ReferenceScalar>: Sendable {
  /// The network.
  public let network: Network
  /// h of each layer, `[layers][hiddenSize]`; empty for a layer without a state.
  public internal(set) var hidden: [[Scalar]] = []
  /// C of each layer, `[layers][hiddenSize]`; empty for a layer that is no LSTM.
  public internal(set) var cell: [[Scalar]] = []
  /// What each layer wrote at the last step, `[layers][outputSize]`; empty before the first.
  public internal(set) var outputs: [[Scalar]] = []

  /// The network in its initial state.
  public init(_ network: Network) {
    self.network = network
    reset()
  }

  /// Returns to the initial state.
  public mutating func reset() {}

  /// One step: `input` is `[inputSize]`, the result `[outputSize]`.
  ///
  /// - Precondition: the network reads features, `inputSize` of them.
  public mutating func step(_ input: [Scalar]) -> [Scalar] { [] }

  /// One step from a token id.
  ///
  /// - Precondition: the network reads ids, and `id` is one of its embedding's.
  public mutating func step(id: Int) -> [Scalar] { [] }
}

/// A floating-point type in which a network can be computed.
public protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// e to the power of `x`.
  static func exponential(_ x: Self) -> Self
  /// The hyperbolic tangent of `x`.
  static func hyperbolicTangent(_ x: Self) -> Self
}
