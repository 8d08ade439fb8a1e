import SluiceImport
import SluiceNetwork

/// The samples of a WAV file: 16-bit PCM, one channel.
public struct WAVFile: Sendable {
  /// Samples a second.
  public let sampleRate: Int
  /// From -1 to 1.
  public let samples: [Float]

  /// Reads the file at `path`.
  ///
  /// - Throws: `ConversionError` naming the byte; other codings and channels are refused.
  public init(path: String) throws(ConversionError) {
    try self.init(SourceBytes(path: path))
  }

  package init(_ source: SourceBytes) throws(ConversionError) {
    func malformed(_ at: Int, _ reason: String) -> ConversionError {
      .malformed(source.file, "byte \(at)", reason)
    }
    func u16(_ at: Int) -> Int { Int(source[at]) | Int(source[at + 1]) << 8 }
    func u32(_ at: Int) -> Int { u16(at) | u16(at + 2) << 16 }
    func has(_ tag: StaticString, _ at: Int) -> Bool {
      (0..<4).allSatisfy { unsafe tag.utf8Start[$0] == source[at + $0] }
    }
    guard source.count >= 12, has("RIFF", 0), has("WAVE", 8) else {
      throw malformed(0, "is no WAV file; expected RIFF and WAVE")
    }
    var format: (rate: Int, at: Int)?
    var at = 12
    while at + 8 <= source.count {
      let (size, start) = (u32(at + 4), at + 8)
      guard size <= source.count - start else {
        throw malformed(at, "a chunk of \(size) bytes ends behind the file")
      }
      if has("fmt ", at) {
        guard size >= 16 else { throw malformed(at, "a format of \(size) bytes") }
        // Extensible: the coding is the first of the identifier's bytes.
        let coding = u16(start) == 0xFFFE && size >= 26 ? u16(start + 24) : u16(start)
        guard coding == 1, u16(start + 14) == 16 else {
          throw .unsupported(
            source.file, "byte \(start)",
            "the coding \(coding) of \(u16(start + 14)) bits; expected 16-bit PCM")
        }
        guard u16(start + 2) == 1 else {
          throw .unsupported(
            source.file, "byte \(start + 2)", "\(u16(start + 2)) channels; expected one")
        }
        format = (u32(start + 4), start)
      } else if has("data", at) {
        guard let format else { throw malformed(at, "samples before their format") }
        guard size % 2 == 0 else { throw malformed(at, "half a sample at the end") }
        sampleRate = format.rate
        samples = source.array(start..<start + size).pcmSamples
        return
      }
      at = start + size + size % 2
    }
    throw malformed(min(at, source.count), "no samples; expected the chunk \"data\"")
  }
}

extension [UInt8] {
  /// Little-endian 16-bit integers as fractions of 2^15.
  fileprivate var pcmSamples: [Float] {
    stride(from: 0, to: count, by: 2).map { index in
      let bits = UInt16(self[index]) | UInt16(self[index + 1]) << 8
      return Float(Int16(bitPattern: bits)) / 32768
    }
  }
}
