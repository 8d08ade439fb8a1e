import Foundation
import SluiceImport
import Testing

/// The gallery's spotter of spoken digits, on what a voice says that it has never heard.
@Suite struct DigitTests {
  private static let blob = "tools/gallery/digits.sluice"
  private static let fixtures = Tool.root
    .appendingPathComponent("Tests/Fixtures/Gallery/digits/test_data_set_0").path

  /// "Seven, four" at 16 kHz.
  private func samples() throws -> [Double] {
    try NPY.read("\(Self.fixtures)/input_0.npy").floats.map { Double($0) }
  }

  @Test func aRecordingGivesItsDigits() throws {
    let samples = try samples()
    for recording in [Recording(rate: 16000), Recording(rate: 16000, channels: 2, bits: 24)] {
      let result = try Tool.run(
        "run", Self.blob, "--wav", "-", "--json", input: recording.wav(samples))
      #expect(result.status == 0, "\(result.error)")
      let words = try result.jsonLines.dropLast()
      #expect(words.compactMap { $0["word"] as? String } == ["seven", "four"])
      #expect(words.compactMap { $0["label"] as? Int } == [8, 5])
    }
    // Each sample of 48 kHz held for three: the resampler takes its images away.
    let fast = Recording(rate: 48000).wav(samples.flatMap { [$0, $0, $0] })
    let result = try Tool.run("run", Self.blob, "--wav", "-", input: fast)
    #expect(
      result.lines.dropFirst().map { $0.split(separator: " ").last }.prefix(2) == ["seven", "four"])
  }

  @Test func probabilitiesAreNearPyTorchs() throws {
    let scratch = try Scratch()
    let p = scratch.file("p.npy")
    let wav = Recording(rate: 16000).wav(try samples())
    let result = try Tool.run("run", Self.blob, "--wav", "-", "-o", p, "-q", input: wav)
    #expect(result.status == 0, "\(result.error)")
    let (found, expected) = (try NPY.read(p), try NPY.read("\(Self.fixtures)/output_0.npy"))
    #expect(found.shape == expected.shape && found.shape.last == 11)
    let differences = zip(found.floats, expected.floats).map { abs($0 - $1) }
    // The blob's cell has weights of a byte; `sluice conformance` holds f32 to 1e-5.
    #expect(differences.reduce(0, +) / Float(differences.count) < 0.01)
    #expect(try #require(differences.max()) < 0.3)
  }

  /// The case's own limit is 1e-4, by librosa in float64.
  @Test(arguments: ["LogMel/bands", "Gallery/digits"])
  func bandsAreLibrosasAndTheNetworkPyTorchs(_ folder: String) throws {
    let result = try Tool.run("conformance", "Tests/Fixtures/\(folder)")
    #expect(result.status == 0 && result.lines.last == "1 passed, 0 failed", "\(result.output)")
  }

  @Test func aTraceOfFramesIsRefused() throws {
    let result = try Tool.run(
      "run", Self.blob, "--wav", "-", "--trace", "t.npy", input: Recording().wav([0]))
    #expect(result.status == 2 && result.error.contains("reads frames"), "\(result.error)")
  }
}
