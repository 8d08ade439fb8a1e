import Foundation
import Testing

@testable import SluiceConversion

@Suite("Speech: recordings and segments")
struct SpeechTests {
  private func wav(
    _ samples: [Int16], rate: UInt32 = 16000, coding: UInt16 = 1, channels: UInt16 = 1,
    bits: UInt16 = 16, extra: [UInt8] = []
  ) -> [UInt8] {
    func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
      (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    let data = samples.flatMap(bytes)
    let format =
      bytes(coding) + bytes(channels) + bytes(rate) + bytes(rate * 2) + bytes(UInt16(2))
      + bytes(bits)
    let body =
      Array("WAVEfmt ".utf8) + bytes(UInt32(16)) + format + extra + Array("data".utf8)
      + bytes(UInt32(data.count)) + data
    return Array("RIFF".utf8) + bytes(UInt32(body.count)) + body
  }

  private func read(_ bytes: [UInt8]) throws -> WAVFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "\(UUID().uuidString).wav"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try WAVFile(path: path)
  }

  @Test("Samples are fractions of 2^15; other chunks are passed over")
  func samples() throws {
    let list = Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0]
    let file = try read(wav([0, 16384, -32768, 32767], extra: list))
    #expect(file.sampleRate == 16000)
    #expect(file.samples == [0, 0.5, -1, 32767 / 32768])
  }

  @Test("What is no 16-bit mono PCM is refused, every cut as well")
  func refused() throws {
    let good = wav([1, 2, 3])
    for length in 0..<good.count {
      #expect(throws: ConversionError.self) { try read(Array(good[..<length])) }
    }
    for (bytes, text) in [
      (wav([1], coding: 3, bits: 32), "16-bit PCM"), (wav([1], channels: 2), "2 channels"),
      (wav([1], bits: 8), "8 bits"),
    ] {
      do {
        _ = try read(bytes)
        Issue.record("read, expected an error with \(text)")
      } catch let error as ConversionError {
        #expect(error.description.contains(text))
      }
    }
  }

  private func segments(
    _ probabilities: [(Float, Int)], _ change: (inout SpeechSettings) -> Void = { _ in }
  ) -> [Range<Int>] {
    var settings = SpeechSettings()
    change(&settings)
    let all = probabilities.flatMap { Array(repeating: $0.0, count: $0.1) }
    return SpeechSegments.segments(
      all, frame: 512, count: all.count * 512, rate: 16000, settings)
  }

  @Test("Segments begin at the threshold, end below it after a silence, and are padded")
  func hysteresis() {
    #expect(segments([(0.1, 10), (0.9, 20), (0.1, 10)]) == [10 * 512 - 480..<30 * 512 + 480])
    // Between the two thresholds nothing changes.
    #expect(segments([(0.4, 10), (0.9, 20), (0.4, 10)]) == [10 * 512 - 480..<40 * 512])
    // 3 frames are 96 ms: less than the silence that ends a segment. 4 are more.
    #expect(segments([(0.9, 20), (0.1, 3), (0.9, 20), (0.1, 9)]).count == 1)
    #expect(segments([(0.9, 20), (0.1, 5), (0.9, 20), (0.1, 9)]).count == 2)
    // 7 frames are 224 ms, 8 are 256.
    #expect(segments([(0.1, 4), (0.9, 7), (0.1, 9)]).isEmpty)
    #expect(segments([(0.1, 4), (0.9, 8), (0.1, 9)]).count == 1)
    #expect(segments([(0.1, 4), (0.9, 7), (0.1, 9)]) { $0.minimalSpeech = 200 }.count == 1)
    #expect(segments([(0.6, 20), (0.1, 9)]) { $0.threshold = 0.7 }.isEmpty)
    #expect(segments([]).isEmpty)
  }

  @Test("Padding shares what lies between two segments")
  func padding() {
    let both = segments([(0.9, 20), (0.1, 5), (0.9, 20), (0.1, 9)]) { $0.padding = 100 }
    #expect(both == [0..<20 * 512 + 1280, 25 * 512 - 1280..<45 * 512 + 1600])
    let open = segments([(0.1, 5), (0.9, 20)])
    #expect(open == [5 * 512 - 480..<25 * 512])
  }
}
