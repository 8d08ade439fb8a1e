/// Rows of a tile's biases, each of the tile's lanes: how the format orders them, said once.
///
/// | cell | rows |
/// |---|---|
/// | LSTM | i f g o; with peepholes then the weights of i, f and o from C |
/// | GRU that resets after | r z n, then the candidate's recurrent bias |
/// | GRU that resets before | r z n |
/// | Elman, dense, convolution | one |
enum BiasRows {
  @inline(always) static var lstm: Int { 4 }
  @inline(always) static var lstmWithPeepholes: Int { 7 }
  /// The first row of peepholes that an LSTM's gates i and f, and o, have.
  @inline(always) static var inputPeephole: Int { 4 }
  @inline(always) static var outputPeephole: Int { 6 }
  @inline(always) static var gruResetAfter: Int { 4 }
  /// The candidate's recurrent bias.
  @inline(always) static var recurrentCandidate: Int { 3 }
  @inline(always) static var gruResetBefore: Int { 3 }
  @inline(always) static var candidate: Int { 2 }
  @inline(always) static var single: Int { 1 }

  /// Floats from one pair of panels to the next.
  @inline(always) static func pitch(_ rows: Int) -> Int { rows &* 16 }
}
