import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork
import SluiceSignal

/// Samples through a model that spots words: mixed, brought to its rate, cut into frames; each word out as soon as
/// it is known.
struct KeywordRun: ~Copyable {
  private let hop: Int
  private var samples: MixedSamples
  private var stream: ModelStream
  private var framer: Framer
  private var detector: KeywordDetector
  private var console: KeywordConsole
  private var file: RowSinks
  private let labels: [String]
  private var frameCount = 0
  private var probabilities: [Float]

  init(
    _ samples: SampleStream, _ missing: [MissingPolicy], _ keywords: ModelMetadata.Keywords,
    _ detector: consuming KeywordDetector, _ stream: consuming ModelStream,
    _ console: KeywordConsole, _ file: RowSinks
  ) throws(ToolError) {
    self.samples = try MixedSamples(samples, missing, rate: keywords.rate)
    (self.console, self.file) = (console, file)
    self.detector = detector
    self.stream = stream
    (hop, labels) = (keywords.hop, keywords.labels)
    framer = Framer(
      size: keywords.context + keywords.hop, hop: keywords.hop, lead: keywords.context)
    probabilities = [Float](repeating: 0, count: keywords.labels.count)
  }

  mutating func run() throws(ToolError) {
    while let sample = try samples.next() {
      if framer.append(sample) { try step() }
    }
    if framer.complete() { try step() }
    try file.finish(shape: [frameCount, labels.count], missing: samples.missingCount)
    console.finish(count: samples.source.count, missing: samples.missingCount)
  }

  private mutating func step() throws(ToolError) {
    stream.step(framer.frame, into: &probabilities)
    let frame = samples.inSource(frameCount * hop..<(frameCount + 1) * hop)
    guard probabilities.allSatisfy(\.isFinite) else {
      throw ToolError(
        .failed,
        "\(samples.source.file): frame \(frameCount), from sample \(frame.lowerBound) on: the model gives "
          + "numbers that are not finite, and would from there on; are the samples beyond -1 to 1?")
    }
    let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
    console.frame(frameCount, frame, labels[best], probabilities[best])
    try file.row([frameCount], probabilities)
    if let word = detector.append(probabilities) {
      console.word(labels[word.label], word.label, word.probability, frame.upperBound)
    }
    frameCount += 1
  }
}
