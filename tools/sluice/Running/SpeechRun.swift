import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork
import SluiceSignal

/// Samples through a voice-activity model: mixed, brought to its rate, cut into frames; each segment out as
/// soon as it is known.
struct SpeechRun: ~Copyable {
  private var samples: SampleStream
  private var missing: MissingValues
  private var activity: VoiceActivity
  /// Nil where the rates are the same.
  private var resampler: Resampler?
  private var console: SpeechConsole
  private var file: RowSinks
  private var frameCount = 0

  init(
    _ samples: SampleStream, _ missing: [MissingPolicy], _ activity: consuming VoiceActivity,
    _ console: SpeechConsole, _ file: RowSinks
  ) throws(ToolError) {
    resampler = try samples.resampler(to: activity.frame.rate)
    (self.samples, self.console, self.file) = (samples, console, file)
    self.missing = MissingValues(missing)
    self.activity = activity
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
    if activity.complete() { try tell() }
    while let segment = activity.lastSegment() { console.segment(inSource(segment)) }
    try file.finish(shape: [frameCount, 1], missing: missing.count)
    console.finish(count: samples.count, missing: missing.count)
  }

  private mutating func next(_ row: inout [Double]) throws(ToolError) -> Bool {
    do throws(ConversionError) {
      guard try samples.next(into: &row) else { return false }
      try missing.mend(&row, of: samples)
      return true
    } catch { throw ToolError(error) }
  }

  private mutating func take(_ sample: Float) throws(ToolError) {
    if activity.append(sample) { try tell() }
  }

  /// What the last frame gave.
  private mutating func tell() throws(ToolError) {
    let hop = activity.frame.hop
    let frame = inSource(frameCount * hop..<(frameCount + 1) * hop)
    guard activity.isFinite else {
      throw ToolError(
        .failed,
        "\(samples.file): frame \(frameCount), from sample \(frame.lowerBound) on: the model gives "
          + "numbers that are not finite, and would from there on; are the samples beyond -1 to 1?")
    }
    console.frame(frameCount, frame, activity.probability)
    try file.row([frameCount], [activity.probability])
    frameCount += 1
    if let segment = activity.nextSegment() { console.segment(inSource(segment)) }
  }

  /// The model's samples as those of the source.
  private func inSource(_ range: Range<Int>) -> Range<Int> {
    guard resampler != nil else { return range }
    let ratio = Double(samples.rate) / Double(activity.frame.rate)
    func place(_ sample: Int) -> Int { min(Int((Double(sample) * ratio).rounded()), samples.count) }
    return place(range.lowerBound)..<place(range.upperBound)
  }
}
