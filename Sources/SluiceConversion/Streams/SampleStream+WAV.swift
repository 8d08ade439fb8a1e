import SluiceNetwork

/// The header of a WAV file: RIFF, or RF64 with its sizes of 64 bits; PCM of 8, 16, 24 and 32 bits and
/// float of 32 and 64, as such or as an extensible format.
extension SampleStream {
  /// A program that does not know how much it will write says nothing (0), or as much as it can say: from
  /// here on (arecord, sox, espeak-ng: a little below 2 GiB; ffmpeg: 4 GiB).
  private static let unknownSize = 0x7FFF_0000
  /// Bytes of a format chunk that mean something.
  private static let formatLimit = 40
  /// Chunks before the samples: notes, markers and pictures are a handful.
  private static let chunkLimit = 1 << 14

  private struct Header {
    let format: SampleFormat
    let channels: Int
    let rate: Int
  }

  /// The recording that `bytes` begin.
  ///
  /// - Throws: `ConversionError` naming the byte, and the coding where it is another.
  package init(wav bytes: ByteStream) throws(ConversionError) {
    var reader = ChunkReader(bytes)
    let isLong = try reader.tag(["RIFF", "RF64"]) == "RF64"
    let whole = try reader.u32()
    guard try reader.tag(["WAVE"]) == "WAVE" else { throw reader.malformed("is no WAV file") }
    var header: Header?
    var longSize: Int?
    var chunks = 0
    while try bytes.available(8) >= 8 {
      let start = bytes.offset
      chunks += 1
      guard chunks <= Self.chunkLimit else {
        throw reader.malformed("more than \(Self.chunkLimit) chunks before \"data\"", at: start)
      }
      let (tag, size) = (try reader.any(), try reader.u32())
      switch tag {
      case "fmt ":
        guard size >= 16 else { throw reader.malformed("a format of \(size) bytes", at: start) }
        header = try Self.header(&reader, size: size, start: start)
        try reader.skip(size + size % 2 - min(size, Self.formatLimit), of: start, size)
      case "ds64" where isLong:
        guard size >= 24 else { throw reader.malformed("sizes of \(size) bytes", at: start) }
        _ = (try reader.u32(), try reader.u32())
        let (low, high) = (try reader.u32(), try reader.u32())
        guard high < 1 << 30 else {
          throw reader.malformed("samples of more than 2^62 bytes", at: start)
        }
        longSize = high << 32 | low
        try reader.skip(size + size % 2 - 16, of: start, size)
      case "data":
        guard let header else { throw reader.malformed("samples before their format", at: start) }
        self = try Self.samples(
          bytes, header, size: longSize.flatMap { size == 0xFFFF_FFFF ? $0 : nil } ?? size,
          isLong: longSize != nil, whole: whole, start: start)
        return
      default: try reader.skip(size + size % 2, of: start, size)
      }
    }
    throw reader.malformed("no samples; expected the chunk \"data\"")
  }

  /// The samples of a chunk of `size` bytes at `start` of a file that says to have `whole`.
  private static func samples(
    _ bytes: ByteStream, _ header: Header, size: Int, isLong: Bool, whole: Int, start: Int
  ) throws(ConversionError) -> SampleStream {
    var size = size
    // Nothing is there, and a recorder never came back to say how much there is; or came back to the file's own
    // size alone, which then tells; or nothing is there, and other chunks follow.
    let isOpen =
      size == 0
      ? whole <= start || whole >= unknownSize : size >= unknownSize && !isLong
    if size == 0, !isOpen, try !beginsChunk(bytes, within: whole - start) { size = whole - start }
    let frame = header.channels * header.format.byteCount
    guard isOpen || size % frame == 0 else {
      throw .malformed(bytes.file, "byte \(start)", "half a sample at the end of \(size) bytes")
    }
    return SampleStream(
      bytes, header.format, channels: header.channels, rate: header.rate,
      byteCount: isOpen && (size == 0 || size == 0xFFFF_FFFF) ? nil : size - size % frame,
      mayEnd: isOpen)
  }

