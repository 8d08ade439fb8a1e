import SluiceBlob
import SluiceSignal
import _SluiceSystem

/// Finds speech in samples as they come: frames, a voice-activity model, and the rules that make segments of
/// its probabilities.
///
/// Its memory is taken when it is made. After that it neither allocates, locks, enters the kernel nor traps; a
/// frame costs a step of the model.
@safe
public struct VoiceActivity: ~Copyable {
  /// The frames of the model.
  public let frame: SpeechFrame
  /// The probability of speech in the last frame.
  public private(set) var probability: Float = 0
  /// Whether the last frame left the model as it should be. If not, its probability and all later ones are
  /// worth nothing, and no segment follows: ``reset()`` begins anew.
  public private(set) var isFinite = true
  /// Samples so far.
  public private(set) var sampleCount = 0

  private var stream: ModelStream
  private var filler: FrameFiller
  private var detector: SpeechDetector
  private var settled: Range<Int>?
  /// The frame that is being filled, `[context + hop]`; behind it lies the stream's buffer.
  private let samples: UnsafeMutablePointer<Float>
  private let ownsMemory: Bool

  /// Begins with `model`'s initial state; nil where its metadata do not say that it is for voice activity.
  ///
  /// - Precondition: `settings` are usable.
  /// - Throws: `ModelError` where no stream of it can be made.
  public init?(
    _ model: borrowing Model, _ settings: SpeechSettings = SpeechSettings()
  ) throws(ModelError) {
    precondition(settings.isUsable, "settings")
    guard SpeechFrame(of: model) != nil else { return nil }
    if let excess = model.excess(streamOf: 1) { throw excess.error }
    guard let count = VoiceActivity.byteCount(of: model), let memory = unsafe sluice_allocate(count)
    else { throw .outOfMemory }
    unsafe self.init(unchecked: settings, model, at: memory, owned: true)
  }

  /// As above, in memory of ``byteCount(of:)`` bytes, 64-byte aligned, which is let go at the end where it is
  /// `owned`.
  package init?(
    unchecked settings: SpeechSettings, _ model: borrowing Model,
    at memory: UnsafeMutableRawPointer, owned: Bool
  ) {
    guard let frame = SpeechFrame(of: model),
      let count = ModelStream.byteCount(of: model, blockSize: 1)
    else { return nil }
    self.frame = frame
    unsafe samples = memory.assumingMemoryBound(to: Float.self)
    ownsMemory = owned
    stream = unsafe ModelStream(
      model, blockSize: 1, at: memory + frame.byteCount, byteCount: count, owned: false)
    filler = FrameFiller(
      size: frame.context &+ frame.hop, hop: frame.hop, lead: frame.context)
    detector = SpeechDetector(unchecked: settings, rate: frame.rate, hop: frame.hop)
    unsafe filler.reset(samples)
  }

  /// Bytes that it takes; nil where `model` is none for voice activity.
  package static func byteCount(of model: borrowing Model) -> Int? {
    guard let frame = SpeechFrame(of: model),
      let count = ModelStream.byteCount(of: model, blockSize: 1)
    else { return nil }
    let (sum, overflow) = count.addingReportingOverflow(frame.byteCount)
    return overflow ? nil : sum
  }

  deinit {
    if ownsMemory { unsafe free(samples) }
  }

  /// Whether speech goes on: it has begun, and has not fallen silent for long enough.
  public var isSpeaking: Bool { detector.isSpeaking }

  /// Takes a sample; true where it completes a frame, whose ``probability`` is then known.
  public mutating func append(_ sample: Float) -> Bool {
    sampleCount &+= 1
    guard unsafe filler.append(sample, to: samples) else { return false }
    step()
    return true
  }

  /// Fills the last frame up with silence; false where no sample has come since the one before.
  public mutating func complete() -> Bool {
    guard unsafe filler.complete(samples) else { return false }
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

  /// Begins anew: another signal.
  public mutating func reset() {
    stream.reset()
    unsafe filler.reset(samples)
    detector.reset()
    (probability, isFinite, sampleCount, settled) = (0, true, 0, nil)
  }

  /// Whether the models of both have the same frames and topology, as ``carry(from:)`` needs.
  public func canCarry(from other: borrowing VoiceActivity) -> Bool {
    frame == other.frame && stream.hasTopology(of: other.stream)
  }

  /// Continues from where another signal is, in the middle of a frame, a word or a silence, with
  /// its own settings and weights. The other one goes on as it was. Never allocates.
  ///
  /// - Precondition: ``canCarry(from:)``.
  public mutating func carry(from other: borrowing VoiceActivity) {
    precondition(canCarry(from: other), "The other model has other frames or another topology")
    adopt(other)
  }

  /// `carry` without its precondition.
  package mutating func adopt(_ other: borrowing VoiceActivity) {
    stream.adoptCarried(of: other.stream)
    filler = other.filler
    detector.adopt(other.detector)
    (probability, isFinite) = (other.probability, other.isFinite)
    (sampleCount, settled) = (other.sampleCount, other.settled)
    var index = 0
    while index < frame.context &+ frame.hop {
      unsafe samples[index] = other.samples[index]
      index &+= 1
    }
  }

  private mutating func step() {
    let stays = unsafe withUnsafeMutablePointer(to: &probability) {
      unsafe stream.stepRow(samples, into: $0, looking: true)
    }
    isFinite = isFinite && stays && probability.bitPattern.isOfFiniteFloat
    settled = isFinite ? detector.append(probability) : nil
  }
}

extension SpeechFrame {
  /// The frames of `model`; nil where its metadata do not say, with a rate, a hop and a context that fit it, that
  /// it reads such frames and gives one probability for each.
  public init?(of model: borrowing Model) {
    guard let task = model.metadataValue(at: "/task"),
      task.isString(ModelTask.voiceActivity), let rate = model.metadataCount(at: "/sample_rate"),
      let hop = model.metadataCount(at: "/hop"),
      let context = model.metadataCount(at: "/context"), !model.readsTokens,
      model.isStreamable, model.outputSize == 1, model.output == .sequence
    else { return nil }
    self.init(rate: rate, context: context, hop: hop)
    guard context &+ hop == model.inputSize else { return nil }
  }

  /// Bytes of a frame: whole lines.
  fileprivate var byteCount: Int { (context &+ hop &+ 15) / 16 &* 64 }
}

// One owner, no shared mutable state: whoever holds it may send it on.
extension VoiceActivity: @unchecked Sendable {}
