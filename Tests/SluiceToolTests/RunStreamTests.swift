import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Rows from every source into every sink.
@Suite struct RunStreamTests {
  private static let values: [Float] = (0..<28).map { Float($0 % 11) / 11 - 0.5 }

  private static var rows: [[Float]] {
    stride(from: 0, to: values.count, by: 4).map { Array(values[$0..<$0 + 4]) }
  }
  private static var csv: String {
    rows.map { $0.map { "\($0)" }.joined(separator: ",") + "\n" }.joined()
  }
  private static var jsonLines: String { rows.map { "\($0)\n" }.joined() }

  /// The model, and its outputs for the rows as an array.
  private func prepared(_ scratch: Scratch) throws -> (blob: String, outputs: [Float]) {
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let (x, y) = (scratch.file("x.npy"), scratch.file("y.npy"))
    try NPY.write(Tensor(shape: [7, 4], Self.values), to: x)
    let result = try Tool.run("run", blob, "--input", x, "-o", y)
    try #require(result.status == 0, "\(result.error)")
    return (blob, try NPY.read(y).floats)
  }

  @Test func everySourceGivesTheSameBits() throws {
    let scratch = try Scratch()
    let (blob, expected) = try prepared(scratch)
    let npy = Data(NPY.bytes(of: Tensor(shape: [7, 4], Self.values)))
    for (format, input) in [
      ("csv", Data(Self.csv.utf8)), ("csv", Data(("a,b,c,d\n" + Self.csv).utf8)),
      ("jsonl", Data(Self.jsonLines.utf8)), ("npy", npy),
    ] {
      let piped = try Tool.run(
        "run", blob, "--input", "-", "--format", format, "-o", "-", input: input)
      #expect(piped.status == 0, "\(piped.error)")
      #expect(piped.lines.flatMap { $0.split(separator: ",") }.compactMap { Float($0) } == expected)
      let path = scratch.file("rows.\(format)")
      try input.write(to: URL(fileURLWithPath: path))
      let read = try Tool.run("run", blob, "--input", path, "-o", "-")
      #expect(read.output == piped.output)
    }
    // Without a last end of a line, and from a name that says nothing.
    let path = scratch.file("rows.txt")
    try Data(Self.csv.dropLast().utf8).write(to: URL(fileURLWithPath: path))
    let told = try Tool.run("run", blob, "--input", path, "--format", "csv", "-o", "-")
    #expect(told.lines.count == 7)
  }