  /// Whether a chunk follows, of a tag of letters, digits or spaces, that ends within `count` bytes.
  private static func beginsChunk(
    _ bytes: ByteStream, within count: Int
  ) throws(ConversionError) -> Bool {
    guard count >= 8, try bytes.available(8) >= 8 else { return false }
    let hasTag = (0..<4).allSatisfy { index in
      let byte = bytes[index]
      return byte == 0x20 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }
    return hasTag && (4..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * ($1 - 4)) } <= count - 8
  }

  private static func header(
    _ reader: inout ChunkReader, size: Int, start: Int
  ) throws(ConversionError) -> Header {
    let at = reader.offset
    var coding = try reader.u16()
    let channels = try reader.u16()
    let rate = try reader.u32()
    _ = try reader.u32()
    let (frame, bits) = (try reader.u16(), try reader.u16())
    var read = 16
    if coding == 0xFFFE {
      guard size >= formatLimit else {
        throw reader.malformed("an extensible format of \(size) bytes", at: start)
      }
      // Size of what follows, bits that are used, where the channels stand.
      _ = (try reader.u32(), try reader.u32())
      coding = try reader.u16()
      let rest: [UInt8] = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]
      for byte in rest {
        guard try reader.u8() == byte else {
          throw reader.unsupported("an extensible format of a coding of its own", at: start)
        }
      }
      read = formatLimit
    }
    let format: SampleFormat? =
      switch (coding, bits) {
      case (1, 8): .u8
      case (1, 16): .s16le
      case (1, 24): .s24le
      case (1, 32): .s32le
      case (3, 32): .f32le
      case (3, 64): .f64le
      default: nil
      }
    guard let format else {
      throw reader.unsupported(
        "the coding \(coding) of \(bits) bits; expected PCM (1) of 8, 16, 24 or 32, or float (3) of "
          + "32 or 64", at: at)
    }
    guard (1...channelLimit).contains(channels) else {
      throw reader.unsupported("\(channels) channels; expected 1 to \(channelLimit)", at: at + 2)
    }
    guard rate > 0 else { throw reader.malformed("no samples a second", at: at + 4) }
    guard frame == channels * format.byteCount else {
      throw reader.malformed(
        "\(frame) bytes for \(channels) channels of \(bits) bits", at: at + 12)
    }
    // What is left of the chunk up to what counts is passed over by the caller.
    try reader.skip(min(size, formatLimit) - read, of: start, size)
    return Header(format: format, channels: channels, rate: rate)
  }
}

/// Tags and numbers of a RIFF file, in order.
private struct ChunkReader {
  private let bytes: ByteStream

  init(_ bytes: ByteStream) { self.bytes = bytes }

  var offset: Int { bytes.offset }

  func malformed(_ reason: String, at offset: Int? = nil) -> ConversionError {
    .malformed(bytes.file, "byte \(offset ?? bytes.offset)", reason)
  }

  func unsupported(_ reason: String, at offset: Int) -> ConversionError {
    .unsupported(bytes.file, "byte \(offset)", reason)
  }

  /// The next `count` bytes as an integer.
  private mutating func integer(_ count: Int) throws(ConversionError) -> Int {
    guard try bytes.available(count) >= count else {
      throw malformed("the file ends in its header")
    }
    defer { bytes.take(count) }
    return (0..<count).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
  }

  mutating func u8() throws(ConversionError) -> UInt8 { UInt8(try integer(1)) }
  mutating func u16() throws(ConversionError) -> Int { try integer(2) }
  mutating func u32() throws(ConversionError) -> Int { try integer(4) }

  /// Four letters.
  mutating func any() throws(ConversionError) -> String {
    let value = try integer(4)
    return String(
      decoding: (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }, as: UTF8.self)
  }

  /// One of those tags.
  mutating func tag(_ expected: [String]) throws(ConversionError) -> String {
    let start = offset
    guard try bytes.available(4) >= 4 else { throw malformed("is no WAV file; it ends", at: start) }
    let found = try any()
    guard expected.contains(found) else {
      throw malformed("is no WAV file; expected \(expected.joined(separator: " or "))", at: start)
    }
    return found
  }

  /// Passes over the rest of a chunk of `size` bytes at `start`.
  mutating func skip(_ count: Int, of start: Int, _ size: Int) throws(ConversionError) {
    guard try bytes.skip(max(count, 0)) else {
      throw malformed("a chunk of \(size) bytes ends behind the file", at: start)
    }
  }
}
