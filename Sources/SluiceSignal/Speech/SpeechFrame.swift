/// The frames of a voice-activity model: a context of samples that the frame before ended with, then new ones.
public struct SpeechFrame: Sendable, Hashable {
  /// Samples a second.
  public let rate: Int
  /// Samples that the frame before ended with.
  public let context: Int
  /// New samples.
  public let hop: Int

  /// Samples that a frame has at most, and a second.
  package static var limit: Int { 1 << 20 }

  /// A frame of `context` samples and `hop` new ones; nil where there is no such frame.
  public init?(rate: Int, context: Int, hop: Int) {
    guard rate > 0, rate <= Self.limit, context >= 0, context <= Self.limit, hop > 0,
      hop <= Self.limit
    else { return nil }
    (self.rate, self.context, self.hop) = (rate, context, hop)
  }
}
