import SluiceConversion
import SluiceNetwork
import Testing

/// Recordings and samples without a header, as they come.
@Suite("Samples") struct SampleStreamTests {
  /// The little-endian bytes of a number.
  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static func chunk(_ tag: String, _ bytes: [UInt8], size: Int? = nil) -> [UInt8] {
    Array(tag.utf8) + Self.bytes(UInt32(size ?? bytes.count)) + bytes
      + (bytes.count % 2 == 1 ? [0] : [])
  }

  private static func format(
    _ coding: UInt16 = 1, bits: UInt16 = 16, channels: UInt16 = 1, rate: UInt32 = 16000,
    frame: UInt16? = nil
  ) -> [UInt8] {
    let frame = frame ?? channels &* (bits / 8)
    return bytes(coding) + bytes(channels) + bytes(rate) + bytes(rate &* UInt32(frame))
      + bytes(frame) + bytes(bits)
  }

  private static func extensible(_ coding: UInt16, bits: UInt16, last: UInt8 = 0x71) -> [UInt8] {
    format(0xFFFE, bits: bits) + bytes(UInt16(22)) + bytes(bits) + bytes(UInt32(4))
      + bytes(coding) + [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, last]
  }

  private static func file(_ chunks: [UInt8]..., tag: String = "RIFF", whole: Int? = nil) -> [UInt8]
  {
    let body = Array("WAVE".utf8) + chunks.flatMap { $0 }
    return Array(tag.utf8) + bytes(UInt32(whole ?? body.count)) + body
  }

  /// A recording of those bytes, whole.
  private static func wav(_ data: [UInt8], _ format: [UInt8] = format()) -> [UInt8] {
    file(chunk("fmt ", format), chunk("data", data))
  }

  /// Every row of it, whichever pieces it comes in.
  private func read(_ bytes: [UInt8], piece: Int = .max) throws -> (rows: [[Double]], rate: Int) {
    var stream = try SampleStream(wav: ByteStream(file: "x.wav", bytes, piece: piece))
    return (try rows(&stream), stream.rate)
  }

  private func rows(_ stream: inout SampleStream) throws -> [[Double]] {
    var row = [Double](repeating: 0, count: stream.channels)
    var rows: [[Double]] = []
    while try stream.next(into: &row) { rows.append(row) }
    #expect(stream.count == rows.count)
    return rows
  }

