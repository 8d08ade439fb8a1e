/// How probabilities of speech become segments of it.
public struct SpeechSettings: Sendable, Hashable {
  /// Speech begins at this probability, and ends 0.15 below it (at least at 0.01).
  public var threshold: Float = 0.5
  /// Segments of no more are dropped, in milliseconds.
  public var minimalSpeech = 250
  /// Silence of less does not end a segment, in milliseconds.
  public var minimalSilence = 100
  /// Put before and behind each segment, in milliseconds.
  public var padding = 30

  /// The usual settings.
  public init() {}
}

/// The frames of a voice-activity model: a context of samples that the frame before ended with, then eight
/// times as many new ones.
public struct SpeechFrame: Sendable, Hashable {
  /// Samples a second.
  public let rate: Int
  /// Samples that the frame before ended with.
  public let context: Int
  /// New samples.
  public let hop: Int

  /// The frame of a model that reads `inputSize` samples a step, 576 at 16 kHz or 288 at 8 kHz; nil for others.
  public init?(inputSize: Int) {
    switch inputSize {
    case 576: (rate, context, hop) = (16000, 64, 512)
    case 288: (rate, context, hop) = (8000, 32, 256)
    default: return nil
    }
  }
}
