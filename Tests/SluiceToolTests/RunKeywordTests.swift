import Foundation
import SluiceImport
import Testing

/// Recordings and live samples through a model that spots words.
@Suite struct RunKeywordTests {
  /// "Up" is a time above zero, "down" one below it.
  private static let said: [(value: Double, length: Double)] = [
    (0, 0.5), (0.9, 0.3), (0, 0.4), (-0.9, 0.3), (0, 0.2), (-0.8, 0.3), (0, 0.3),
  ]

  @Test(arguments: [
    Recording(), Recording(bits: 24), Recording(bits: 32, isFloat: true), Recording(channels: 2),
    Recording(rate: 16000), Recording(rate: 44100), Recording(rate: 48000, channels: 2),
  ])
  func everyRecordingGivesTheSameWords(_ recording: Recording) throws {
    let scratch = try Scratch()
    let blob = try KeywordModel.blob()
    let samples = Recording.samples(Self.said, rate: recording.rate)
    let path = scratch.file("s.wav")
    try recording.wav(samples).write(to: URL(fileURLWithPath: path))
    let result = try Tool.run("run", blob, "--wav", path, "--json")
    #expect(result.status == 0, "\(result.error)")
    let lines = try result.jsonLines
    #expect(lines.dropLast().compactMap { $0["word"] as? String } == ["up", "down", "down"])
    #expect(lines.dropLast().compactMap { $0["label"] as? Int } == [1, 2, 2])
    #expect(lines.last?["words"] as? Int == 3)
    #expect(lines.last?["samples"] as? Int == samples.count)
    // Three of five frames of 10 ms behind where each begins.
    let seconds = lines.compactMap { ($0["end"] as? Double).map { $0 / Double(recording.rate) } }
    for (a, b) in zip(seconds, [0.53, 1.23, 1.73]) { #expect(abs(a - b) <= 0.011, "\(a), \(b)") }
    let piped = try Tool.run(
      "run", blob, "--wav", "-", "--json", input: try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try piped.jsonLines.count == lines.count)
  }

  @Test func aWordIsPrintedBeforeTheInputEnds() throws {
    let tool = try LiveTool(["run", try KeywordModel.blob(), "--raw", "s16le", "--rate", "8000"])
    let recording = Recording()
    try tool.write(recording.data(Recording.samples(Self.said.prefix(2) + [], rate: 8000)))
    // It would wait here for ever if it held the word back.
    #expect(tool.line()?.hasSuffix("word") == true)
    let word = try #require(tool.line())
    #expect(word.hasPrefix("     0.530") && word.hasSuffix("  up"), "\(word)")
    try tool.write(recording.data(Recording.samples(Self.said.suffix(5) + [], rate: 8000)))
    let rest = try tool.end()
    #expect(rest.status == 0)
    #expect(rest.lines.count == 3 && rest.lines.last == "3 words in 2.30 s")
  }

  @Test func probabilitiesAreRows() throws {
    let scratch = try Scratch()
    let blob = try KeywordModel.blob()
    let samples = Recording.samples(Self.said, rate: 8000)
    let (wav, p) = (Recording().wav(samples), scratch.file("p.npy"))
    let result = try Tool.run(
      "run", blob, "--wav", "-", "--json", "--frames", "-o", p, input: wav)
    #expect(result.status == 0, "\(result.error)")
    let written = try NPY.read(p)
    #expect(written.shape == [samples.count / 80, 3])
    let frames = try result.jsonLines.filter { $0["frame"] != nil }
    #expect(frames.count == samples.count / 80)
    #expect(frames[55]["label"] as? String == "up" && frames[10]["label"] as? String == "silence")
    for (index, frame) in frames.enumerated() {
      let greatest = written.floats[index * 3..<index * 3 + 3].max()
      #expect((frame["probability"] as? Double).map(Float.init) == greatest)
    }
    // The same as those of an array of frames, and rows alone on standard output.
    let x = scratch.file("x.npy")
    let values = samples.map { Float(Int($0 * 32768)) / 32768 }
    try NPY.write(Tensor(shape: [samples.count / 80, 80], values), to: x)
    let y = scratch.file("y.npy")
    #expect(try Tool.run("run", blob, "--input", x, "-o", y, "-q").status == 0)
    #expect(try NPY.read(y).floats == written.floats)
    let rows = try Tool.run("run", blob, "--wav", "-", "-o", "-", input: wav)
    #expect(rows.lines.count == samples.count / 80)
    let sound = try Tool.run("run", blob, "--wav", "-", "-o", "p.wav", input: wav)
    #expect(sound.status == 2 && sound.error.contains("no recording"), "\(sound.error)")
  }

  @Test func optionsGoBeforeTheMetadata() throws {
    let blob = try KeywordModel.blob()
    let wav = Recording().wav(Recording.samples(Self.said, rate: 8000))
    func words(_ options: String...) throws -> Int? {
      let result = try Tool.run(
        Tool.path, ["run", blob, "--wav", "-", "--json"] + options, input: wav)
      #expect(result.status == 0, "\(result.error)")
      return try result.jsonLines.last?["words"] as? Int
    }
    #expect(try words("--threshold", "1") == 0, "a softmax reaches no 1")
    #expect(try words("--neg-threshold", "0.5") == 3)
    for (options, reason) in [
      (["--neg-threshold", "0.6"], "be told at 0.5"), (["--pad", "3"], "this one spots keywords"),
      (["--threshold", "2"], "expected a number above 0, up to 1"),
    ] {
      let result = try Tool.run(Tool.path, ["run", blob, "--wav", "-"] + options, input: wav)
      #expect(result.status == 2 && result.error.contains(reason), "\(result.error)")
    }
    let silence = try Tool.run("run", blob, "--wav", "-", input: Recording().wav([0, 0, 0]))
    #expect(silence.output == "no word in standard input\n" && silence.status == 0)
    let nan = Recording(bits: 32, isFloat: true).wav([0, .nan])
    let missing = try Tool.run("run", blob, "--wav", "-", input: nan)
    #expect(missing.status == 3 && missing.error.contains("sample 1: nan"), "\(missing.error)")
  }

  private static let frame = #""hop": 80, "context": 0, "labels": ["s", "a", "b"], "#

  @Test(arguments: [
    (#""hop": 81, "context": 0, "labels": ["s", "a", "b"]"#, "reads 80 numbers, not 81"),
    (#""hop": 80, "context": 0, "labels": ["a", "b"]"#, "2 labels for 3 outputs"),
    (#""hop": 80, "context": 0"#, "needs labels"),
    (Self.frame + #""decision": {"treshold": 1}"#, "unknown"),
    (Self.frame + #""decision": {"threshold": 2}"#, "up to 1"),
    (Self.frame + #""decision": {"threshold": 0.3, "end_threshold": 0.4}"#, "no greater"),
    (Self.frame + #""decision": {"background": "x"}"#, "none of the labels"),
    (Self.frame + #""decision": {"smoothing": 1001}"#, "from 0 to 1000"),
  ])
  func metadataThatDoNotFitAreRefused(_ rest: String, _ reason: String) throws {
    let scratch = try Scratch()
    let meta = "{\"task\": \"keyword-spotting\", \"sample_rate\": 8000, \(rest)}"
    let result = try KeywordModel.convert(to: scratch.file("m.sluice"), in: scratch.path, meta)
    #expect(result.status == 3 && result.error.contains(reason), "\(result.error)")
  }
}

/// A model of frames of 80 samples at 8 kHz: above zero "up", below it "down", else silence.
enum KeywordModel {
  static let metadata = #"""
    {"task": "keyword-spotting", "sample_rate": 8000, "hop": 80, "context": 0,
     "labels": ["silence", "up", "down"], "decision": {"background": "silence"}}
    """#

  /// The blob, converted once.
  static func blob() throws -> String { try made.get() }

  private static let made = Result {
    let folder = NSTemporaryDirectory() + "sluice-keywords-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let converted = try convert(to: "\(folder)/m.sluice", in: folder, metadata)
    try #require(converted.status == 0, "\(converted.error)")
    return "\(folder)/m.sluice"
  }

  static func convert(
    to blob: String, in folder: String, _ metadata: String
  ) throws -> Tool.Result {
    func row(_ weight: String) -> String {
      "[" + [String](repeating: weight, count: 80).joined(separator: ",") + "]"
    }
    let files = [
      (
        "m.json",
        "{\"fc.weight\": [\(row("0")), \(row("0.25")), \(row("-0.25"))], \"fc.bias\": [10, 0, 0]}"
      ),
      (
        "a.json",
        #"{"input_size": 80, "layers": [{"type": "dense", "tensors": "fc.", "activation": "softmax"}]}"#
      ), ("meta.json", metadata),
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    return try Tool.run(
      "convert", "\(folder)/m.json", "--architecture", "\(folder)/a.json", "--meta",
      "\(folder)/meta.json", "-o", blob, "--measure", "none")
  }
}
