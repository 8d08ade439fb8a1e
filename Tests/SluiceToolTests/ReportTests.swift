import Foundation
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
}
