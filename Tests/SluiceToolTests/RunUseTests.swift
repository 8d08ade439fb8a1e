import Foundation
import SluiceImport
import SluiceNetwork
import Testing

/// What users did with `run` that was once passed over, or said by another name.
@Suite struct RunUseTests {
  private static let rows = "1,2,3,4\n-5,6,7,8\n"

  /// The GRU of four inputs and three outputs, with metadata.
  private func blob(_ scratch: Scratch, _ metadata: String) throws -> String {
    let (meta, blob) = (scratch.file("meta.json"), scratch.file("meta.sluice"))
    try Data(metadata.utf8).write(to: URL(fileURLWithPath: meta))
    let made = try Tool.run(
      "convert", "\(Tool.fixtures)/torch_gru_stacked/model.onnx", "--meta", meta, "-o", blob,
      "--measure", "none")
    try #require(made.status == 0, "\(made.error)")
    return blob
  }

  private func run(_ blob: String, _ text: String, _ arguments: String...) throws -> Tool.Result {
    try Tool.run(
      Tool.path, ["run", blob, "--input", "-", "--format", "csv"] + arguments,
      input: Data(text.utf8))
  }

  @Test func standardOutputByAnotherNameGetsRowsAlone() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let expected = try run(blob, Self.rows, "-o", "-").output
    #expect(try run(blob, Self.rows, "-o", "/dev/stdout").output == expected)
    let file = scratch.file("y.csv")
    let script = "\"$0\" run \"$1\" --input - --format csv -o /dev/stdout >\"$2\""
    let result = try Tool.run(
      "/bin/sh", ["-c", script, Tool.path, blob, file], input: Data(Self.rows.utf8))
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    #expect(try String(contentsOfFile: file, encoding: .utf8) == expected)
    let both = try run(blob, Self.rows, "-o", "/dev/stdout", "--json")
    #expect(both.status == 2 && both.error.contains("both go to standard output"))
    let speech = try Tool.run(
      "run", try SpeechModel.blob(), "--wav", "-", "-o", "/dev/stdout",
      input: Recording().wav([Double](repeating: 0, count: 300)))
    #expect(speech.lines.count == 2 && speech.lines.allSatisfy { Float($0) != nil })
  }

  @Test func pipesThatDoNotBlockAreWaitedFor() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let (input, output) = (Pipe(), Pipe())
    // What is set not to block is so for everybody who has the pipe.
    for end in [input.fileHandleForReading, output.fileHandleForWriting] {
      #expect(fcntl(end.fileDescriptor, F_SETFL, O_NONBLOCK) == 0)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.arguments = ["run", blob, "--input", "-", "--format", "csv", "-o", "-"]
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    // Rows come slowly, one of them in two parts; then more than a pipe holds, which is read slowly.
    for part in ["1,2,3,4\n", "1,2,3"] {
      try input.fileHandleForWriting.write(contentsOf: Data(part.utf8))
      usleep(200_000)
    }
    let descriptor = dup(input.fileHandleForWriting.fileDescriptor)
    try input.fileHandleForWriting.close()
    Thread.detachNewThread {
      let rest = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      let rows = ",4\n" + String(repeating: "1,2,3,4\n", count: 5998)
      try? rest.write(contentsOf: Data(rows.utf8))
    }
    usleep(500_000)
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(text.count { $0 == UInt8(ascii: "\n") } == 6000)
  }

  @Test func columnsStandWhereTheModelsNamesSay() throws {
    let scratch = try Scratch()
    let blob = try blob(
      scratch,
      #"{"inputs": [{"name": "a"}, {"name": "b"}, {"name": "c", "missing": 3}, {"name": "d"}]}"#)
    let expected = try run(blob, Self.rows, "-o", "-").output
    #expect(try run(blob, "d,b,c,a\n4,2,3,1\n8,6,7,-5\n", "-o", "-").output == expected)
    let wrong = try run(blob, "d,b,C,a\n4,2,3,1\n")
    #expect(wrong.status == 3)
    #expect(
      wrong.error.contains("line 1: column 2 is \"C\"; the model's inputs are a, b, c, d"),
      "\(wrong.error)")
    // The metadata's policy; what is said on the command line goes before it.
    let held = try run(blob, "1,2,,4\n-5,6,7,8\n", "-o", "-")
    #expect(held.output == expected && held.status == 0)
    #expect(held.error == "sluice: 1 number in 1 row was missing and was replaced\n")
    #expect(try run(blob, "1,2,,4\n-5,6,7,8\n", "-o", "-", "--missing", "4").output != expected)
    let refused = try run(blob, "1,,3,4\n")
    #expect(refused.status == 3 && refused.error.contains("row [0] (line 1), column 1: nan"))
  }

  @Test func optionsOfSpeechAreRefusedElsewhere() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let wav = Recording(channels: 4).wav([0, 0.5])
    for option in [
      ["--threshold", "0.4"], ["--neg-threshold", "0.2"], ["--min-speech", "1"],
      ["--min-silence", "1"], ["--pad", "1"], ["--frames"],
    ] {
      let result = try Tool.run(
        Tool.path, ["run", blob, "--wav", "-"] + option, input: wav)
      #expect(result.status == 2, "\(option)")
      #expect(
        result.error.contains("'\(option[0])' goes with a voice-activity model; the metadata of"),
        "\(result.error)")
    }
    #expect(try Tool.run("run", blob, "--wav", "-", input: wav).status == 0)
    let above = try Tool.run(
      "run", try SpeechModel.blob(), "--wav", "-", "--neg-threshold", "0.6", input: wav)
    #expect(above.status == 2 && above.error.contains("end at 0.6 and begin at 0.5"))
    let format = try Tool.run(
      "run", blob, "--raw", "s16le", "--rate", "8", "--input", "x", "--format", "csv")
    #expect(format.status == 2 && format.error.contains("not with --raw, which says it itself"))
  }

  @Test func oneOfAThingIsOne() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let rows = String(repeating: "1,2,3,4\n", count: 11)
    #expect(try run(blob, rows).output.contains("... 1 more row\n"))
    #expect(try run(blob, rows + "1,2,3,4\n").output.contains("... 2 more rows\n"))
    let samples = Recording.samples([(0, 0.5), (0.9, 0.6), (0, 0.5)], rate: 8000)
    let speech = try Tool.run(
      "run", try SpeechModel.blob(), "--wav", "-", input: Recording().wav(samples))
    #expect(speech.output.contains("\n1 segment, "), "\(speech.output)")
  }

  @Test func aThresholdToEndAtMayBeSaid() throws {
    let samples = Recording.samples([(0.9, 0.5), (0.48, 0.5), (0, 0.5)], rate: 8000)
    let blob = try SpeechModel.blob()
    func end(_ options: String...) throws -> Double? {
      let result = try Tool.run(
        Tool.path, ["run", blob, "--wav", "-", "--json"] + options,
        input: Recording().wav(samples))
      return try result.jsonLines.first?["end"] as? Double
    }
    // 0.48 gives 0.46: above 0.35, the usual end.
    let (usual, higher) = (try #require(try end()), try #require(try end("--neg-threshold", "0.5")))
    #expect(abs(usual - 8000) < 600 && abs(higher - 4000) < 600, "\(usual), \(higher)")
  }
}
