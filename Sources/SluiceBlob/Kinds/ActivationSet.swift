/// Some of the activation functions, a bit each.
///
/// No OptionSet, whose conformance brings arrays along: readers must do without an allocation.
package struct ActivationSet: Sendable {
  private let bits: UInt64

  private init(bits: UInt64) { self.bits = bits }

  /// One function.
  package init(_ activation: Activation) { bits = 1 << UInt64(activation.rawValue) }

  /// Whether the function is one of these.
  package func contains(_ activation: Activation) -> Bool {
    bits >> UInt64(activation.rawValue) & 1 != 0
  }

  /// These, and those of `other`.
  package func and(_ other: ActivationSet) -> ActivationSet {
    ActivationSet(bits: bits | other.bits)
  }

  /// These but for those of `other`.
  package func without(_ other: ActivationSet) -> ActivationSet {
    ActivationSet(bits: bits & ~other.bits)
  }

  /// No function.
  package static var none: ActivationSet { ActivationSet(bits: 0) }
  /// Every function.
  package static var all: ActivationSet { ActivationSet(bits: .max) }
  /// x alone: what a layer without the activation has in its place.
  package static var identity: ActivationSet { ActivationSet(.identity) }
  /// Every function of one argument.
  package static var pointwise: ActivationSet { all.without(.overOutputs) }
  /// Those of one argument that a cell may have: finite wherever their argument is.
  package static var ofCells: ActivationSet {
    pointwise.without(
      ActivationSet(.exponential).and(ActivationSet(.logarithm)).and(ActivationSet(.squareRoot))
        .and(ActivationSet(.reciprocal)))
  }
  /// Functions of all outputs together.
  package static var overOutputs: ActivationSet {
    ActivationSet(.softmax).and(ActivationSet(.logSoftmax))
  }
  /// What cells compute as a rule.
  package static var sigmoid: ActivationSet { ActivationSet(.sigmoid) }
  /// What cells compute as a rule.
  package static var tanh: ActivationSet { ActivationSet(.tanh) }
  /// What the plain kernels have: no parameters, and a kernel's own loop for each.
  package static var plain: ActivationSet {
    identity.and(sigmoid).and(tanh).and(ActivationSet(.relu)).and(.overOutputs)
  }
}
