import Foundation
import SluiceImport
import Testing

/// Recordings through a model of spectra: framed, and put together again.
@Suite struct RunDenoisingTests {
  /// A model that halves every spectrum of 16 samples.
  private func halving(_ scratch: Scratch) throws -> String {
    let rows = (0..<18).map { row in
      "[" + (0..<18).map { $0 == row ? "0.5" : "0" }.joined(separator: ",") + "]"
    }
    let zeros = [String](repeating: "0", count: 18).joined(separator: ",")
    let files = [
      (
        "m.json",
        "{\"fc.weight\": [\(rows.joined(separator: ","))], \"fc.bias\": [\(zeros)]}"
      ),
      ("a.json", #"{"input_size": 18, "layers": [{"type": "dense", "tensors": "fc."}]}"#),
      ("meta.json", #"{"task": "denoising", "sample_rate": 8000, "hop": 8, "context": 8}"#),
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.file(name)))
    }
    let blob = scratch.file("m.sluice")
    let converted = try Tool.run(
      "convert", scratch.file("m.json"), "--architecture", scratch.file("a.json"), "--meta",
      scratch.file("meta.json"), "-o", blob, "--measure", "none")
    try #require(converted.status == 0, "\(converted.error)")
    return blob
  }

  @Test(arguments: [1, 2, 8, 9, 10, 16, 17, 100, 1003])
  func everyLengthComesBack(_ count: Int) throws {
    let scratch = try Scratch()
    let blob = try halving(scratch)
    let samples = (0..<count).map { 0.5 * sin(Double($0) * 0.7) + Double($0 % 5) * 0.05 }
    let (wav, clean) = (scratch.file("s.wav"), scratch.file("clean.npy"))
    try Recording(bits: 32, isFloat: true).wav(samples).write(to: URL(fileURLWithPath: wav))
    let result = try Tool.run("run", blob, "--wav", wav, "--output", clean, "--quiet")
    #expect(result.status == 0, "\(result.error)")
    let found = try NPY.read(clean)
    #expect(found.shape == [count, 1])
    for (a, b) in zip(found.doubles, samples) { #expect(abs(a - b / 2) < 1e-6, "\(a), \(b)") }
  }

  @Test func channelsAreMixedAndRatesChanged() throws {
    let scratch = try Scratch()
    let blob = try halving(scratch)
    let samples = (0..<4800).map { 0.8 * sin(Double($0) * 0.02) }
    let (wav, clean) = (scratch.file("s.wav"), scratch.file("clean.wav"))
    try Recording(rate: 48000, channels: 2, bits: 32, isFloat: true).wav(samples)
      .write(to: URL(fileURLWithPath: wav))
    let result = try Tool.run("run", blob, "--wav", wav, "--output", clean, "--quiet")
    #expect(result.status == 0, "\(result.error)")
    let header = Array(try Data(contentsOf: URL(fileURLWithPath: clean)).prefix(28))
    #expect(header[22] == 1 && header[24..<28] == [0x40, 0x1F, 0, 0])
  }

  @Test func metadataThatDoNotFitAreRefused() throws {
    let scratch = try Scratch()
    _ = try halving(scratch)
    let meta = #"{"task": "denoising", "sample_rate": 8000, "hop": 8, "context": 16}"#
    try Data(meta.utf8).write(to: URL(fileURLWithPath: scratch.file("meta.json")))
    let result = try Tool.run(
      "convert", scratch.file("m.json"), "--architecture", scratch.file("a.json"), "--meta",
      scratch.file("meta.json"), "-o", scratch.file("n.sluice"))
    #expect(result.status == 3 && result.error.contains("spectrum of a frame"), "\(result.error)")
  }
}
