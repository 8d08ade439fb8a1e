/// Finds words in a model's probabilities of them as they come, a frame at a time.
///
/// Each label's probability is smoothed: the mean of the last frames, zeros before the first. A word is told where
/// its smoothed probability is the greatest of all words' and reaches the threshold, at once, unless another word was
/// told a moment ago; and again only after it has been below the end threshold. Nothing is allocated after it was made. It
/// cannot be copied: the copy would allocate with its next frame.
public struct KeywordDetector: ~Copyable, Sendable {
  /// A word that was said.
  public struct Keyword: Sendable, Hashable {
    /// Its index among the labels.
    public let label: Int
    /// Its smoothed probability when it was told.
    public let probability: Float
  }

  /// Probabilities of a frame.
  public let labelCount: Int
  /// The label that is no word, as silence; nil for none.
  public let background: Int?

  private let settings: KeywordSettings
  private let hop: Int
  // In samples.
  private let hold: Int
  /// The last frames' probabilities, a ring `[steps, labelCount]`, and where the oldest one stands.
  private var frames: [Float]
  private var oldest = 0
  private let steps: Int
  /// The word that was told and has not fallen silent.
  private var current: Int?
  /// Samples since the last word, as many as matter.
  private var since: Int

  /// Probabilities that are kept at most.
  private static var limit: Int { 1 << 22 }

  /// A detector of frames of `hop` new samples, of so many labels; nil where the smoothing would keep more than 4 million
  /// probabilities.
  ///
  /// - Precondition: `rate`, `hop` and `labelCount` are above zero, `rate` is at most 2^20, `background` is one of
  ///   the labels, and the settings are usable.
  public init?(
    labelCount: Int, background: Int?, rate: Int, hop: Int,
    _ settings: KeywordSettings = KeywordSettings()
  ) {
    precondition(labelCount > 0 && background.map { (0..<labelCount).contains($0) } != false)
    precondition((1...SpeechFrame.limit).contains(rate) && hop > 0, "a rate and a hop")
    precondition(settings.isUsable, "settings")
    // To the nearest frame; what lies in the middle goes up.
    steps = max((2 * settings.smoothing * rate / 1000 + hop) / (2 * hop), 1)
    let (count, overflow) = steps.multipliedReportingOverflow(by: labelCount)
    guard !overflow, count <= Self.limit else { return nil }
    (self.labelCount, self.background, self.settings) = (labelCount, background, settings)
    self.hop = hop
    hold = settings.hold * rate / 1000
    since = hold
    frames = [Float](repeating: 0, count: count)
  }

  /// Takes the next frame's probabilities, `[labelCount]`.
  ///
  /// - Returns: the word that is known now; at most one a frame.
  /// - Precondition: there are as many as labels.
  public mutating func append(_ probabilities: [Float]) -> Keyword? {
    precondition(probabilities.count == labelCount, "as many probabilities as labels")
    for label in 0..<labelCount { frames[oldest * labelCount + label] = probabilities[label] }
    oldest = oldest + 1 == steps ? 0 : oldest + 1
    if since < hold { since += hop }
    if let label = current, smoothed(label) < Double(settings.endThreshold) { current = nil }
    var (best, greatest) = (0, -Double.infinity)
    for label in 0..<labelCount where label != background {
      let probability = smoothed(label)
      if probability > greatest { (best, greatest) = (label, probability) }
    }
    guard best != current, greatest >= Double(settings.threshold), since >= hold else { return nil }
    (current, since) = (best, 0)
    return Keyword(label: best, probability: Float(greatest))
  }

  /// Begins anew.
  public mutating func reset() {
    for index in frames.indices { frames[index] = 0 }
    (oldest, current, since) = (0, nil, hold)
  }

  /// The mean of the last frames, from the oldest on.
  private func smoothed(_ label: Int) -> Double {
    var sum = 0.0
    for step in 0..<steps {
      let at = oldest + step < steps ? oldest + step : oldest + step - steps
      sum += Double(frames[at * labelCount + label])
    }
    return sum / Double(steps)
  }
}
