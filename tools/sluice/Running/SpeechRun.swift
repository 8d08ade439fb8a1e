import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork
import SluiceSignal

/// Samples through a voice-activity model: mixed, brought to its rate, cut into frames; each segment out as
/// soon as it is known.
struct SpeechRun: ~Copyable {
  private var samples: MixedSamples
  private var activity: VoiceActivity
  private var console: SpeechConsole
  private var file: RowSinks
  private var frameCount = 0

  init(
    _ samples: SampleStream, _ missing: [MissingPolicy], _ activity: consuming VoiceActivity,
    _ console: SpeechConsole, _ file: RowSinks
  ) throws(ToolError) {
    self.samples = try MixedSamples(samples, missing, rate: activity.frame.rate)
    (self.console, self.file) = (console, file)
    self.activity = activity
  }

  mutating func run() throws(ToolError) {
    while let sample = try samples.next() {
      if activity.append(sample) { try tell() }
    }
    if activity.complete() { try tell() }
    while let segment = activity.lastSegment() { console.segment(samples.inSource(segment)) }
    try file.finish(shape: [frameCount, 1], missing: samples.missingCount)
    console.finish(count: samples.source.count, missing: samples.missingCount)
  }

  /// What the last frame gave.
  private mutating func tell() throws(ToolError) {
    let hop = activity.frame.hop
    let frame = samples.inSource(frameCount * hop..<(frameCount + 1) * hop)
    guard activity.isFinite else {
      throw ToolError(
        .failed,
        "\(samples.source.file): frame \(frameCount), from sample \(frame.lowerBound) on: the model gives "
          + "numbers that are not finite, and would from there on; are the samples beyond -1 to 1?")
    }
    console.frame(frameCount, frame, activity.probability)
    try file.row([frameCount], [activity.probability])
    frameCount += 1
    if let segment = activity.nextSegment() { console.segment(samples.inSource(segment)) }
  }
}