  @Test(
    "8, 16, 24 and 32 bits and float, plain and extensible, in pieces of any size",
    arguments: [1, 3, .max])
  func codings(_ piece: Int) throws {
    let cases: [(UInt16, UInt16, [UInt8], [Double])] = [
      (1, 8, [0, 128, 255], [-1, 0, 127 / 128]),
      (1, 16, [0, 0x40, 0, 0x80, 0xFF, 0x7F], [0.5, -1, 32767 / 32768]),
      (1, 24, [0, 0, 0x40, 0, 0, 0x80, 1, 0, 0], [0.5, -1, 0x1p-23]),
      (1, 32, [0, 0, 0, 0x40, 0, 0, 0, 0x80], [0.5, -1]),
      (3, 32, Self.bytes(Float(1.5).bitPattern) + Self.bytes(Float.nan.bitPattern), [1.5, .nan]),
      (3, 64, Self.bytes(0.1.bitPattern), [0.1]),
    ]
    for (coding, bits, data, expected) in cases {
      for format in [Self.format(coding, bits: bits), Self.extensible(coding, bits: bits)] {
        let found = try read(Self.wav(data, format), piece: piece)
        #expect(found.rate == 16000)
        #expect(found.rows.map(\.count) == expected.map { _ in 1 })
        for (a, b) in zip(found.rows, expected) { #expect(a[0] == b || a[0].isNaN && b.isNaN) }
      }
    }
  }

  @Test("channels stand side by side, and other chunks are passed over")
  func channels() throws {
    let list = Self.chunk("LIST", [1, 2, 3])
    let data = Self.chunk("data", [0, 0x40, 0, 0xC0, 0, 0x20, 0, 0xE0])
    let bytes = Self.file(
      list, Self.chunk("fmt ", Self.format(channels: 2, rate: 44100) + [0, 0]), list, data, list)
    for piece in [1, 7, .max] {
      let found = try read(bytes, piece: piece)
      #expect(found.rows == [[0.5, -0.5], [0.25, -0.25]])
      #expect(found.rate == 44100)
    }
  }

  @Test(
    "a length that nobody knew: none, or the most; a length that is true is kept",
    arguments: [
      // Data, its size as it says, the file's, expected.
      ([0, 0x40], 0, 0, 1), ([0, 0x40], 0, 36, 1), ([0, 0x40], 0xFFFF_FFFF, 0xFFFF_FFFF, 1),
      ([0, 0x40], 0x7FFF_F000, 0x7FFF_F024, 1), ([0, 0x40], 0x8000_0000, 0x8000_0024, 1),
      ([], 0, 36, 0), ([], 0xFFFF_FFFF, 0xFFFF_FFFF, 0),
      // No samples, and a chunk behind them.
      ([0x4C, 0x49, 0x53, 0x54, 0, 0, 0, 0], 0, 44, 0),
      // Samples, of which only the file's own size tells: too few for a chunk, no letters, too long for one.
      ([0x4C, 0x49, 0x53, 0x54], 0, 40, 2), ([1, 2, 3, 4, 0, 0, 0, 0], 0, 44, 4),
      ([0x4C, 0x49, 0x53, 0x54, 1, 0, 0, 0], 0, 44, 4), ([0, 0x40, 0, 0x20, 9, 9], 0, 40, 2),
    ] as [([UInt8], Int, Int, Int)])
  func lengths(_ data: [UInt8], _ size: Int, _ whole: Int, _ count: Int) throws {
    let bytes = Self.file(
      Self.chunk("fmt ", Self.format()), Self.chunk("data", data, size: size), whole: whole)
    #expect(try read(bytes).rows.count == count)
  }

  @Test("RF64 has its sizes in a chunk of their own") func longSizes() throws {
    let sizes = Self.bytes(UInt64(0)) + Self.bytes(UInt64(4)) + [UInt8](repeating: 0, count: 12)
    let bytes = Self.file(
      Self.chunk("ds64", sizes), Self.chunk("fmt ", Self.format()),
      Self.chunk("data", [0, 0x40, 0, 0x20], size: 0xFFFF_FFFF), Self.chunk("LIST", [9, 9]),
      tag: "RF64", whole: 0xFFFF_FFFF)
    #expect(try read(bytes).rows == [[0.5], [0.25]])
  }

  @Test("What is no such recording is refused with its byte, every cut as well")
  func refused() throws {
    let good = Self.wav([1, 0, 2, 0, 3, 0])
    for length in 0..<good.count {
      #expect(throws: ConversionError.self) { try read(Array(good[..<length])) }
    }
    let (format, data) = (Self.chunk("fmt ", Self.format()), Self.chunk("data", [0, 0x40]))
    let cases: [([UInt8], ConversionError.Kind, String)] = [
      (Array("RIFX0000WAVE".utf8), .malformed, "byte 0: is no WAV file; expected RIFF or RF64"),
      (Array("RIFF0000AVI ".utf8), .malformed, "byte 8: is no WAV file; expected WAVE"),
      (Self.wav([0], Self.format(6, bits: 8)), .unsupported, "the coding 6 of 8 bits"),
      (Self.wav([0, 0], Self.format(3, bits: 16)), .unsupported, "the coding 3 of 16 bits"),
      (Self.wav([0, 0], Self.format(channels: 0)), .unsupported, "0 channels; expected 1 to 64"),
      (Self.wav([0, 0], Self.format(channels: 65)), .unsupported, "65 channels"),
      (Self.wav([0, 0], Self.format(rate: 0)), .malformed, "no samples a second"),
      (
        Self.wav([0, 0], Self.format(channels: 2, frame: 2)), .malformed,
        "2 bytes for 2 channels of 16 bits"
      ),
      (Self.wav([0, 0], Self.extensible(1, bits: 16, last: 0)), .unsupported, "of its own"),
      (Self.wav([0, 0], Self.format(0xFFFE) + [0, 0]), .malformed, "an extensible format of 18"),
      (
        Self.file(Self.chunk("fmt ", Array(Self.format().dropLast(2))), data), .malformed,
        "14 bytes"
      ),
      (Self.file(data), .malformed, "byte 12: samples before their format"),
      (Self.file(format), .malformed, "no samples; expected the chunk \"data\""),
      (Self.wav([1, 2, 3]), .malformed, "half a sample at the end of 3 bytes"),
      (
        Self.file(format, Self.chunk("LIST", [1], size: 900)), .malformed,
        "a chunk of 900 bytes ends"
      ),
      (
        Self.file(format, Self.chunk("data", [0, 0x40], size: 10)), .malformed,
        "byte 46: the recording ends 8 bytes before its header says"
      ),
      (
        Self.file(format, Self.chunk("data", [0, 0x40, 1], size: 0xFFFF_FFFF).dropLast() + []),
        .malformed, "byte 47: the recording ends within a sample"
      ),
    ]
    for (bytes, kind, text) in cases {
      #expect(refuses(kind, text) { _ = try read(bytes) }, "\(text)")
    }
  }

  @Test("Samples without a header", arguments: [1, 2, 5, .max])
  func raw(_ piece: Int) throws {
    func stream(_ bytes: [UInt8], _ format: SampleFormat, _ channels: Int) -> SampleStream {
      SampleStream(
        raw: ByteStream(file: "x", bytes, piece: piece), format, channels: channels, rate: 8000)
    }
    var mono = stream([0, 0x40, 0, 0x80], .s16le, 1)
    #expect(try rows(&mono) == [[0.5], [-1]])
    var stereo = stream(
      Self.bytes(Float(2).bitPattern) + Self.bytes(Float(-3).bitPattern), .f32le, 2)
    #expect(try rows(&stereo) == [[2, -3]])
    #expect(stereo.place(column: 1) == "sample 0, channel 1")
    var empty = stream([], .s16le, 1)
    #expect(try rows(&empty).isEmpty)
    var cut = stream([0, 0x40, 1], .s16le, 1)
    #expect(
      refuses(.malformed, "byte 3: the recording ends within a sample") { _ = try rows(&cut) })
  }

  @Test("Lines and skips over the edges of a buffer") func edges() throws {
    let long = [UInt8](repeating: 0x61, count: 70_000)
    let bytes = long + [0x0D, 0x0A, 0x0A] + long + [0x0A, 0x62]
    for piece in [4093, .max] {
      let stream = ByteStream(file: "x", bytes, piece: piece)
      var lines: [Int] = []
      while let line = try stream.line(limit: 1 << 20) { lines.append(line.count) }
      #expect(lines == [70_000, 0, 70_000, 1])
      #expect(stream.offset == bytes.count)
      let other = ByteStream(file: "x", bytes, piece: piece)
      #expect(try other.skip(100_000) && other.available(1) >= 1)
      #expect(other.offset == 100_000 && other[0] == 0x61)
      #expect(try !other.skip(100_000))
      let third = ByteStream(file: "x", bytes, piece: piece)
      #expect(
        refuses(.malformed, "byte 0: a line of more than 100 bytes") {
          _ = try third.line(limit: 100)
        })
    }
  }
}
