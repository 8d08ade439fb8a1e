import Sluice
import SluiceSignal

extension SpeechFrame {
  /// The frames of `model`; nil where it is no voice-activity model: one that reads such frames and gives
  /// one probability for each.
  public init?(of model: borrowing Model) {
    guard !model.readsTokens, model.outputSize == 1, model.output == .sequence else { return nil }
    self.init(inputSize: model.inputSize)
  }
}

/// Finds speech in samples as they come: frames, a voice-activity model, and the rules that make segments of
/// its probabilities.
///
/// Nothing is allocated after it was made; a frame costs a step of the model.
public struct VoiceActivity: ~Copyable {
  /// The frames of the model.
  public let frame: SpeechFrame
  /// The probability of speech in the last frame.
  public private(set) var probability: Float = 0
  /// Samples so far.
  public private(set) var sampleCount = 0

  private var stream: ModelStream
  private var framer: Framer
  private var detector: SpeechDetector
  private var settled: Range<Int>?

  /// Begins with `model`'s initial state; nil where it is no voice-activity model.
  ///
  /// - Throws: `ModelError` where no stream of it can be made.
  public init?(
    _ model: borrowing Model, _ settings: SpeechSettings = SpeechSettings()
  ) throws(ModelError) {
    guard let frame = SpeechFrame(of: model) else { return nil }
    guard model.isStreamable else { throw .notStreamable }
    stream = try ModelStream(model)
    self.frame = frame
    framer = Framer(size: frame.context + frame.hop, hop: frame.hop, lead: frame.context)
    detector = SpeechDetector(rate: frame.rate, hop: frame.hop, settings)
  }

  /// Takes a sample; true where it completes a frame, whose ``probability`` is then known.
  public mutating func append(_ sample: Float) -> Bool {
    sampleCount += 1
    guard framer.append(sample) else { return false }
    step()
    return true
  }

  /// Fills the last frame up with silence; false where no sample has come since the one before.
  public mutating func complete() -> Bool {
    guard framer.complete() else { return false }
    step()
    return true
  }

  /// The segment that the last frame settled, in samples: once.
  public mutating func nextSegment() -> Range<Int>? {
    defer { settled = nil }
    return settled
  }

  /// What is left once the signal has ended and the last frame is complete; called until it is nil.
  public mutating func lastSegment() -> Range<Int>? { detector.finish(count: sampleCount) }

  private mutating func step() {
    // A reference that is gone before the framer writes again: no copy is made.
    let x = framer.frame
    var output: InlineArray<1, Float> = [0]
    var y = output.mutableSpan
    stream.step(x.span, into: &y)
    probability = output[0]
    settled = detector.append(probability)
  }
}
