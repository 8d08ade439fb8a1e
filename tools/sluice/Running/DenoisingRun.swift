import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import SluiceSignal

/// The frames of a model that takes noise away; nil where its metadata do not say that it is one.
struct DenoisingFrame {
  let rate: Int
  let hop: Int
  let size: Int

  init?(of model: borrowing Model) {
    guard let task = model.metadataValue(at: "/task"), task.isString(ModelTask.denoising),
      let rate = model.metadataCount(at: "/sample_rate"),
      let hop = model.metadataCount(at: "/hop"),
      let context = model.metadataCount(at: "/context"),
      rate > 0, hop > 0, context < 1 << 20, hop < 1 << 20,
      (hop + context) % 2 == 0, model.inputSize == hop + context + 2,
      model.outputSize == model.inputSize, model.output == .sequence, model.isStreamable,
      !model.readsTokens
    else { return nil }
    (self.rate, self.hop, size) = (rate, hop, hop + context)
  }
}

/// Samples through a model that takes noise away: mixed, brought to its rate, each frame's spectrum to one
/// without noise, and those overlapped to a signal as long as the source's.
///
/// Frames stand centred, the signal mirrored around its ends, as `torch.stft` has it.
struct DenoisingRun: ~Copyable {
  private let frame: DenoisingFrame
  private var samples: MixedSamples
  private var sinks: RowSinks
  private var stream: ModelStream
  private var spectra: ShortTimeFourier
  private var signal: OverlapAdd
  /// The samples before the mirror is known, later the last ones: half a frame and one, or more.
  private var kept: [Float] = []
  private var taken = 0
  /// Samples written, of which half a frame lies before the signal.
  private var written: Int
  private var clean: [Float]

  init(
    _ samples: SampleStream, _ missing: [MissingPolicy], _ frame: DenoisingFrame,
    _ stream: consuming ModelStream, _ sinks: RowSinks
  ) throws(ToolError) {
    self.samples = try MixedSamples(samples, missing, rate: frame.rate)
    (self.frame, self.sinks) = (frame, sinks)
    self.stream = stream
    spectra = ShortTimeFourier(
      size: frame.size, hop: frame.hop, window: .rootHann, isCentered: false)
    signal = OverlapAdd(size: frame.size, hop: frame.hop, window: .rootHann)
    written = -frame.size / 2
    clean = [Float](repeating: 0, count: frame.size + 2)
  }

  mutating func run() throws(ToolError) {
    while let sample = try samples.next() { try take(sample) }
    try end()
    try sinks.finish(shape: [taken, 1], missing: samples.missingCount)
  }

  /// The mirror before the signal takes half a frame of it, which waits until then.
  private mutating func take(_ sample: Float) throws(ToolError) {
    let half = frame.size / 2
    taken += 1
    kept.append(sample)
    if taken <= half { return }
    if taken == half + 1 {
      for index in (1...half).reversed() { try feed(kept[index]) }
      for sample in kept { try feed(sample) }
      return
    }
    if kept.count >= 2 * frame.size { kept.removeFirst(kept.count - half - 1) }
    try feed(sample)
  }

  /// The mirror behind the signal, and what the last frames still hold.
  private mutating func end() throws(ToolError) {
    let half = frame.size / 2
    guard taken > 0 else {
      throw ToolError(.badFile, "\(samples.source.file): has no sample; expected at least one")
    }
    if taken <= half {
      // Too short for a mirror: zeros around it.
      for _ in 0..<half { try feed(0) }
      for sample in kept { try feed(sample) }
      for _ in 0..<half { try feed(0) }
    } else {
      let last = Array(kept.suffix(half + 1))
      for index in 1...half { try feed(last[half - index]) }
    }
    while written < taken {
      signal.flush()
      try write()
    }
  }

  private mutating func feed(_ sample: Float) throws(ToolError) {
    guard spectra.append(sample) else { return }
    stream.step(spectra.spectrum, into: &clean)
    guard clean.allSatisfy(\.isFinite) else {
      throw ToolError(
        .failed,
        "\(samples.source.file): the model gives numbers that are not finite, up to sample \(taken); are the "
          + "samples beyond -1 to 1?")
    }
    let spectrum = clean
    signal.append(spectrum.span)
    try write()
  }

  /// What the last spectrum completed of the signal.
  private mutating func write() throws(ToolError) {
    for index in signal.samples.indices {
      if written >= 0, written < taken { try sinks.row([written], [signal.samples[index]]) }
      written += 1
    }
  }
}
