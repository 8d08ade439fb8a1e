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
    guard model.metadataString(at: "/task") == "\(ModelTask.denoising)",
      let rate = model.metadataNumber(at: "/sample_rate").flatMap({ Int(exactly: $0) }),
      let hop = model.metadataNumber(at: "/hop").flatMap({ Int(exactly: $0) }),
      let context = model.metadataNumber(at: "/context").flatMap({ Int(exactly: $0) }),
      rate > 0, hop > 0, context >= 0, context < 1 << 20, hop < 1 << 20,
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
  private var samples: SampleStream
  private var missing: MissingValues
  private var sinks: RowSinks
  private var stream: ModelStream
  private var spectra: ShortTimeFourier
  private var signal: OverlapAdd
  /// Nil where the rates are the same.
  private var resampler: Resampler?
  /// The samples before the mirror is known, later the last ones.
  private var kept: [Float] = []
  private var taken = 0
  /// Samples written, of which half a frame lies before the signal.
  private var written: Int
  private var clean: [Float]

  init(
    _ samples: SampleStream, _ missing: [MissingPolicy], _ frame: DenoisingFrame,
    _ stream: consuming ModelStream, _ sinks: RowSinks
  ) throws(ToolError) {
    resampler = try samples.resampler(to: frame.rate)
    (self.frame, self.samples, self.sinks) = (frame, samples, sinks)
    self.missing = MissingValues(missing)
    self.stream = stream
    spectra = ShortTimeFourier(
      size: frame.size, hop: frame.hop, window: .rootHann, isCentered: false)
    signal = OverlapAdd(size: frame.size, hop: frame.hop, window: .rootHann)
    written = -frame.size / 2
    clean = [Float](repeating: 0, count: frame.size + 2)
  }

  mutating func run() throws(ToolError) {
    var row = [Double](repeating: 0, count: samples.channels)
    while try next(&row) {
      let sample = Float(row.reduce(0, +) / Double(row.count))
      if resampler == nil {
        try take(sample)
      } else {
        resampler?.append(sample)
        while let next = resampler?.next() { try take(next) }
      }
    }
    resampler?.end()
    while let next = resampler?.next() { try take(next) }
    try end()
    try sinks.finish(shape: [taken, 1], missing: missing.count)
  }

  private mutating func next(_ row: inout [Double]) throws(ToolError) -> Bool {
    do throws(ConversionError) {
      guard try samples.next(into: &row) else { return false }
      try missing.mend(&row, of: samples)
      return true
    } catch { throw ToolError(error) }
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
    kept.removeFirst(kept.count - half - 1)
    try feed(sample)
  }

  /// The mirror behind the signal, and what the last frames still hold.
  private mutating func end() throws(ToolError) {
    let half = frame.size / 2
    guard taken > 0 else {
      throw ToolError(.badFile, "\(samples.file): has no sample; expected at least one")
    }
    if taken <= half {
      // Too short for a mirror: zeros around it.
      for _ in 0..<half { try feed(0) }
      for sample in kept { try feed(sample) }
      for _ in 0..<half { try feed(0) }
    } else {
      for index in 1...half { try feed(kept[half - index]) }
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
        "\(samples.file): the model gives numbers that are not finite, up to sample \(taken); are the "
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
