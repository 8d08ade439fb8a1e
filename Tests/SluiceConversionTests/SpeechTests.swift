import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

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

  @Test("An extensible format, and chunks that are too short, too early or odd")
  func chunks() throws {
    func chunk(_ tag: String, _ bytes: [UInt8]) -> [UInt8] {
      Array(tag.utf8) + [UInt8(bytes.count), 0, 0, 0] + bytes
    }
    func file(_ chunks: [UInt8]...) -> [UInt8] {
      let body = Array("WAVE".utf8) + chunks.flatMap { $0 }
      return Array("RIFF".utf8) + [UInt8(body.count), 0, 0, 0] + body
    }
    let plain: [UInt8] = [1, 0, 1, 0, 0x80, 0x3E, 0, 0, 0, 0x7D, 0, 0, 2, 0, 16, 0]
    let extensible = [0xFE, 0xFF] + plain.dropFirst(2) + [22, 0, 16, 0, 4, 0, 0, 0, 1, 0]
    let data = chunk("data", [0, 0x40])
    #expect(try read(file(chunk("fmt ", extensible), data)).samples == [0.5])
    #expect(try read(file(chunk("fmt ", plain), data)).sampleRate == 16000)
    for (bytes, text) in [
      (file(chunk("fmt ", Array(plain.dropLast(2))), data), "a format of 14 bytes"),
      (file(data), "samples before their format"),
      (file(chunk("fmt ", plain), chunk("data", [1, 2, 3])), "half a sample"),
    ] {
      #expect(refuses(.malformed, text) { _ = try read(bytes) })
    }
  }

  @Test("Frames of 16 and 8 kHz, each with the end of the one before, the last filled with silence")
  func frames() throws {
    for (size, rate, context, samples) in [(576, 16000, 64, 512), (288, 8000, 32, 256)] {
      // The mean of what a step reads, and nothing remembered.
      let dense = Network.Dense(
        inputSize: size, outputSize: 1, weights: Array(repeating: 1 / Float(size), count: size),
        bias: [0])
      let network = Network(
        layers: [Network.Layer(name: "mean", operation: .dense(dense))],
        provenance: Provenance(source: "test", format: "test", hash: 0))
      let blob = try OpenBlob(network.blobContents(), file: "test")
      let frame = SpeechSegments.frame(of: blob.model)
      #expect(frame?.rate == rate && frame?.context == context && frame?.samples == samples)
      let ones = [Float](repeating: 1, count: samples + samples / 2)
      let found = SpeechSegments.probabilities(
        of: ones, &blob.stream, context: context, frame: samples)
      let share = [Float(samples), Float(context + samples / 2)].map { $0 / Float(size) }
      #expect(zip(found, share).allSatisfy { abs($0 - $1) < 1e-5 } && found.count == 2)
    }
    let other = Network(
      layers: [Network.Layer(name: "x", operation: .activation(.tanh, size: 1))],
      provenance: Provenance(source: "test", format: "test", hash: 0))
    let blob = try OpenBlob(other.blobContents(), file: "test")
    let none = SpeechSegments.frame(of: blob.model)
    #expect(none == nil)
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
