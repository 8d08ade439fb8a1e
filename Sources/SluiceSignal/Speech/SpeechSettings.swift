/// How probabilities of speech become segments of it.
public struct SpeechSettings: Sendable, Hashable {
  /// Speech begins at this probability: Silero's `threshold`.
  public var threshold: Float = 0.5
  /// Speech ends below this one, which is at most the other: Silero's `neg_threshold`. Nil for 0.15 below that,
  /// at least 0.01.
  public var endThreshold: Float?
  /// Segments of no more are dropped, in milliseconds: Silero's `min_speech_duration_ms`.
  public var minimalSpeech = 250
  /// Silence of less does not end a segment, in milliseconds: Silero's `min_silence_duration_ms`.
  public var minimalSilence = 100
  /// Put before and behind each segment, in milliseconds: Silero's `speech_pad_ms`.
  public var padding = 30

  /// The greatest duration, an hour in milliseconds.
  package static let longestDuration = 3_600_000

  /// The usual settings.
  public init() {}

  /// Whether the thresholds are probabilities above zero, the second one not above the first, and the durations
  /// from 0 to an hour.
  public var isUsable: Bool {
    func isDuration(_ value: Int) -> Bool { value >= 0 && value <= Self.longestDuration }
    let end = endThreshold ?? threshold
    return threshold > 0 && threshold <= 1 && end > 0 && end <= threshold
      && isDuration(minimalSpeech) && isDuration(minimalSilence) && isDuration(padding)
  }
}
