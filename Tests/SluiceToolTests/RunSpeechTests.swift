import Foundation
import SluiceImport
import Testing

/// Recordings and live samples through a voice-activity model.
@Suite struct RunSpeechTests {
  private static let speech: [(value: Double, length: Double)] = [
    (0, 0.5), (0.9, 0.6), (0, 0.5), (0.9, 0.8), (0, 0.4),
  ]

  /// Starts and ends in seconds, and the source's number of samples.
  private func segments(_ result: Tool.Result) throws -> (seconds: [Double], samples: Int) {
    #expect(result.status == 0, "\(result.error)")
    let lines = try result.jsonLines
    let summary = try #require(lines.last)
    let rate = try #require(summary["sampleRate"] as? Double)
    #expect(summary["segments"] as? Int == lines.count - 1)
    let seconds = lines.dropLast().flatMap { [$0["start"], $0["end"]] }
      .compactMap { ($0 as? Double).map { $0 / rate } }
    return (seconds, try #require(summary["samples"] as? Int))
  }

  @Test(arguments: [
    Recording(), Recording(bits: 8), Recording(bits: 24), Recording(bits: 32),
    Recording(bits: 32, isFloat: true), Recording(channels: 2), Recording(channels: 5, bits: 24),
    Recording(rate: 16000), Recording(rate: 44100), Recording(rate: 48000, channels: 2),
    Recording(rate: 11025, bits: 32, isFloat: true),
  ])
  func everyRecordingGivesTheSameSegments(_ recording: Recording) throws {
    let scratch = try Scratch()
    let blob = try SpeechModel.blob()
    let samples = Recording.samples(Self.speech, rate: recording.rate)
    let wav = recording.wav(samples)
    let path = scratch.file("s.wav")
    try wav.write(to: URL(fileURLWithPath: path))
    let found = try segments(try Tool.run("run", blob, "--wav", path, "--json"))
    #expect(found.samples == samples.count)
    // Whole frames of 32 ms, and 30 ms around.
    let expected = [0.48 - 0.03, 1.12 + 0.03, 1.6 - 0.03, 2.4 + 0.03]
    #expect(found.seconds.count == 4)
    for (a, b) in zip(found.seconds, expected) { #expect(abs(a - b) <= 0.064, "\(a), \(b)") }
    // The same bytes from standard input, also where their number was not known, and through a FIFO.
    for size in [nil, 0, 0xFFFF_FFFF, 0x7FFF_F000] as [UInt32?] {
      var open = recording
      open.size = size
      let piped = try Tool.run("run", blob, "--wav", "-", "--json", input: open.wav(samples))
      #expect(try segments(piped) == found, "\(size ?? 1)")
    }
    let fifo = scratch.file("fifo")
    let script = "mkfifo \"$1\"; cat \"$2\" >\"$1\" & \"$0\" run \"$3\" --wav \"$1\" --json"
    let through = try Tool.run("/bin/sh", ["-c", script, Tool.path, fifo, path, blob])
    #expect(try segments(through) == found)
  }

  @Test func rawSamplesGiveThoseOfTheRecording() throws {
    let scratch = try Scratch()
    let blob = try SpeechModel.blob()
    for recording in [Recording(), Recording(rate: 48000, channels: 2, bits: 32, isFloat: true)] {
      let samples = Recording.samples(Self.speech, rate: recording.rate)
      let path = scratch.file("s")
      try Data(recording.data(samples)).write(to: URL(fileURLWithPath: path))
      let options = [
        "--raw", recording.isFloat ? "f32le" : "s16le", "--rate", "\(recording.rate)",
        "--channels", "\(recording.channels)", "--json",
      ]
      let wav = try Tool.run("run", blob, "--wav", "-", "--json", input: recording.wav(samples))
      let expected = try segments(wav)
      let read = try Tool.run(Tool.path, ["run", blob, "--input", path] + options)
      #expect(try segments(read) == expected)
      let piped = try Tool.run(
        Tool.path, ["run", blob] + options, input: Data(recording.data(samples)))
      #expect(try segments(piped) == expected)
    }
  }

  @Test(arguments: [[], ["--json"]])
  func theFirstSegmentIsPrintedBeforeTheInputEnds(_ options: [String]) throws {
    let tool = try LiveTool(
      ["run", try SpeechModel.blob(), "--raw", "s16le", "--rate", "8000"] + options)
    let recording = Recording()
    try tool.write(recording.data(Recording.samples(Self.speech.prefix(3) + [], rate: 8000)))
    // It would wait here for ever if it held the segment back.
    var line = try #require(tool.line())
    if options.isEmpty {
      #expect(line.hasSuffix("length s"))
      line = try #require(tool.line())
    }
    #expect(line.contains(options.isEmpty ? "1.118" : "\"end\":8944"), "\(line)")
    try tool.write(recording.data(Recording.samples(Self.speech.suffix(2) + [], rate: 8000)))
    let rest = try tool.end()
    #expect(rest.status == 0)
    #expect(rest.lines.count == 2, "another segment, and the sum")
  }

  @Test func framesStandBesideSegments() throws {
    let scratch = try Scratch()
    let blob = try SpeechModel.blob()
    let samples = Recording.samples(Self.speech, rate: 8000)
    let wav = Recording().wav(samples)
    let p = scratch.file("p.npy")
    let result = try Tool.run(
      "run", blob, "--wav", "-", "--json", "--frames", "-o", p, input: wav)
    let lines = try result.jsonLines
    let frames = lines.filter { $0["frame"] != nil }
    #expect(frames.count == (samples.count + 255) / 256)
    #expect(frames.map { $0["frame"] as? Int } == frames.indices.map { $0 })
    let written = try NPY.read(p)
    #expect(written.shape == [frames.count, 1])
    #expect(frames.compactMap { $0["probability"] as? Double }.map(Float.init) == written.floats)
    #expect(lines.count == frames.count + 3)
    // The first segment stands where it was known, not behind all frames.
    let first = try #require(lines.firstIndex { $0["frame"] == nil })
    #expect(first < 1 + Int(1.3 * 8000 / 256))
    let shown = try Tool.run("run", blob, "--wav", "-", "--frames", input: wav)
    #expect(shown.lines.count { $0.hasPrefix("frame ") } == frames.count)
    #expect(shown.lines.count { $0.hasPrefix("speech ") } == 2)
    // Rows alone, as they come.
    let rows = try Tool.run("run", blob, "--wav", "-", "-o", "-", input: wav)
    #expect(rows.lines.compactMap { Float($0) } == written.floats)
    let quiet = try Tool.run("run", blob, "--wav", "-", "-o", p, "-q", input: wav)
    #expect(quiet.output.isEmpty && quiet.status == 0)
  }

  @Test func whatIsNoSuchRecordingIsRefused() throws {
    let scratch = try Scratch()
    let blob = try SpeechModel.blob()
    let gru = try scratch.blob(of: "torch_gru_stacked")
    let samples = Recording.samples([(0.9, 0.5)], rate: 8000)
    let wav = Recording().wav(samples)
    let nan = Recording(bits: 32, isFloat: true).wav([0, .nan, 0])
    for (words, input, reason) in [
      (
        ["run", blob, "--wav", "-"], Data("RIFFxxxxWAVE".utf8),
        "standard input: byte 12: no samples"
      ),
      (["run", blob, "--wav", "-"], wav.dropLast(3), "ends within a sample"),
      (["run", blob, "--wav", "-"], wav.dropLast(4), "ends 4 bytes before its header says"),
      (["run", blob, "--wav", "-"], nan, "standard input: sample 1: nan; expected finite"),
      (["run", blob, "--wav", "-"], Recording(rate: 191_999).wav(samples), "too little in common"),
      (["run", blob, "--wav", "-"], Recording(rate: 2_000_000_000).wav(samples), "too many"),
      (["run", blob, "--wav", "-"], Recording(rate: 1).wav(samples), "too few"),
      (
        ["run", gru, "--wav", "-"], wav, "reads 4 features and writes 3; expected a voice-activity"
      ),
      (["run", blob, "--wav", "/nowhere"], Data(), "/nowhere: cannot be opened"),
      (["run", blob, "--wav", "/tmp"], Data(), "/tmp: cannot be read"),
      (["run", blob, "--raw", "s16le", "--rate", "8000"], Data([1]), "ends within a sample"),
    ] {
      let result = try Tool.run(Tool.path, words, input: input)
      #expect(result.status == 3, "\(words)")
      #expect(result.error.contains(reason), "\(result.error)")
      #expect(result.error.split(separator: "\n").count == 1)
    }
    let held = try Tool.run("run", blob, "--wav", "-", "--missing", "hold", "--json", input: nan)
    #expect(held.status == 0, "\(held.error)")
    #expect((try held.jsonLines.last?["missing"] as? [String: Int]) == ["values": 1, "rows": 1])
    let none = try Tool.run("run", blob, "--wav", "-", input: Recording().wav([]))
    #expect(none.status == 0 && none.output == "no speech in standard input\n")
    let asSound = try Tool.run("run", blob, "--wav", "-", "-o", "p.wav", input: wav)
    #expect(asSound.status == 2 && asSound.error.contains("no recording"))
  }
}
