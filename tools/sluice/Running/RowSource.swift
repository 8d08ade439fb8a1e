import Sluice
import SluiceConversion
import SluiceNetwork

/// How rows of numbers are written, by the last part of a name.
enum RowFormat: String, CaseIterable {
  case npy
  case csv
  case jsonl
  case wav

  /// What can be read as rows; recordings have an option of their own.
  static let read: [RowFormat] = [.npy, .csv, .jsonl]

  /// The format that the name of a file says; nil for a name that says nothing.
  init?(path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    let ending = path[dot...].dropFirst().lowercased()
    self.init(rawValue: ending == "ndjson" ? "jsonl" : ending)
  }
}

/// What is read: rows that stand for steps of a model, or samples that frames are cut of.
struct RowSource {
  /// The reader, a row a step.
  var reader: any RowReader
  /// Steps of each sequence; nil for one that goes on to the end.
  private(set) var steps: Int?
  /// Sequences, where the source counts them.
  private(set) var batch: Int?

  /// Opens what `--input` names.
  ///
  /// - Parameters:
  ///   - names: those of the model's inputs; empty where nothing is said.
  ///   - mayMiss: whether rows may be missing.
  init(
    rows arguments: Arguments, _ model: borrowing Model, names: [String?], mayMiss: Bool
  ) throws(ToolError) {
    let path = arguments[RunOptions.input] ?? "-"
    let chosen = try RunOptions.choice(RunOptions.format, RowFormat.read, arguments)
    let named = RowFormat(path: path)
    guard chosen != nil || path != "-" else {
      throw arguments.usage("standard input has no name that says its format; expected --format")
    }
    guard chosen != nil || named != .wav else {
      throw arguments.usage("\(path) is a recording by its name; expected --wav, or --format")
    }
    try self.init(path, chosen ?? named ?? .npy, model, names: names, mayMiss: mayMiss)
  }

  /// Opens a source of rows that are written so.
  init(
    _ path: String, _ format: RowFormat, _ model: borrowing Model, names: [String?], mayMiss: Bool
  ) throws(ToolError) {
    let (size, readsIDs) = (model.inputSize, model.readsTokens)
    do throws(ConversionError) {
      let bytes = try ByteStream(path: path)
      switch format {
      case .csv, .jsonl, .wav:
        reader = TextRows(
          bytes, format == .csv ? .csv : .jsonLines, columns: readsIDs ? 1 : size,
          names: names, mayMiss: mayMiss)
      case .npy:
        let rows = try ArrayRows(bytes, inputSize: size, readsIDs: readsIDs)
        (reader, steps, batch) = (rows, rows.steps, rows.batch)
      }
    } catch { throw ToolError(error) }
  }

  /// Samples, a row a time step.
  init(samples: SampleStream) { reader = samples }

  /// Opens what `--wav` or `--raw` name.
  static func samples(_ arguments: Arguments) throws(ToolError) -> SampleStream {
    let format = try RunOptions.choice(RunOptions.raw, SampleFormat.raw, arguments)
    let rate = try RunOptions.integer(RunOptions.rate, 1...10_000_000, arguments)
    let channels = try RunOptions.integer(
      RunOptions.channels, 1...SampleStream.channelLimit, arguments)
    return try converting { () throws(ConversionError) in
      guard let format, let rate else {
        return try SampleStream(wav: ByteStream(path: arguments[RunOptions.wav] ?? "-"))
      }
      return SampleStream(
        raw: try ByteStream(path: arguments[RunOptions.input] ?? "-"), format,
        channels: channels ?? 1, rate: rate)
    }
  }
}
