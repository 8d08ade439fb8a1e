import SluiceConversion
import SluiceImport
import SluiceNetwork
import SluiceSignal

/// The samples of a source, its channels mixed, missing ones mended, at the rate of a model.
struct MixedSamples: ~Copyable {
  private(set) var source: SampleStream
  /// Samples a second that the model reads.
  private let rate: Int
  private var missing: MissingValues
  /// Nil where the rates are the same.
  private var resampler: Resampler?
  private var row: [Double]
  private var hasEnded = false

  init(
    _ source: SampleStream, _ missing: [MissingPolicy], rate: Int
  ) throws(ToolError) {
    resampler = try Self.resampler(of: source, to: rate)
    self.source = source
    self.rate = rate
    self.missing = MissingValues(missing)
    row = [Double](repeating: 0, count: source.channels)
  }

  /// What was missing so far.
  var missingCount: MissingCount { missing.count }

  /// The model's samples as those of the source.
  func inSource(_ range: Range<Int>) -> Range<Int> {
    guard resampler != nil else { return range }
    let ratio = Double(source.rate) / Double(rate)
    func place(_ sample: Int) -> Int { min(Int((Double(sample) * ratio).rounded()), source.count) }
    return place(range.lowerBound)..<place(range.upperBound)
  }

  /// The next sample; nil behind the last.
  mutating func next() throws(ToolError) -> Float? {
    while true {
      if let sample = resampler?.next() { return sample }
      guard !hasEnded else { return nil }
      guard try readRow() else {
        hasEnded = true
        resampler?.end()
        continue
      }
      let sample = Float(row.reduce(0, +) / Double(row.count))
      if resampler == nil { return sample }
      resampler?.append(sample)
    }
  }

  private mutating func readRow() throws(ToolError) -> Bool {
    do throws(ConversionError) {
      guard try source.next(into: &row) else { return false }
      try missing.mend(&row, of: source)
      return true
    } catch { throw ToolError(error) }
  }

  private static func resampler(
    of source: SampleStream, to rate: Int
  ) throws(ToolError) -> Resampler? {
    guard source.rate != rate else { return nil }
    // A header may say anything; of very few samples a second each would become many frames.
    let usual = max(rate / 16, 1)...10_000_000
    guard usual.contains(source.rate), let resampler = Resampler(from: source.rate, to: rate)
    else {
      throw ToolError(
        .badFile,
        "\(source.file): \(source.rate) samples a second are too few, too many or have too little in "
          + "common with \(rate); expected a usual rate, as \(rate) or 48000")
    }
    return resampler
  }
}