  @Test func everySinkGetsTheSameNumbers() throws {
    let scratch = try Scratch()
    let (blob, expected) = try prepared(scratch)
    func run(_ arguments: String...) throws -> Tool.Result {
      let words = ["run", blob, "--input", "-", "--format", "csv"] + arguments
      let result = try Tool.run(Tool.path, words, input: Data(Self.csv.utf8))
      #expect(result.status == 0, "\(result.error)")
      return result
    }
    let (csv, jsonl, wav) = (scratch.file("y.csv"), scratch.file("y.jsonl"), scratch.file("y.wav"))
    #expect(try run("-o", csv).output.contains("written to \(csv)"))
    let text = try String(contentsOfFile: csv, encoding: .utf8)
    let fields = text.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(fields.count == 7 && fields.flatMap { $0 }.compactMap { Float($0) } == expected)
    _ = try run("-o", jsonl)
    let lines = try String(contentsOfFile: jsonl, encoding: .utf8).split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [Double] ?? []
    }
    #expect(lines.flatMap { $0 }.map(Float.init) == expected)
    let both = try Tool.run("run", blob, "--input", csv, "-o", "-", "--json")
    #expect(both.status == 2 && both.error.contains("both go to standard output"))
    // A WAV file, and the same of unknown length on a pipe.
    _ = try run("-o", wav, "--rate", "48000")
    let samples = try Data(contentsOf: URL(fileURLWithPath: wav))
    let floats = expected.flatMap { Recording.bytes($0.bitPattern) }
    #expect(samples.count == 58 + floats.count && Array(samples.suffix(floats.count)) == floats)
    #expect(Array(samples[4..<8]) == Recording.bytes(UInt32(samples.count - 8)))
    #expect(Array(samples[54..<58]) == Recording.bytes(UInt32(floats.count)))
    let script = "\"$0\" run \"$1\" --input \"$2\" -o - --output-format \"$3\" --rate 48000 >\"$4\""
    let piped = scratch.file("piped")
    for format in ["wav", "npy"] {
      let input = scratch.file("rows.csv")
      try Data(Self.csv.utf8).write(to: URL(fileURLWithPath: input))
      let words = ["-c", script, Tool.path, blob, input, format, piped]
      #expect(try Tool.run("/bin/sh", words).status == 0)
      if format == "npy" {
        #expect(try NPY.read(piped) == Tensor(shape: [7, 3], expected))
      } else {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: piped))
        #expect(Array(bytes.suffix(floats.count)) == floats)
        #expect(bytes[54..<58].allSatisfy { $0 == 0xFF })
      }
    }
  }

  @Test func aRowIsAnsweredBeforeTheNextOne() throws {
    let scratch = try Scratch()
    let (blob, expected) = try prepared(scratch)
    for options in [["-o", "-"], ["--json"], []] {
      let tool = try LiveTool(["run", blob, "--input", "-", "--format", "csv"] + options)
      for (index, line) in Self.csv.split(separator: "\n").enumerated() {
        try tool.write(Array("\(line)\n".utf8))
        let answer = try #require(tool.line())
        if options == ["-o", "-"] {
          let row = answer.split(separator: ",").compactMap { Float($0) }
          #expect(row == Array(expected[3 * index..<3 * index + 3]))
        } else {
          #expect(answer.contains("[\(index)]"), "\(answer)")
        }
      }
      #expect(try tool.end().status == 0)
    }
  }

  @Test func aFIFOIsReadAndWritten() throws {
    let scratch = try Scratch()
    let (blob, expected) = try prepared(scratch)
    let input = scratch.file("rows.csv")
    try Data(Self.csv.utf8).write(to: URL(fileURLWithPath: input))
    let script = """
      mkfifo "$1/in" "$1/out"
      cat "$2" >"$1/in" &
      "$0" run "$3" --input "$1/in" --format csv -o "$1/out" --output-format csv -q &
      cat "$1/out"
      wait
      """
    let result = try Tool.run("/bin/sh", ["-c", script, Tool.path, scratch.path, input, blob])
    #expect(result.lines.flatMap { $0.split(separator: ",") }.compactMap { Float($0) } == expected)
    let full = try Tool.run("run", blob, "--input", input, "-o", "/dev/full")
    #expect(full.status == 1 && full.error.contains("/dev/full: cannot be written"))
  }

  @Test func whatIsMissingIsAnErrorOrCounted() throws {
    let scratch = try Scratch()
    let (blob, _) = try prepared(scratch)
    func run(_ text: String, _ arguments: String...) throws -> Tool.Result {
      let words = ["run", blob, "--input", "-", "--format", "csv"] + arguments
      return try Tool.run(Tool.path, words, input: Data(text.utf8))
    }
    let holed = "1,2,3,4\n1,,3,4\n\n5,6,7,8\n"
    let refused = try run(holed, "-o", scratch.file("y.csv"))
    #expect(refused.status == 3)
    #expect(refused.error.contains("row [1] (line 2), column 1: nan; expected finite numbers"))
    #expect(try !scratch.contents.contains("y.csv"), "whole or not at all")
    let blank = try run("1,2,3,4\n\n5,6,7,8\n")
    #expect(blank.error.contains("row [1] (line 2): a missing row"), "\(blank.error)")
    let whole = try run("1,2,3,4\n1,2,3,4\n1,2,3,4\n5,6,7,8\n", "-o", "-")
    let held = try run(holed, "-o", "-", "--missing", "hold")
    #expect(held.output == whole.output && held.status == 0)
    #expect(held.error == "sluice: 5 numbers in 2 rows were missing and were replaced\n")
    #expect(try run(holed, "-o", "-", "--missing", "hold", "-q").error.isEmpty)
    let filled = try run("1,2,3,4\n1,0,3,4\n0,0,0,0\n5,6,7,8\n", "-o", "-")
    #expect(try run(holed, "-o", "-", "--missing", "0").output == filled.output)
    let counted = try run(holed, "--missing", "hold", "--json").jsonLines
    #expect((counted.last?["missing"] as? [String: Int]) == ["values": 5, "rows": 2])
    #expect(
      try run(holed, "--missing", "hold").output
        .contains("5 numbers in 2 rows were missing and were replaced"))
    #expect(try run("").error.contains("has no row"))
  }

  @Test func aModelOfSamplesTakesOneOfEachChannelAStep() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let samples = (0..<50).map { Double($0 % 9) / 16 - 0.25 }
    let four = Recording(rate: 44100, channels: 4)
    let wav = scratch.file("y.wav")
    let result = try Tool.run(
      "run", blob, "--wav", "-", "-o", wav, "--json", input: four.wav(samples))
    #expect(result.status == 0, "\(result.error)")
    #expect(try result.json["shape"] as? [Int] == [50, 3])
    let rows = samples.map { "[\($0),\($0),\($0),\($0)]\n" }.joined()
    let expected = try Tool.run(
      "run", blob, "--input", "-", "--format", "jsonl", "-o", "-", input: Data(rows.utf8))
    let floats = expected.lines.flatMap { $0.split(separator: ",") }.compactMap { Float($0) }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: wav))
    #expect(Array(bytes.suffix(600)) == floats.flatMap { Recording.bytes($0.bitPattern) })
    #expect(Array(bytes[24..<28]) == Recording.bytes(UInt32(44100)), "the source's rate")
  }

  @Test func idsAndWholeSequencesAreReadAsText() throws {
    let scratch = try Scratch()
    let ids = try scratch.blob(of: "safetensors_embedding_lstm_last", source: "model.safetensors")
    let backwards = try scratch.blob(
      of: "safetensors_lstm_bidirectional", source: "model.safetensors")
    let x = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [3], elements: .int64([2, 0, 10])), to: x)
    let expected = try Tool.run("run", ids, "--input", x, "-o", "-")
    for text in ["2\n0\n10\n", "id\n2\n0\n10"] {
      let found = try Tool.run(
        "run", ids, "--input", "-", "--format", "csv", "-o", "-", input: Data(text.utf8))
      #expect(found.output == expected.output && found.lines.count == 1)
    }
    for (text, reason) in [("11\n", "the id 11; expected 0 to 10"), ("0.5\n", "the id 0.5")] {
      let found = try Tool.run(
        "run", ids, "--input", "-", "--format", "csv", input: Data(text.utf8))
      #expect(found.status == 3 && found.error.contains(reason), "\(found.error)")
    }
    let y = scratch.file("y.npy")
    let size = 3
    let values = (0..<5 * size).map { Float($0 % 7) / 7 }
    try NPY.write(Tensor(shape: [5, size], values), to: x)
    let whole = try Tool.run("run", backwards, "--input", x, "-o", y, "--json")
    if whole.status == 0 {
      let rows = (0..<5).map { "\(Array(values[$0 * size..<($0 + 1) * size]))\n" }.joined()
      let lines = try Tool.run(
        "run", backwards, "--input", "-", "--format", "jsonl", "-o", "-", input: Data(rows.utf8))
      let floats = lines.lines.flatMap { $0.split(separator: ",") }.compactMap { Float($0) }
      #expect(floats == (try NPY.read(y).floats))
    } else {
      Issue.record("\(whole.error)")
    }
  }
}
