import Foundation
import Testing

@Suite struct ConvertTests {
  static let cases = [
    ("onnx_lstm_gemm_sigmoid", "model.onnx"), ("torch_gru_stacked", "model.onnx"),
    ("safetensors_lstm_stacked_dense", "model.safetensors"),
    ("safetensors_architecture_inferred", "model.safetensors"),
    ("safetensors_lstm_bidirectional_projection", "model.safetensors"),
  ]

  @Test(arguments: cases) func aConvertedModelInspectsAndCompares(
    _ name: String, _ source: String
  ) throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: name, source: source, measured: true)
    #expect(try scratch.contents == ["\(name).sluice"], "and nothing beside it")
    let inspected = try Tool.run("inspect", blob, "--json").json
    let layers = try #require(inspected["layers"] as? [[String: Any]])
    #expect(layers.count >= 1)
    #expect(layers.allSatisfy { $0["type"] as? String == "f32" })
    #expect((inspected["xxh64"] as? String)?.count == 16)
    let provenance = try #require(inspected["provenance"] as? [String: Any])
    #expect(provenance["source"] as? String == source)
    let accuracy = try #require(provenance["accuracy"] as? [String: Any])
    #expect(accuracy["steps"] as? Int == 10_000)
    let error = try #require(accuracy["max_error"] as? Double)
    #expect(error > 0 && error < 1e-5)
    #expect(try #require(accuracy["rms_error"] as? Double) <= error)
    #expect((accuracy["layers"] as? [Any])?.count == layers.count)
    #expect((accuracy["drift"] as? [Any])?.count == 5)
    var arguments = ["compare", "\(Tool.fixtures)/\(name)/\(source)", blob, "--json"]
    let architecture = "\(Tool.fixtures)/\(name)/model.json"
    if FileManager.default.fileExists(atPath: architecture) {
      arguments += ["--architecture", architecture]
    }
    let compared = try Tool.run(Tool.path, arguments)
    #expect(compared.status == 0, "\(compared.error)")
    let json = try compared.json
    #expect((json["layers"] as? [Any])?.count == layers.count)
    #expect((json["overTime"] as? [Any])?.count == 5)
    #expect(try #require(json["maxError"] as? Double) < 1e-5)
  }

  @Test func fastActivationsAreStored() throws {
    let scratch = try Scratch()
    let (exact, fast) = (scratch.file("exact.sluice"), scratch.file("fast.sluice"))
    let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"
    #expect(try Tool.run("convert", source, "-o", exact).status == 0)
    #expect(try Tool.run("convert", source, "-o", fast, "--activation", "fast").status == 0)
    for (blob, grade) in [(exact, "exact"), (fast, "fast")] {
      let inspected = try Tool.run("inspect", blob, "--json").json
      let layers = try #require(inspected["layers"] as? [[String: Any]])
      #expect(layers.allSatisfy { $0["grade"] as? String == grade })
      #expect(try Tool.run("inspect", blob).output.contains(", fast") == (grade == "fast"))
      #expect(try Tool.run("compare", source, blob).status == 0)
      // The report is on the grade that is stored.
      let provenance = try #require(inspected["provenance"] as? [String: Any])
      let accuracy = try #require(provenance["accuracy"] as? [String: Any])
      let error = try #require(accuracy["max_error"] as? Double)
      #expect(grade == "fast" ? error > 1e-6 && error < 1e-3 : error < 1e-6)
    }
  }

  @Test func compactLayersStayExact() throws {
    let scratch = try Scratch()
    let blob = scratch.file("int8.sluice")
    let done = try Tool.run(
      "convert", "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx", "-o", blob,
      "--activation", "fast", "--type", "int8")
    #expect(done.status == 0, "\(done.error)")
    let layers = try #require(
      try Tool.run("inspect", blob, "--json").json["layers"] as? [[String: Any]])
    for layer in layers {
      #expect((layer["grade"] as? String == "exact") == (layer["type"] as? String != "f32"))
    }
  }

  @Test func anErrorAboveTheBoundWritesNothing() throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"
    let arguments = ["convert", source, "-o", out, "--max-error"]
    let refused = try Tool.run(Tool.path, arguments + ["1e-30"])
    #expect(refused.status == 1)
    #expect(refused.error.contains("expected at most 1e-30"), "\(refused.error)")
    #expect(try scratch.contents.isEmpty)
    try Data("old".utf8).write(to: URL(fileURLWithPath: out))
    #expect(try Tool.run(Tool.path, arguments + ["1e-30", "--json"]).status == 1)
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "old")
    #expect(try scratch.contents == ["out.sluice"])
    let done = try Tool.run(Tool.path, arguments + ["1e-4"])
    #expect(done.status == 0, "\(done.error)")
    #expect(done.output.contains("noise of seed 1: 10,000 steps"))
    let inspected = try Tool.run("inspect", out)
    #expect(inspected.output.contains("measured at conversion over noise of seed 1"))
    #expect(!inspected.output.contains("\"accuracy\""))
  }

  @Test func aReportOfFewerStepsSaysWhy() throws {
    let scratch = try Scratch()
    let source = scratch.file("wide.safetensors")
    let header =
      #"{"__metadata__":{"sluice.architecture":"{\"input_size\":60000,\"layers\":["#
      + #"{\"type\":\"scale\",\"factor\":2}]}"}}"#
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try Data(length + header.utf8).write(to: URL(fileURLWithPath: source))
    let result = try Tool.run("convert", source, "-o", scratch.file("out.sluice"))
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("as many as 3,000,000,000 products pay for"))
    #expect(!result.output.contains("10,000 steps"))
  }

  @Test func conversionIsReproducible() throws {
    let scratch = try Scratch()
    let (a, b) = (scratch.file("a"), scratch.file("b"))
    for path in [a, b] {
      let result = try Tool.run("convert", Tool.shippedSource, "-o", path, "--json")
      #expect(result.status == 0, "\(result.error)")
      #expect((try result.json["layers"] as? [Any])?.count == 3)
    }
    #expect(FileManager.default.contentsEqual(atPath: a, andPath: b))
  }

  @Test func whatIsNoFileIsNotReplaced() throws {
    let scratch = try Scratch()
    let fifo = scratch.file("fifo")
    #expect(unsafe mkfifo(fifo, 0o600) == 0)
    for path in [fifo, "/dev/null", "/dev/stdout"] {
      let result = try Tool.run("convert", Tool.shippedSource, "-o", path)
      #expect(result.status == 1)
      #expect(result.error.contains("is not replaced"), "\(result.error)")
    }
    #expect(try scratch.contents == ["fifo"])
  }

  @Test func anUnknownInstructionSetWritesNothing() throws {
    let scratch = try Scratch()
    let result = try Tool.run(
      "convert", Tool.shippedSource, "-o", scratch.file("out.sluice"),
      environment: ["SLUICE_ISA": "sse9"])
    #expect(result.status == 2)
    #expect(try scratch.contents.isEmpty)
  }

  @Test func whatWasInferredIsSaid() throws {
    let scratch = try Scratch()
    let source = "\(Tool.fixtures)/safetensors_architecture_inferred/model.safetensors"
    let result = try Tool.run("convert", source, "-o", scratch.file("out.sluice"), "--json")
    #expect(result.status == 0, "\(result.error)")
    let layers = "lstm (rnn.), dense without activation (fc.), output of every step"
    #expect(result.remarks == ["sluice: \(source): inferred the layers \(layers)"])
    #expect(try result.json["inferred"] as? String == layers)
    let told = "\(Tool.fixtures)/safetensors_architecture_in_metadata/model.safetensors"
    #expect(try Tool.run("convert", told, "-o", scratch.file("told.sluice")).remarks.isEmpty)
  }

  @Test func anAmplifierIsConverted() throws {
    let scratch = try Scratch()
    let source = "\(Tool.models)/nam_lstm_stacked/model.nam"
    let result = try Tool.run("convert", source, "-o", scratch.file("out.sluice"), "--json")
    #expect(result.status == 0, "\(result.error)")
    #expect((try result.json["layers"] as? [Any])?.count == 4)
    let bad = scratch.file("bad.nam")
    let text = try String(contentsOfFile: source, encoding: .utf8)
    try Data(text.replacingOccurrences(of: "\"LSTM\"", with: "\"WaveNet\"").utf8)
      .write(to: URL(fileURLWithPath: bad))
    let refused = try Tool.run("convert", bad, "-o", scratch.file("bad.sluice"))
    #expect(refused.status == 3)
    #expect(refused.error.contains("$.architecture") && refused.error.contains("WaveNet"))
  }

  @Test func theSourceIsNotOverwritten() throws {
    let scratch = try Scratch()
    let source = scratch.file("model.safetensors")
    try FileManager.default.copyItem(atPath: Tool.shippedSource, toPath: source)
    let result = try Tool.run("convert", source, "-o", source)
    #expect(result.status == 2)
    #expect(FileManager.default.contentsEqual(atPath: source, andPath: Tool.shippedSource))
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    try Data("old".utf8).write(to: URL(fileURLWithPath: out))
    let bad = scratch.file("bad.onnx")
    try Data("not a model".utf8).write(to: URL(fileURLWithPath: bad))
    #expect(try Tool.run("convert", bad, "-o", out).status == 3)
    // The disk is full: a file may not grow beyond one block.
    let script = "ulimit -f 1; exec \"$@\""
    let full = try Tool.run(
      "/bin/sh", ["-c", script, "sh", Tool.path, "convert", Tool.shippedSource, "-o", out])
    #expect(full.status == 1)
    #expect(full.error.contains("\(out): cannot be written: "))
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "old")
    #expect(try scratch.contents == ["bad.onnx", "out.sluice"])
  }

  @Test func anOutputThatCannotBeIsAFailure() throws {
    let scratch = try Scratch()
    let missing = try Tool.run("convert", Tool.shippedSource, "-o", scratch.file("no/out.sluice"))
    #expect(missing.status == 1)
    #expect(missing.error.contains("no/out.sluice: "))
    let folder = try Tool.run("convert", Tool.shippedSource, "-o", scratch.path)
    #expect(folder.status == 1)
    #expect(try scratch.contents.isEmpty)
  }

  @Test(arguments: ["missing", "folder", "fifo", "empty", "/dev/zero"])
  func aSourceThatIsNoFileIsRefused(_ kind: String) throws {
    let scratch = try Scratch()
    let path = kind.hasPrefix("/") ? kind : scratch.file(kind)
    switch kind {
    case "folder":
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case "fifo": try #require(unsafe mkfifo(path, 0o600) == 0)
    case "empty": try Data().write(to: URL(fileURLWithPath: path))
    default: break
    }
    let out = scratch.file("out")
    for arguments in [
      ["convert", path, "-o", out], ["inspect", path], ["bench", path],
      ["run", path, "--text", "a"], ["run", "--input", path], ["compare", path, path],
      ["compare", Tool.shippedSource, path],
    ] where !["fifo", "folder"].contains(kind) || !arguments.contains("--input") {
      // Rows may come from a FIFO, which is waited for, and from the files of a folder.
      let result = try Tool.run(Tool.path, arguments)
      #expect(result.status == 3, "\(arguments)")
      #expect(result.error.contains(path), "names the file: \(result.error)")
      #expect(result.error.split(separator: "\n").count == 1, "one sentence")
    }
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test func aDamagedBlobNamesTheByte() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: blob))
    let result = try Tool.run("inspect", blob)
    #expect(result.status == 3)
    #expect(result.error.contains("\(blob): Byte "))
  }
}
