import AllocationCounter
import SluiceSignal

/// Everything of the signal module, sample by sample.
struct SignalRun: ~Copyable {
  private var spectra = ShortTimeFourier(size: 400, hop: 160)
  private var odd = ShortTimeFourier(size: 147, hop: 49, isCentered: false)
  private var inverse = OverlapAdd(size: 400, hop: 160)
  private var framer = Framer(size: 576, hop: 512, lead: 64)
  private let filters = MelFilters(count: 40, size: 400, rate: 16000)
  private var resampler: Resampler
  private var speech = SpeechDetector(rate: 16000, hop: 512)
  private var words: KeywordDetector
  private var probabilities: [Float] = [0, 0, 0]
  private var random: UInt64 = 1
  private var sum: Float = 0

  init() {
    guard let resampler = Resampler(from: 44100, to: 16000) else { fatalError("no resampler") }
    guard let words = KeywordDetector(labelCount: 3, background: 0, rate: 16000, hop: 512) else {
      fatalError("no detector")
    }
    self.resampler = resampler
    self.words = words
  }

  /// `count` samples of noise; `misbehaviour` breaks a promise in the middle, nil for none.
  @inline(never)
  mutating func run(_ count: Int, _ misbehaviour: UnsafePointer<CChar>? = nil) {
    for index in 0..<count {
      if index == count / 2, let word = unsafe misbehaviour { unsafe _ = misbehave(word) }
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      resampler.append(Float(random >> 40) * 0x1p-23 - 1)
      while let sample = resampler.next() { take(sample) }
    }
    resampler.reset()
    precondition(sum.isFinite)
  }

  private mutating func take(_ sample: Float) {
    if framer.append(sample) {
      if let segment = speech.append(Float(random >> 63)) { sum += Float(segment.count) }
      probabilities[Int(random >> 62) % 3] = Float(random >> 63)
      if let word = words.append(probabilities) { sum += word.probability }
    }
    if odd.append(sample) { sum += odd.spectrum[0] }
    guard spectra.append(sample) else { return }
    let spectrum = spectra.spectrum
    inverse.append(spectrum.span)
    var mel = InlineArray<40, Float>(repeating: 0)
    var row = mel.mutableSpan
    filters.power(of: spectrum.span, into: &row)
    sum += Level.decibels(mel[0]) + Level.natural(mel[1]) + inverse.samples[0]
  }
}
