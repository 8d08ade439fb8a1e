/// What a frame is multiplied with before its spectrum is taken.
public enum Window: Sendable, Hashable {
  /// Ones.
  case rectangular
  /// A raised cosine.
  case hann
  /// The square root of a raised cosine, half of a sine: for frames that are multiplied with it before and
  /// behind a change of their spectra.
  case rootHann
  /// A raised cosine on a pedestal: 0.54 and 0.46.
  case hamming
  /// Two cosines: 0.42, 0.5 and 0.08.
  case blackman
  /// Kaiser's, of that beta.
  case kaiser(beta: Double)

  /// `count` values, periodic as spectra ask for: of a symmetric window of one more, all but the last.
  ///
  /// - Precondition: `count` is at least 1.
  public func values(count: Int) -> [Double] {
    precondition(count > 0, "a window has values")
    return (0..<count).map { index in
      let turn = 2 * Double.pi * Double(index) / Double(count)
      return switch self {
      case .rectangular: 1
      case .hann: 0.5 - 0.5 * Elementary.cosine(turn)
      case .rootHann: (0.5 - 0.5 * Elementary.cosine(turn)).squareRoot()
      case .hamming: 0.54 - 0.46 * Elementary.cosine(turn)
      case .blackman:
        0.42 - 0.5 * Elementary.cosine(turn) + 0.08 * Elementary.cosine(2 * turn)
      case .kaiser(let beta):
        Self.kaiser(2 * Double(index) / Double(count) - 1, beta: beta) / Elementary.bessel(beta)
      }
    }
  }

  /// What Kaiser's window is proportional to, at a place from -1 to 1; beyond it 0.
  static func kaiser(_ place: Double, beta: Double) -> Double {
    guard place.magnitude <= 1 else { return 0 }
    return Elementary.bessel(beta * (1 - place * place).squareRoot())
  }

  /// The values of a window of `count`, with zeros around them up to `size`.
  func values(count: Int, centeredIn size: Int) -> [Double] {
    let before = (size - count) / 2
    return [Double](repeating: 0, count: before) + values(count: count)
      + [Double](repeating: 0, count: size - count - before)
  }
}
