import SluiceImport
import SluiceNetwork

/// Rows of results in a file, or in what takes them as they come.
struct RowFile {
  private var file: OutputFile
  private let format: RowFormat
  /// Samples a second, where it is a recording.
  private let rate: Int
  /// What waits for the shape that stands before it.
  private var values: [Float] = []
  private var hasHeader = false

  var path: String { file.path }

  /// The file that `--output` names; nil for none.
  ///
  /// - Parameters:
  ///   - rate: samples a second of the source, where it has samples.
  ///   - holdsFrames: whether a row stands for many samples.
  init?(_ arguments: Arguments, rate: Int?, holdsFrames: Bool = false) throws(ToolError) {
    guard let path = arguments[RunOptions.output] else { return nil }
    let chosen = try RunOptions.choice(
      RunOptions.outputFormat, RowFormat.allCases, arguments)
    format = chosen ?? RowFormat(path: path) ?? (OutputFile.isStandardOutput(path) ? .csv : .npy)
    guard format != .wav || !holdsFrames else {
      throw arguments.usage("probabilities of frames are no recording; expected npy, csv or jsonl")
    }
    let named = try RunOptions.integer(RunOptions.rate, 1...10_000_000, arguments)
    guard let rate = rate ?? named ?? (format == .wav ? nil : 0) else {
      throw arguments.usage("a WAV file of rows needs --rate, in samples a second")
    }
    self.rate = rate
    file = try OutputFile(path)
  }

  /// One of many files of rows that are written so: no recordings, whose rate somebody would have to say.
  init(_ path: String, _ format: RowFormat) throws(ToolError) {
    (self.format, rate) = (format, 0)
    file = try OutputFile(path, lasting: false)
  }

  mutating func row(_ row: [Float]) throws(ToolError) {
    switch format {
    case .npy: values += row
    case .csv: try file.write(Array((row.map { "\($0)" }.joined(separator: ",") + "\n").utf8))
    case .jsonl: try file.write(Array((JSON.array(row.map { .float($0) }).text + "\n").utf8))
    case .wav:
      if file.isLive, !hasHeader { try file.write(header(channels: row.count, size: nil)) }
      hasHeader = true
      try file.write(row.flatMap { Self.bytes($0.bitPattern) })
      values = row
    }
  }

  /// Ends the rows of an array of that shape.
  mutating func finish(shape: [Int]) throws(ToolError) {
    switch format {
    case .npy: try file.finish(head: NPY.bytes(of: Tensor(shape: shape, values)))
    case .csv, .jsonl: try file.finish()
    case .wav:
      let channels = shape.last ?? 1
      let size = shape.reduce(4, *)
      guard file.isLive || size < Int(UInt32.max) - 64 else {
        throw ToolError(.failed, "\(path): a WAV file holds no more than 4 GiB")
      }
      try file.finish(head: file.isLive && hasHeader ? [] : header(channels: channels, size: size))
    }
  }

  /// The header of float samples; of as many as come where nobody knows how many.
  private func header(channels: Int, size: Int?) -> [UInt8] {
    func u16(_ value: Int) -> [UInt8] { Self.bytes(UInt16(truncatingIfNeeded: value)) }
    func u32(_ value: Int) -> [UInt8] { Self.bytes(UInt32(truncatingIfNeeded: value)) }
    return Array("RIFF".utf8) + u32(size.map { $0 + 50 } ?? -1) + Array("WAVEfmt ".utf8)
      + u32(18) + u16(3) + u16(channels) + u32(rate) + u32(rate * channels * 4)
      + u16(channels * 4) + u16(32) + u16(0) + Array("fact".utf8) + u32(4)
      + u32(size.map { $0 / 4 / max(channels, 1) } ?? -1) + Array("data".utf8) + u32(size ?? -1)
  }

  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
