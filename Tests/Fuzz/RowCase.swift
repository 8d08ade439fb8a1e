import SluiceConversion
import SluiceImport
import SluiceNetwork

/// What `sluice run` reads as rows, and all that it makes of some bytes; the fuzzer's and the tests'.
enum RowCase: String, CaseIterable, Sendable {
  case npy, wav, raw, csv, jsonl

  /// The rows of a source as bits, up to an error.
  struct Outcome: Equatable {
    var rows: [[UInt64]] = []
    var missing = MissingCount()
    var error: ConversionError?
  }

  /// Reads all of it, with a number for what is missing.
  func rows(_ bytes: ByteStream) -> Outcome {
    var outcome = Outcome()
    do throws(ConversionError) {
      switch self {
      case .npy: try read(ArrayRows(bytes, inputSize: 3, readsIDs: false), &outcome)
      case .wav:
        let samples = try SampleStream(wav: bytes)
        try read(samples, &outcome)
        let isLoud = outcome.rows.joined().contains { Double(bitPattern: $0).magnitude > 1 }
        precondition(
          samples.format == .f32le || samples.format == .f64le || !isLoud, "a loud sample")
      case .raw: try read(SampleStream(raw: bytes, .f32le, channels: 2, rate: 8000), &outcome)
      case .csv: try read(TextRows(bytes, .csv, columns: 2, mayMiss: true), &outcome)
      case .jsonl: try read(TextRows(bytes, .jsonLines, columns: 2, mayMiss: false), &outcome)
      }
    } catch { outcome.error = error }
    return outcome
  }

  private func read(
    _ reader: some RowReader, _ outcome: inout Outcome
  ) throws(ConversionError) {
    var (reader, missing) = (reader, MissingValues([.value(0.5)]))
    var row = [Double](repeating: 0, count: reader.columns)
    while try reader.next(into: &row) {
      try missing.mend(&row, of: reader)
      outcome.rows.append(row.map(\.bitPattern))
      outcome.missing = missing.count
    }
  }
}
