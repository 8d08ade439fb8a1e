/// How probabilities of words become words that were said.
public struct KeywordSettings: Sendable, Hashable {
  /// A word is told where its smoothed probability reaches this one.
  public var threshold: Float = 0.5
  /// The same word is told again only after its smoothed probability has been below this one, which is at most the
  /// other.
  public var endThreshold: Float = 0.2
  /// A smoothed probability is the mean of so many milliseconds; 0 for the last frame's own.
  public var smoothing = 50
  /// No word is told within so many milliseconds behind another.
  public var hold = 150

  /// The longest time over which probabilities are smoothed, in milliseconds: they are all kept.
  package static let longestSmoothing = 1000
  /// The longest time between two words, in milliseconds.
  package static let longestHold = 60_000

  /// The usual settings.
  public init() {}

  /// Whether the thresholds are probabilities above zero, the second one not above the first, and the durations
  /// from 0 to a second and to a minute.
  public var isUsable: Bool {
    threshold > 0 && threshold <= 1 && endThreshold > 0 && endThreshold <= threshold
      && (0...Self.longestSmoothing).contains(smoothing) && (0...Self.longestHold).contains(hold)
  }
}
