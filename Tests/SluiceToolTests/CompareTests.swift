import Foundation
import SluiceConversion
import Testing

@Suite struct CompareTests {
  private static let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"

  @Test func anErrorAboveTheBoundFails() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    let result = try Tool.run("compare", Self.source, blob, "--max-error", "1e-30", "--json")
    #expect(result.status == 1)
    #expect(try result.json["passed"] as? Bool == false)
    #expect(result.error.contains("expected at most 1e-30"))
  }

  @Test func itSaysWhatItRead() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    let noise = try Tool.run("compare", Self.source, blob)
    #expect(noise.status == 0)
    #expect(noise.output.hasPrefix("noise of seed 1: 1,000 steps"))
    let input = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [2, 25, 3], (0..<150).map { Float($0) / 150 }), to: input)
    let given = try Tool.run("compare", Self.source, blob, "--input", input)
    #expect(given.status == 0, "\(given.error)")
    #expect(given.output.hasPrefix("\(input): 2 sequences of 25 steps"))
  }

  @Test func aBlobOfAnotherModelIsRefused() throws {
    let scratch = try Scratch()
    let other = try scratch.blob(of: "torch_gru_stacked")
    let result = try Tool.run("compare", Self.source, other)
    #expect(result.status == 3)
    #expect(result.error.contains("expected the"), "\(result.error)")
  }

  @Test func anotherActivationIsNoticed() throws {
    let scratch = try Scratch()
    let folder = "\(Tool.fixtures)/safetensors_gru_dense"
    let architecture = try String(contentsOfFile: "\(folder)/model.json", encoding: .utf8)
    let other = scratch.file("other.json")
    for (text, changed) in [
      ("\"relu\"", "\"tanh\""), ("\"layers\": [", "\"output\": \"last\", \"layers\": ["),
    ] {
      try #require(architecture.contains(text))
      try Data(architecture.replacingOccurrences(of: text, with: changed).utf8)
        .write(to: URL(fileURLWithPath: other))
      let blob = try scratch.blob(of: "safetensors_gru_dense", source: "model.safetensors")
      let result = try Tool.run(
        "compare", "\(folder)/model.safetensors", blob, "--architecture", other)
      #expect(result.status == 3)
      #expect(result.error.contains("expected"), "\(result.error)")
    }
  }
}
