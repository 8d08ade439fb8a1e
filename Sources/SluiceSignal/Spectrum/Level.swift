/// Logarithms of power, as models of speech read it.
public enum Level {
  /// 10 log10 of `power`, at least of `floor`: `librosa.power_to_db` without `top_db`.
  ///
  /// - Precondition: `floor` is above zero.
  public static func decibels(_ power: Float, floor: Float = 1e-10) -> Float {
    precondition(floor > 0, "a floor above zero")
    return Float(10 / Elementary.logarithm(10) * Elementary.logarithm(Double(max(power, floor))))
  }

  /// The natural logarithm of `power`, at least of `floor`.
  ///
  /// - Precondition: `floor` is above zero.
  public static func natural(_ power: Float, floor: Float = 1e-10) -> Float {
    precondition(floor > 0, "a floor above zero")
    return Float(Elementary.logarithm(Double(max(power, floor))))
  }
}
