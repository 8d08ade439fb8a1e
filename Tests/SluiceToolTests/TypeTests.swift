import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// `--type`, `--calibrate` and `--max-error` of `convert`, and what the other commands say of it.
@Suite struct TypeTests {
  private static let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"

  private func convert(_ out: String, _ arguments: String...) throws -> Tool.Result {
    try Tool.run(Tool.path, ["convert", Self.source, "-o", out] + arguments)
  }

  @Test(arguments: [("f16", 1e-3), ("bf16", 1e-2), ("int8", 0.02), ("int4", 0.2)])
  func everyTypeIsMeasured(_ type: String, _ most: Double) throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    let done = try convert(out, "--type", type, "--json")
    try #require(done.status == 0, "\(done.error)")
    let accuracy = try #require(try done.json["accuracy"] as? [String: Any])
    let error = try #require(accuracy["max_error"] as? Double)
    #expect(error > 1e-6 && error < most, "\(type): \(error)")
    let layers = try #require(accuracy["layers"] as? [[String: Any]])
    for layer in layers where layer["weights_db"] != nil {
      #expect(layer["type"] as? String == type)
      #expect(try #require(layer["weights_db"] as? Double) > 10)
      #expect(try #require(layer["outputs_db"] as? Double) > 10)
    }
    // What the conversion measured lies in the blob, and a comparison measures it anew.
    let inspected = try Tool.run("inspect", out, "--json").json
    let provenance = try #require(inspected["provenance"] as? [String: Any])
    let stored = try #require(provenance["accuracy"] as? [String: Any])
    #expect(stored["max_error"] as? Double == error)
    let compared = try Tool.run(
      "compare", Self.source, out, "--max-error", "\(most)", "--json")
    #expect(compared.status == 0, "\(compared.error)")
    #expect(try #require(try compared.json["maxError"] as? Double) <= error * 1.05)
    #expect(try Tool.run("inspect", out).output.contains("measured at conversion over noise"))
  }

  @Test func aStepsTimeStandsBesideThatOfFloats() throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    let json = try convert(out, "--type", "int8", "--measure", "50", "--json").json
    let step = try #require(json["step"] as? [String: Any])
    let (time, f32) = (step["nanoseconds"] as? Double, step["f32Nanoseconds"] as? Double)
    let ratio = try #require(time) / #require(f32)
    let said = try #require(step["ratio"] as? Double)
    #expect(ratio > 0 && (said / ratio - 1).magnitude < 1e-9)
    let accuracy = try #require(json["accuracy"] as? [String: Any])
    #expect(accuracy["steps"] as? Int == 50)
    #expect(try convert(out, "--type", "int8").output.contains("a step with int8 weights takes "))
    let floats = try convert(out, "--json").json
    #expect(floats["step"] is NSNull)
  }

  @Test func nothingIsMeasuredWhereNobodyAsks() throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    let done = try convert(out, "--type", "int8", "--measure", "none")
    #expect(done.status == 0 && done.output.contains("\nnot measured\n"), "\(done.error)")
    #expect(!done.output.contains("a step with"))
    let json = try convert(out, "--type", "int8", "--measure", "none", "--json").json
    #expect(json["accuracy"] is NSNull && json["step"] is NSNull)
    #expect(try !Tool.run("inspect", out).output.contains("measured at conversion"))
    let refused = try convert(out, "--measure", "none", "--max-error", "1")
    #expect(refused.status == 2 && refused.error.contains("--measure none"), "\(refused.error)")
  }

  /// Two units: h decays by 0.97 in the one, and a bias keeps the other near 1.
  @Test(arguments: ["int8", "int4", "f16"])
  func aStateThatNeverFallsSilentIsSaid(_ type: String) throws {
    let scratch = try Scratch()
    let tensors: [(String, [Int], [Float])] = [
      ("weight_ih_l0", [2, 1], [0.3, 0]), ("weight_hh_l0", [2, 2], [0.97, 0, 0, 0]),
      ("bias_ih_l0", [2], [0, 2]), ("bias_hh_l0", [2], [0, 0]),
    ]
    let architecture =
      #"{\"input_size\":1,\"layers\":[{\"type\":\"rnn\",\"tensors\":\"\"}]}"#
    var header = #"{"__metadata__":{"sluice.architecture":"\#(architecture)"}"#
    var values: [Float] = []
    for (name, shape, floats) in tensors {
      let range = [4 * values.count, 4 * (values.count + floats.count)]
      header += #","\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(range)}"#
      values += floats
    }
    header += "}"
    let bytes = unsafe values.withUnsafeBytes { unsafe Array($0) }
    let length = unsafe withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) {
      unsafe Array($0)
    }
    let source = scratch.file("two.safetensors")
    try Data(length + Array(header.utf8) + bytes).write(to: URL(fileURLWithPath: source))
    let done = try Tool.run(
      "convert", source, "-o", scratch.file("two.sluice"), "--type", type)
    try #require(done.status == 0, "\(done.error)")
    #expect(done.error.contains("in silence an error of 1.1e-1 stays") == (type != "f16"))
    if type == "int8" {
      let bound = try Tool.run(
        "convert", source, "-o", scratch.file("not.sluice"), "--type", type, "--max-error", "0.05")
      #expect(bound.status == 1 && bound.error.contains("over silence"))
    }
  }

  @Test func aBoundRefusesAndWritesNothing() throws {
    let scratch = try Scratch()
    let refused = try convert(scratch.file("out.sluice"), "--type", "int4", "--max-error", "1e-4")
    #expect(refused.status == 1)
    #expect(refused.error.contains("expected at most 0.0001; nothing is written"))
    #expect(try scratch.contents.isEmpty)
  }

  @Test func typesAreChosenUnderABound() throws {
    let scratch = try Scratch()
    let source = "\(Tool.root.path)/tools/python/training/forecaster.safetensors"
    func auto(_ bound: String) throws -> Tool.Result {
      try Tool.run(
        "convert", source, "-o", scratch.file("out.sluice"), "--type", "auto", "--max-error",
        bound, "--json")
    }
    let done = try auto("0.2")
    try #require(done.status == 0, "\(done.error)")
    let mix = try #require(try done.json["auto"] as? [String: Any])
    let accuracy = try #require(try done.json["accuracy"] as? [String: Any])
    #expect(try #require(accuracy["max_error"] as? Double) <= 0.2)
    let (bytes, int8) = (mix["bytes"] as? Int, mix["int8Bytes"] as? Int)
    #expect(try #require(bytes) < #require(int8) || mix["notSmallerBecause"] is String)
    let layers = try #require(try done.json["layers"] as? [[String: Any]])
    #expect((layers[0]["f32Because"] as? String)?.isEmpty == false, "the norm")
    try FileManager.default.removeItem(atPath: scratch.file("out.sluice"))
    let refused = try auto("1e-12")
    #expect(refused.status == 1)
    #expect(try scratch.contents.isEmpty)
  }

  @Test func calibrationStoresScalesAndIsNamed() throws {
    let scratch = try Scratch()
    let (out, input) = (scratch.file("out.sluice"), scratch.file("x.npy"))
    try NPY.write(Tensor(shape: [2, 25, 3], (0..<150).map { Float($0) / 300 }), to: input)
    let done = try convert(out, "--type", "int8", "--calibrate", input)
    try #require(done.status == 0, "\(done.error)")
    #expect(done.output.contains("measured over x.npy: 2 sequences of 25 steps"))
    #expect(done.output.contains("0.00 %"), "nothing that was calibrated is cut off")
    let layers = try #require(
      try Tool.run("inspect", out, "--json").json["layers"] as? [[String: Any]])
    let scale = try #require(layers[0]["inputScale"] as? Double)
    #expect((scale - 149 / 300.0 / 127).magnitude < 1e-8)
    let plain = scratch.file("plain.sluice")
    try #require(try convert(plain, "--type", "int8").status == 0)
    let difference = try Tool.run("diff", plain, out).output
    #expect(
      difference.contains("reads inputs at no stored scale -> scale 3.91e-3"), "\(difference)")
    let sides = try #require(
      try Tool.run("diff", plain, out, "--json").json["layers"] as? [[String: Any]])
    #expect((sides[0]["a"] as? [String: Any])?["inputScale"] is NSNull)
    #expect((sides[0]["b"] as? [String: Any])?["inputScale"] as? Double == scale)
    // Noise up to 1 is beyond what was calibrated.
    let noise = try Tool.run("compare", Self.source, out, "--max-error", "2", "--json").json
    let measured = try #require(noise["layers"] as? [[String: Any]])
    let saturated = try #require(measured[0]["saturated"] as? Double)
    #expect(saturated > 0.1 && saturated < 0.9)
  }

  @Test func whatCannotCalibrateIsRefused() throws {
    let scratch = try Scratch()
    let input = scratch.file("x.npy")
    for (shape, values, hint) in [
      ([5, 4], [Float](repeating: 0, count: 20), "expected [T, 3]"),
      ([1, 3], [0, .nan, 0], "element 1 is nan"), ([1, 3], [0, 0, -.infinity], "element 2"),
    ] {
      try NPY.write(Tensor(shape: shape, values), to: input)
      let result = try convert(scratch.file("out.sluice"), "--type", "int8", "--calibrate", input)
      #expect(result.status == 3)
      #expect(result.error.contains(input) && result.error.contains(hint), "\(result.error)")
      #expect(!result.error.contains("weights"), "data are none: \(result.error)")
    }
    #expect(try scratch.contents == ["x.npy"])
  }

  @Test func typesDifferInADiff() throws {
    let scratch = try Scratch()
    let (a, b) = (scratch.file("a.sluice"), scratch.file("b.sluice"))
    try #require(try convert(a).status == 0)
    try #require(try convert(b, "--type", "int8").status == 0)
    let shown = try Tool.run("diff", a, b, "--max-error", "0.02")
    #expect(shown.status == 0, "\(shown.error)")
    #expect(shown.output.contains("f32 -> int8"))
    #expect(shown.output.contains("over noise of seed 1: 10,000 steps"), "as convert and compare")
    #expect(try Tool.run("diff", a, b, "--max-error", "1e-6").status == 1)
  }

  @Test func aCaseMayNameItsType() throws {
    let scratch = try Scratch()
    let folder = scratch.file("case")
    try FileManager.default.copyItem(
      atPath: "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid", toPath: folder)
    let settings = URL(fileURLWithPath: "\(folder)/convert.json")
    func run(_ type: String, _ tolerance: String) throws -> Int32 {
      try Data(#"{"arguments": ["--type", "\#(type)"], "rtol": 0, "atol": \#(tolerance)}"#.utf8)
        .write(to: settings)
      return try Tool.run("conformance", folder).status
    }
    #expect(try run("int8", "0.02") == 0)
    #expect(try run("int8", "1e-6") == 1)
    #expect(try run("f16", "1e-3") == 0)
  }
}
