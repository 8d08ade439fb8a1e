import SluiceNetwork

/// Samples of a recording, or of one that goes on: a row is one sample of each channel.
package struct SampleStream: RowReader {
  /// Channels that a source may have.
  package static let channelLimit = 64

  package let format: SampleFormat
  package let channels: Int
  /// Samples a second.
  package let rate: Int
  /// Samples of each channel so far.
  package private(set) var count = 0
  package var file: String { bytes.file }
  package var columns: Int { channels }
  package var isRowMissing: Bool { false }

  private let bytes: ByteStream
  /// Bytes to the end; nil where nobody knows.
  private var rest: Int?
  /// Whether the source may end before that.
  private let mayEnd: Bool

  /// Samples without a header, to the end of the source.
  package init(raw bytes: ByteStream, _ format: SampleFormat, channels: Int, rate: Int) {
    self.init(bytes, format, channels: channels, rate: rate, byteCount: nil, mayEnd: true)
  }

  init(
    _ bytes: ByteStream, _ format: SampleFormat, channels: Int, rate: Int, byteCount: Int?,
    mayEnd: Bool
  ) {
    (self.bytes, self.format, self.channels, self.rate) = (bytes, format, channels, rate)
    (rest, self.mayEnd) = (byteCount, mayEnd)
  }

  package mutating func next(into row: inout [Double]) throws(ConversionError) -> Bool {
    let size = channels * format.byteCount
    if rest == 0 { return false }
    let there = try bytes.available(size)
    guard there >= size else {
      if there == 0, mayEnd { return false }
      throw .malformed(
        file, "byte \(bytes.offset + there)",
        there == 0
          ? "the recording ends \(rest ?? 0) bytes before its header says"
          : "the recording ends within a sample")
    }
    for channel in 0..<channels {
      row[channel] = format.sample(bytes, at: channel * format.byteCount)
    }
    bytes.take(size)
    if let rest { self.rest = rest - size }
    count += 1
    return true
  }

  package func place(column: Int?) -> String {
    "sample \(count - 1)" + (channels > 1 ? column.map { ", channel \($0)" } ?? "" : "")
  }
}
