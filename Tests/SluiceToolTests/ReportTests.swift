import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// `--json`, `--quiet` and progress.
@Suite struct ReportTests {
  private static let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"

  @Test func aRefusalIsJSONToo() throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    let refused = "\(Tool.fixtures)/refuse_onnx_conv/model.onnx"
    let result = try Tool.run("convert", refused, "-o", out, "--json")
    #expect(result.status == 3)
    let error = try #require(try result.json["error"] as? [String: Any])
    #expect(error["status"] as? Int == 3)
    #expect(error["file"] as? String == refused)
    #expect(error["kind"] as? String == "unsupported")
    let message = try #require(error["message"] as? String)
    #expect(result.error == "sluice: \(message)\n")
    #expect(message.contains(try #require(error["reason"] as? String)))

    let bounded = try Tool.run(
      "convert", Self.source, "-o", out, "--max-error", "1e-30", "--json")
    #expect(bounded.status == 1)
    let failure = try #require(try bounded.json["error"] as? [String: Any])
    #expect(failure["status"] as? Int == 1)
    #expect((failure["accuracy"] as? [String: Any])?["max_error"] is Double)
    #expect(try scratch.contents.isEmpty)
  }

  @Test(arguments: [
    ["inspect", "/nonexistent"], ["run", "/nonexistent", "--text", "a"],
    ["compare", "/nonexistent", "/nonexistent"], ["diff", "/nonexistent", "/nonexistent"],
    ["bench", "/nonexistent"], ["conformance", "/nonexistent"],
    ["convert", "/nonexistent", "-o", "/nonexistent/out"],
  ])
  func everyCommandsRefusalIsJSON(_ words: [String]) throws {
    let result = try Tool.run(Tool.path, words + ["--json"])
    #expect(result.status == 3)
    let error = try #require(try result.json["error"] as? [String: Any])
    #expect(error["message"] as? String == String(result.error.dropFirst(8).dropLast()))
  }

  @Test func aReportThatFailsIsOneObject() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    let compared = try Tool.run("compare", Self.source, blob, "--max-error", "1e-30", "--json")
    #expect(compared.status == 1)
    #expect(compared.lines.count == 1)
    #expect(try compared.json["passed"] as? Bool == false)
  }

  @Test func quietCommandsSayErrorsAlone() throws {
    let scratch = try Scratch()
    let (blob, x, y) = (scratch.file("m.sluice"), scratch.file("x.npy"), scratch.file("y.npy"))
    let inferred = "\(Tool.fixtures)/safetensors_architecture_inferred/model.safetensors"
    try NPY.write(Tensor(shape: [2, 3], [0, 1, 0, 1, 0, 1]), to: x)
    for words in [
      ["convert", inferred, "-o", scratch.file("i.sluice"), "--quiet"],
      ["convert", inferred, "-o", scratch.file("i.sluice"), "--type", "int4", "-q"],
      ["convert", Self.source, "-o", blob, "-q"],
      ["convert", blob, "--object", scratch.file("m.o"), "-q"],
      ["compare", Self.source, blob, "--quiet"],
      ["compare", inferred, scratch.file("i.sluice"), "-q"],
      ["diff", blob, blob, "--quiet"], ["run", blob, "--input", x, "-o", y, "--quiet"],
      ["conformance", "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid", "--quiet"],
    ] {
      let result = try Tool.run(Tool.path, words)
      #expect(result.status == 0, "\(words): \(result.error)")
      #expect(result.output.isEmpty && result.error.isEmpty, "\(words): \(result.output)")
    }
    // What was asked for is said.
    #expect(try Tool.run("run", blob, "--input", x, "-q").output.contains("float32 [2, "))
    #expect(
      try Tool.run("compare", Self.source, blob, "-q", "--json").json["passed"] as? Bool == true)
    let failed = try Tool.run("compare", Self.source, blob, "-q", "--max-error", "1e-30")
    #expect(failed.status == 1 && failed.output.isEmpty)
    #expect(failed.error.contains("expected at most 1e-30"))
  }

  /// A blob of one activation with any provenance that its format allows.
  @Test(arguments: [
    #"{"a":1,"a":2}"#, #"{"a":"\ud800"}"#, #"{"a":1e999}"#, #"{"a":[1,2.5,-0.0,1e-7]}"#,
    "{\"a\":\"\u{202E}\u{9B}\"}", "{}",
  ])
  func inspectedJSONIsStrict(_ provenance: String) throws {
    let scratch = try Scratch()
    let table = BlobContents.Layer(
      record: .embedding(tokenCount: 2, outputSize: 1), name: "e",
      weights: [UInt8](repeating: 0, count: 8), biases: [])
    var contents = BlobContents(layers: [table])
    contents.provenance = provenance
    let blob = scratch.file("m.sluice")
    try Data(try contents.bytes()).write(to: URL(fileURLWithPath: blob))
    let script = """
      import json, sys
      def refuse(what): raise ValueError(what)
      def once(pairs):
        if len(dict(pairs)) != len(pairs): refuse("a key twice")
        return dict(pairs)
      text = sys.stdin.buffer.read().decode()
      value = json.loads(text, parse_constant=refuse, object_pairs_hook=once)
      json.dumps(value, allow_nan=False).encode("ascii")
      json.dumps(value, ensure_ascii=False).encode()
      """
    let result = try Tool.run("inspect", blob, "--json")
    #expect(result.status == 0, "\(result.error)")
    #expect(!result.output.unicodeScalars.contains { ["\u{202E}", "\u{9B}"].contains($0) })
    _ = try result.json
    let python = "/usr/bin/env"
    guard try Tool.run(python, ["python3", "--version"]).status == 0 else { return }
    let read = try Tool.run(python, ["python3", "-c", script], input: Data(result.output.utf8))
    #expect(read.status == 0, "\(read.error)")
  }

  /// Runs the tool with standard error on a terminal of so many columns, and returns what it wrote.
  private func errors(onTerminalOf columns: UInt16, _ words: [String]) throws -> String {
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    // What posix_openpt, unlockpt and ptsname do, none of which Swift sees.
    let host = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (isLocked, number): (Int32, UInt32) = (0, 0)
    #expect(host >= 0)
    #expect(unsafe ioctl(host, 0x4004_5431, &isLocked) == 0, "TIOCSPTLCK")
    #expect(unsafe ioctl(host, 0x8004_5430, &number) == 0, "TIOCGPTN")
    let name = "/dev/pts/\(number)"
    let device = unsafe open(name, O_RDWR | O_NOCTTY)
    #expect(unsafe ioctl(device, UInt(TIOCSWINSZ), &size) == 0)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(fileDescriptor: device)
    try process.run()
    process.waitUntilExit()
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    _ = fcntl(host, F_SETFL, O_NONBLOCK)
    let count = unsafe read(host, &bytes, bytes.count)
    close(device)
    close(host)
    return String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
  }

  @Test(arguments: [20, 60, 200] as [UInt16])
  func progressKnowsTheTerminalsWidth(_ columns: UInt16) throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let words = ["bench", blob, "--seconds", "1.01"]
    let shown = try errors(onTerminalOf: columns, words)
    #expect(shown.contains("1 s"), "\(shown)")
    for line in shown.components(separatedBy: "\r\u{1B}[K") {
      #expect(line.count < Int(columns), "\(line)")
    }
    #expect(shown.hasSuffix("\r\u{1B}[K"), "and is taken away")
    #expect(try errors(onTerminalOf: columns, words + ["--quiet"]).isEmpty)
    // In a log it is a line.
    #expect(try Tool.run(Tool.path, words).error == "sluice: measuring for about 1 s\n")
    #expect(try Tool.run(Tool.path, words + ["-q"]).error.isEmpty)
  }
}
