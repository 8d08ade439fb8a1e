import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// `run` of a folder: each file as it would be alone, what fails beside what does not, and how a run goes on.
@Suite struct RunFolderTests {
  private let scratch: Scratch
  private let blob: String
  /// The folders.
  private let (input, output): (String, String)

  init() throws {
    scratch = try Scratch()
    blob = try scratch.blob(of: "torch_gru_stacked")
    (input, output) = (scratch.file("in"), scratch.file("out"))
  }

  private static func values(_ rows: Int, seed: Int) -> [Float] {
    (0..<rows * 4).map { Float(($0 * 7 + seed * 13) % 31) / 31 - 0.5 }
  }

  /// Writes `count` files of all formats, some of them in a folder below; their names.
  @discardableResult private func fill(_ count: Int, rows: Int = 9) throws -> [String] {
    try (0..<count).map { index in
      let kind = ["npy", "csv", "jsonl"][index % 3]
      let name = "\(index % 2 == 0 ? "" : "deep/er/")\(index).\(kind)"
      try write(Self.values(rows + index, seed: index), to: "\(input)/\(name)")
      return name
    }
  }

  private func write(_ values: [Float], to path: String) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let rows = stride(from: 0, to: values.count, by: 4).map { Array(values[$0..<$0 + 4]) }
    switch url.pathExtension {
    case "npy": try NPY.write(Tensor(shape: [rows.count, 4], values), to: path)
    case "csv":
      let lines = rows.map { $0.map { "\($0)" }.joined(separator: ",") + "\n" }
      try Data(lines.joined().utf8).write(to: url)
    default: try Data(rows.map { "\($0)\n" }.joined().utf8).write(to: url)
    }
  }

  private func run(_ words: String...) throws -> Tool.Result {
    try Tool.run(Tool.path, ["run", blob, "--input", input, "--output", output] + words)
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// What tells a file that was written anew: another one of the same name.
  private func node(_ name: String) throws -> UInt64 {
    var status = stat()
    try #require(unsafe stat("\(output)/\(name)", &status) == 0, "\(name)")
    return UInt64(status.st_ino)
  }

  private func expectAlone(_ names: [String]) throws {
    for name in names {
      let alone = scratch.file("alone.\(name.split(separator: ".").last ?? "")")
      let result = try Tool.run("run", blob, "--input", "\(input)/\(name)", "--output", alone)
      try #require(result.status == 0, "\(result.error)")
      #expect(try bytes("\(output)/\(name)") == bytes(alone), "\(name)")
    }
  }

  @Test(arguments: [1, 2, 5, 64]) func everyNumberOfThreadsGivesTheBitsOfEachAlone(
    _ threads: Int
  ) throws {
    let names = try fill(13)
    // What is none of its files.
    try Data("x".utf8).write(to: URL(fileURLWithPath: "\(input)/readme.txt"))
    try Data("x".utf8).write(to: URL(fileURLWithPath: "\(input)/.hidden.csv"))
    let result = try run("--threads", "\(threads)")
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    #expect(result.output.contains("13 of 13 files scored, 0 there before, 0 failed"))
    #expect(result.output.contains("195 rows, "))
    try expectAlone(names)
  }

  @Test func theFormatMayBeAnother() throws {
    try fill(6)
    let result = try run("--output-format", "npy", "--quiet")
    #expect(result.status == 0 && result.output.isEmpty, "\(result.error)")
    for index in 0..<6 {
      let name = "\(output)/\(index % 2 == 0 ? "" : "deep/er/")\(index).npy"
      #expect(try NPY.read(name).shape == [9 + index, 3])
    }
  }

  @Test func whatFailsIsNamedAndTheRestGoesOn() throws {
    let names = try fill(8)
    var wrong = Self.values(9, seed: 0)
    wrong[4 * 3 + 2] = .nan
    try write(wrong, to: "\(input)/0.npy")
    try Data("1,2\n".utf8).write(to: URL(fileURLWithPath: "\(input)/deep/er/1.csv"))
    try Data().write(to: URL(fileURLWithPath: "\(input)/2.jsonl"))
    for _ in 0..<2 {
      let result = try run("--threads", "2", "--json")
      #expect(result.status == 1)
      #expect(result.error.contains("\(input)/0.npy: row [3], column 2: nan"), "\(result.error)")
      #expect(result.error.contains("\(input)/deep/er/1.csv: line 1: 2 fields"))
      #expect(result.error.contains("\(input)/2.jsonl: has no row"))
      #expect(result.error.contains("3 of 8 files failed"))
      let lines = try result.jsonLines
      let failed = lines.filter { $0["error"] != nil }.compactMap { $0["file"] as? String }
      #expect(failed.sorted() == ["0.npy", "2.jsonl", "deep/er/1.csv"].map { "\(input)/\($0)" })
      #expect(lines.last?["failed"] as? Int == 3 && lines.last?["files"] as? Int == 8)
      let done = (lines.last?["scored"] as? Int ?? 0) + (lines.last?["there"] as? Int ?? 0)
      #expect(done == 5)
      for name in ["0.npy", "2.jsonl", "deep/er/1.csv"] {
        #expect(!FileManager.default.fileExists(atPath: "\(output)/\(name)"))
      }
      try expectAlone(names.filter { !["0.npy", "2.jsonl", "deep/er/1.csv"].contains($0) })
    }
    let mended = try run("--missing", "0")
    #expect(mended.status == 2 && mended.error.contains("missing 0"), "\(mended.error)")
  }

  @Test func aRunGoesOnWhereTheLastOneEnded() throws {
    let names = try fill(9)
    #expect(try run().status == 0)
    let before = try names.map(node)
    let again = try run("--threads", "3", "--json")
    #expect(again.status == 0 && again.lines.count == 1)
    #expect(try again.json["there"] as? Int == 9)
    #expect(try names.map(node) == before)
    // One has changed, one's output is gone, one's is cut off, of one the record was cut off.
    try write(Self.values(9, seed: 77), to: "\(input)/\(names[0])")
    try FileManager.default.removeItem(atPath: "\(output)/\(names[1])")
    try bytes("\(output)/\(names[2])").dropLast().write(
      to: URL(fileURLWithPath: "\(output)/\(names[2])"))
    let record = "\(output)/.sluice-run"
    try bytes(record).dropLast(3).write(to: URL(fileURLWithPath: record))
    let mended = try run("--json")
    #expect(mended.status == 0, "\(mended.error)")
    #expect(try mended.jsonLines.last?["scored"] as? Int == 4)
    try expectAlone(names)
    let after = try names.map(node)
    #expect((0..<9).count { after[$0] == before[$0] } == 5)
    // What can no longer be scored has no output of what it was.
    try Data("1,2\n".utf8).write(to: URL(fileURLWithPath: "\(input)/\(names[1])"))
    #expect(try run().status == 1)
    #expect(!FileManager.default.fileExists(atPath: "\(output)/\(names[1])"))
  }

  @Test func outputsOfOthersAreRefused() throws {
    try fill(3)
    let other = try scratch.blob(of: "safetensors_lstm_stacked_dense", source: "model.safetensors")
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: false)
    let mine = URL(fileURLWithPath: "\(output)/0.npy")
    try Data("mine".utf8).write(to: mine)
    let foreign = try run()
    #expect(foreign.status == 2 && foreign.error.contains("0.npy is there"), "\(foreign.error)")
    #expect(try Data(contentsOf: mine) == Data("mine".utf8))
    try FileManager.default.removeItem(at: mine)
    #expect(try run().status == 0)
    let result = try Tool.run("run", other, "--input", input, "--output", output)
    #expect(
      result.status == 2 && result.error.contains("holds outputs of 'model "), "\(result.error)")
    try Data("no record".utf8).write(to: URL(fileURLWithPath: "\(output)/.sluice-run"))
    let damaged = try run()
    #expect(damaged.status == 2 && damaged.error.contains("is no record"), "\(damaged.error)")
  }

  @Test func twoRunsDoNotShareAFolder() throws {
    try fill(3)
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: false)
    let folder = unsafe open(output, O_RDONLY | O_CLOEXEC)
    defer { close(folder) }
    try #require(flock(folder, LOCK_EX | LOCK_NB) == 0)
    let result = try run()
    #expect(result.status == 1 && result.error.contains("another run"), "\(result.error)")
  }

  @Test func aKilledRunLeavesWholeFilesAndGoesOn() throws {
    let names = try fill(60, rows: 400)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.arguments = ["run", blob, "--input", input, "--output", output, "--threads", "2"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Not before there are some, and before there are all.
    while process.isRunning, !FileManager.default.fileExists(atPath: "\(output)/\(names[4])") {
      usleep(500)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let there = names.filter { FileManager.default.fileExists(atPath: "\(output)/\($0)") }
    #expect(!there.isEmpty)
    try expectAlone(there)
    let result = try run("--threads", "2", "--json")
    #expect(result.status == 0, "\(result.error)")
    // Two at most were put in place and are not on record.
    let before = try #require(result.jsonLines.last?["there"] as? Int)
    #expect(before <= there.count && before >= there.count - 2)
    try expectAlone(names)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: output).sorted().first == ".sluice-run")
  }

  @Test func whatCannotBeIsRefused() throws {
    try fill(3)
    let npy = scratch.file("in/9.npy")
    try write(Self.values(9, seed: 1), to: npy)
    try write(Self.values(9, seed: 1), to: scratch.file("in/9.csv"))
    let plain = scratch.file("plain")
    try Data("x".utf8).write(to: URL(fileURLWithPath: plain))
    for (words, status, expectation) in [
      (["--input", input], 2, "needs another one as --output"),
      (["--input", input, "--output", "-"], 2, "needs another one as --output"),
      (["--input", npy, "--output", output, "--threads", "2"], 2, "goes with a folder as --input"),
      (["--input", input, "--output", output, "--threads", "0"], 2, "whole number from 1"),
      (["--input", input, "--output", output, "--format", "csv"], 2, "goes with a file"),
      (["--input", input, "--output", output, "--output-format", "wav"], 2, "one of npy, csv"),
      (["--input", input, "--output", output, "--rate", "8000"], 2, "goes with --raw"),
      (["--input", input, "--output", output, "--output-format", "npy"], 2, "one output, 9.npy"),
      (["--input", input, "--output", "\(input)/new/out"], 2, "or lies in it"),
      (["--input", "\(input)/deep", "--output", input], 2, "or lies in it"),
      (["--input", input, "--output", blob], 2, "which would be lost"),
      (["--input", input, "--output", plain], 1, "the folder cannot be made"),
      (["--input", "\(input)/deep/none", "--output", output], 3, "has no file that ends with"),
    ] as [([String], Int32, String)] {
      try FileManager.default.createDirectory(
        atPath: "\(input)/deep/none", withIntermediateDirectories: true)
      let result = try Tool.run(Tool.path, ["run", blob] + words)
      #expect(result.status == status, "\(words): \(result.error)")
      #expect(result.error.contains(expectation), "\(words): \(result.error)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(input)/new"))
  }
}
