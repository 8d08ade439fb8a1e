/// Finds segments of speech in probabilities as they come, by the rules of Silero's
/// `get_speech_timestamps`.
///
/// A segment is told as soon as nothing that may come can change it: with the usual settings some 100 ms
/// behind its end, later only where the next one begins within its padding. Allocates nothing, and once it
/// was made nothing traps: a recording of 2^63 samples lasts longer than anybody.
public struct SpeechDetector: Sendable {
  private let hop: Int
  private let threshold: Float
  /// Speech does not end as easily as it begins.
  private let end: Float
  // In samples.
  private let shortest: Int
  private let silence: Int
  private let padding: Int

  private var frameCount = 0
  /// Where speech began that goes on.
  private var start: Int?
  /// Where it fell silent, if it did.
  private var quiet: Int?
  /// The last segment that is to be told: where it begins, padded, and where it ends, not padded.
  private var waiting: (start: Int, end: Int)?
  /// The end of the last segment, not padded.
  private var lastEnd: Int?

  /// A detector of frames of `hop` new samples.
  ///
  /// - Precondition: `rate` and `hop` are above zero, and the settings usable.
  public init(rate: Int, hop: Int, _ settings: SpeechSettings = SpeechSettings()) {
    precondition(rate > 0 && hop > 0, "a rate and a hop")
    precondition(settings.isUsable, "settings")
    self.init(unchecked: settings, rate: rate, hop: hop)
  }

  /// As above, without its preconditions.
  package init(unchecked settings: SpeechSettings, rate: Int, hop: Int) {
    self.hop = hop
    threshold = settings.threshold
    end = settings.endThreshold ?? max(settings.threshold - 0.15, 0.01)
    shortest = rate &* settings.minimalSpeech / 1000
    silence = rate &* settings.minimalSilence / 1000
    padding = rate &* settings.padding / 1000
  }

  /// Whether speech has begun and not ended, at the frame that came last: at most the shortest silence late.
  public var isSpeaking: Bool { start != nil }

  /// Takes the next frame's probability.
  ///
  /// - Returns: a segment that is settled now, in samples; at most one a frame.
  public mutating func append(_ probability: Float) -> Range<Int>? {
    let at = frameCount &* hop
    frameCount &+= 1
    var settled: Range<Int>?
    if probability >= threshold {
      quiet = nil
      if start == nil { start = at }
    } else if probability < end, let began = start {
      let paused = quiet ?? at
      quiet = paused
      if at &- paused >= silence {
        if paused &- began > shortest { settled = close(began, paused) }
        (start, quiet) = (nil, nil)
      }
    }
    return settled ?? settle(at)
  }

  /// Ends the signal after `count` samples, where the last frame may end with silence that was put there.
  ///
  /// - Returns: a segment that is left; called until there is none.
  public mutating func finish(count: Int) -> Range<Int>? {
    if let began = start {
      (start, quiet) = (nil, nil)
      if count &- began > shortest, let settled = close(began, count) { return settled }
    }
    guard let last = waiting else { return nil }
    waiting = nil
    return Self.range(last.start, min(count, last.end &+ padding))
  }

  /// Begins anew.
  public mutating func reset() {
    (frameCount, start, quiet, waiting, lastEnd) = (0, nil, nil, nil, nil)
  }

  /// Continues from where another one of the same rate and hop is, with its own settings.
  package mutating func adopt(_ other: SpeechDetector) {
    (frameCount, start, quiet) = (other.frameCount, other.start, other.quiet)
    (waiting, lastEnd) = (other.waiting, other.lastEnd)
  }

  /// Takes a segment, not padded; the one that waited for what follows it is settled.
  private mutating func close(_ began: Int, _ ended: Int) -> Range<Int>? {
    let settled = waiting.map { Self.range($0.start, $0.end &+ share(began)) }
    waiting = (max(0, began &- share(began)), ended)
    lastEnd = ended
    return settled
  }

  private static func range(_ start: Int, _ end: Int) -> Range<Int> {
    unsafe Range(uncheckedBounds: (start, end))
  }

  /// What is put between a segment that begins at `next` and the one before: two that would meet share
  /// what lies between them.
  private func share(_ next: Int) -> Int {
    guard let lastEnd, next &- lastEnd < 2 &* padding else { return padding }
    return (next &- lastEnd) / 2
  }

  /// The segment that waits, where neither silence to come nor the speech that goes on can change it.
  private mutating func settle(_ at: Int) -> Range<Int>? {
    guard let last = waiting else { return nil }
    if let began = start, began &- last.end < 2 &* padding {
      // It depends on whether what goes on will be long enough to be kept.
      guard (quiet ?? at) &- began > shortest else { return nil }
      waiting = nil
      return Self.range(last.start, last.end &+ share(began))
    }
    guard at >= last.end &+ padding, at &+ hop >= last.end &+ 2 &* padding else { return nil }
    waiting = nil
    return Self.range(last.start, last.end &+ padding)
  }
}
