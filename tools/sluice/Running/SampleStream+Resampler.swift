import SluiceConversion
import SluiceSignal

extension SampleStream {
  /// What brings the samples to `rate`; nil where they have it.
  func resampler(to rate: Int) throws(ToolError) -> Resampler? {
    guard self.rate != rate else { return nil }
    // A header may say anything; of very few samples a second each would become many frames.
    let usual = max(rate / 16, 1)...10_000_000
    guard usual.contains(self.rate), let resampler = Resampler(from: self.rate, to: rate) else {
      throw ToolError(
        .badFile,
        "\(file): \(self.rate) samples a second are too few, too many or have too little in common with "
          + "\(rate); expected a usual rate, as \(rate) or 48000")
    }
    return resampler
  }
}
