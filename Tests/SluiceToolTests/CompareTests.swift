import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
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
    #expect(noise.output.hasPrefix("noise of seed 1: 10,000 steps"))
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

  @Test func theWordsAreThoseOfTheField() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "safetensors_gru_dense", source: "model.safetensors")
    let folder = "\(Tool.fixtures)/safetensors_gru_dense"
    let other = scratch.file("other.json")
    let text = try String(contentsOfFile: "\(folder)/model.json", encoding: .utf8)
    try Data(text.replacingOccurrences(of: "\"relu\"", with: "\"sigmoid\"").utf8)
      .write(to: URL(fileURLWithPath: other))
    let result = try Tool.run(
      "compare", "\(folder)/model.safetensors", blob, "--architecture", other)
    #expect(result.status == 3)
    #expect(result.error.contains("output activation relu; expected sigmoid"), "\(result.error)")
    #expect(!result.error.contains("(") && !result.error.contains("Activation"), "\(result.error)")
  }

  @Test func aBlobIsNoSource() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    let unnamed = scratch.file("model.onnx")
    try FileManager.default.copyItem(atPath: blob, toPath: unnamed)
    for source in [blob, unnamed] {
      let result = try Tool.run("compare", source, blob)
      #expect(result.status == 3)
      #expect(result.error.contains("is a blob") && result.error.contains("'sluice diff'"))
      for option in [["--type", "int8"], ["--calibrate", source], ["-o", scratch.file("b")]] {
        let refused = try Tool.run(Tool.path, ["convert", source, "--object", "o"] + option)
        #expect(refused.status == 2)
        #expect(refused.error.contains("needs the model that it was converted from"))
      }
    }
  }

  /// An Elman network whose units push each other past their limits: it doubles any difference.
  private func chaos(in scratch: Scratch) throws -> (source: String, architecture: String) {
    let units = 16
    var random = SplitMix64(state: 7)
    func numbers(_ count: Int, scale: Double) -> String {
      let values = (0..<count).map { _ in
        "\((Double(random.next() >> 11) * 0x1p-52 - 1) * scale)"
      }
      return "[\(values.joined(separator: ","))]"
    }
    func rows(_ columns: Int, scale: Double) -> String {
      "[\((0..<units).map { _ in numbers(columns, scale: scale) }.joined(separator: ","))]"
    }
    let source = scratch.file("chaos.json")
    let zeros = "[\([String](repeating: "0", count: units).joined(separator: ","))]"
    try Data(
      """
      {"rnn.weight_ih_l0": \(rows(2, scale: 0.1)), "rnn.weight_hh_l0": \(rows(units, scale: 3)),
      "rnn.bias_ih_l0": \(zeros), "rnn.bias_hh_l0": \(zeros)}
      """.utf8
    ).write(to: URL(fileURLWithPath: source))
    let architecture = scratch.file("architecture.json")
    try Data(#"{"input_size": 2, "layers": [{"type": "rnn", "tensors": "rnn."}]}"#.utf8)
      .write(to: URL(fileURLWithPath: architecture))
    return (source, architecture)
  }

  @Test func anErrorOfTheNetworksOwnIsCalledSo() throws {
    let scratch = try Scratch()
    let (source, architecture) = try chaos(in: scratch)
    let blob = scratch.file("chaos.sluice")
    let converted = try Tool.run(
      "convert", source, "--architecture", architecture, "-o", blob)
    try #require(converted.status == 0, "\(converted.error)")
    let own = "the network amplifies what rounding leaves, in the blob as in the source"
    #expect(converted.output.contains("source at f32") && converted.output.contains(own))
    #expect(try Tool.run("inspect", blob).output.contains(own))
    let compared = try Tool.run("compare", source, blob, "--architecture", architecture, "--json")
    #expect(compared.status == 0, "\(compared.error)")
    let json = try compared.json
    #expect(try #require(json["maxError"] as? Double) > 0.1)
    #expect(try #require(json["sourceMaxErrorAtF32"] as? Double) > 0.1)
    let bounded = try Tool.run(
      "convert", source, "--architecture", architecture, "-o", scratch.file("b"), "--max-error",
      "0.01")
    #expect(bounded.status == 1)
    #expect(bounded.error.contains(own), "\(bounded.error)")
  }

  @Test func anErrorOfTheBlobIsNotTheNetworks() throws {
    let scratch = try Scratch()
    let folder = "\(Tool.fixtures)/safetensors_gru_dense"
    let blob = try scratch.blob(of: "safetensors_gru_dense", source: "model.safetensors")
    // Another model of the same shape: one weight differs.
    var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/model.safetensors"))
    bytes[bytes.count - 2] ^= 0x40
    let other = scratch.file("model.safetensors")
    try bytes.write(to: URL(fileURLWithPath: other))
    let result = try Tool.run(
      "compare", other, blob, "--architecture", "\(folder)/model.json")
    #expect(result.status == 1)
    #expect(result.error.contains("the error above that is the blob's"), "\(result.error)")
  }
}
