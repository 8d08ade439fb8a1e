import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite struct ConformanceTests {
  /// Copies a case of the fixtures into `scratch`.
  private func copy(_ name: String, to scratch: Scratch, as other: String? = nil) throws -> String {
    let path = scratch.file(other ?? name)
    try FileManager.default.copyItem(atPath: "\(Tool.fixtures)/\(name)", toPath: path)
    return path
  }

  @Test func casesBelowAFolderPass() throws {
    let scratch = try Scratch()
    for name in [
      "onnx_lstm_stacked_batch_of_3", "torch_lstm_states", "safetensors_embedding_lstm_last",
      "safetensors_gru_dense", "onnx_gru_last_state_gemm", "refuse_onnx_conv",
    ] {
      _ = try copy(name, to: scratch, as: name)
    }
    let result = try Tool.run("conformance", scratch.path)
    #expect(result.status == 0, "\(result.output)")
    #expect(result.lines.count == 7)
    #expect(result.lines.dropLast().allSatisfy { $0.hasPrefix("passed  ") })
    #expect(result.lines.last == "6 passed, 0 failed")
  }

  @Test func aWrongOutputFails() throws {
    let scratch = try Scratch()
    let folder = try copy("torch_lstm_states", to: scratch)
    let file = "\(folder)/test_data_set_0/output_2.npy"
    let expected = try NPY.read(file)
    var values = expected.floats
    values[3] += 0.01
    try NPY.write(Tensor(shape: expected.shape, values), to: file)
    let result = try Tool.run("conformance", folder, "--json")
    #expect(result.status == 1)
    let json = try result.json
    #expect(json["failed"] as? Int == 1)
    let first = try #require((json["cases"] as? [[String: Any]])?.first)
    #expect(try #require(first["maxError"] as? Double) > 0.009)
    #expect(try #require(first["message"] as? String).contains("element 3"))
    // Within a wider tolerance it passes.
    try Data(#"{"atol": 0.02}"#.utf8).write(to: URL(fileURLWithPath: "\(folder)/convert.json"))
    #expect(try Tool.run("conformance", folder).lines.last == "1 passed, 0 failed")
  }

  @Test func aWrongShapeFails() throws {
    let scratch = try Scratch()
    let folder = try copy("onnx_lstm_gemm_sigmoid", to: scratch)
    let file = "\(folder)/test_data_set_0/output_0.npy"
    let expected = try NPY.read(file)
    try NPY.write(Tensor(shape: expected.shape.reversed(), expected.floats), to: file)
    let result = try Tool.run("conformance", folder)
    #expect(result.status == 1)
    #expect(result.output.contains("has the shape [12, 2]; expected [2, 12]"))
  }

  @Test func everyDataSetCounts() throws {
    let scratch = try Scratch()
    let folder = try copy("onnx_lstm_gemm_sigmoid", to: scratch)
    let second = "\(folder)/test_data_set_1"
    try FileManager.default.copyItem(atPath: "\(folder)/test_data_set_0", toPath: second)
    #expect(try Tool.run("conformance", folder).status == 0)
    try FileManager.default.removeItem(atPath: "\(second)/input_0.npy")
    let result = try Tool.run("conformance", folder)
    #expect(result.status == 1)
    #expect(result.output.contains("test_data_set_1: input_0: the sequence"))
  }

  static let wrong: [(String, String, String)] = [
    ("onnx_lstm_gemm_sigmoid", "expect_error.txt", "Conv"),
    ("refuse_onnx_conv", "expect_error.txt", "some other sentence"),
    ("onnx_lstm_gemm_sigmoid", "convert.json", #"{"arguments": ["--type", "int4"]}"#),
    ("onnx_lstm_gemm_sigmoid", "convert.json", #"{"arguments": ["--type"]}"#),
    ("onnx_lstm_gemm_sigmoid", "convert.json", #"{"rtol": -1}"#),
    ("onnx_lstm_gemm_sigmoid", "convert.json", #"{"unknown": 1}"#),
    ("onnx_lstm_gemm_sigmoid", "model.onnx", "no model"),
  ]

  @Test(arguments: wrong) func whatIsNotAsExpectedFails(
    _ name: String, _ file: String, _ content: String
  ) throws {
    let scratch = try Scratch()
    let folder = try copy(name, to: scratch)
    try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
    let result = try Tool.run("conformance", folder)
    #expect(result.status == 1)
    #expect(result.lines.last == "0 passed, 1 failed")
    #expect(result.lines.first?.hasPrefix("FAILED  \(name)  ") == true, "\(result.output)")
  }

  /// What a case gives and compares beyond what `convert` and `run` do.
  @Test func whatUsersDoNotGetIsSaid() throws {
    let matrix = "\(Tool.fixtures)/../ONNXMatrix"
    for (folder, given, kept) in [
      ("\(Tool.fixtures)/onnx_lstm_gemm_sigmoid", [], []),
      ("\(Tool.fixtures)/torch_lstm_states", ["h0", "c0"], ["hn", "cn"]),
      ("\(matrix)/gru_after_forward_ragged", ["sequence_lens"], ["Y_h"]),
    ] as [(String, [String], [String])] {
      let said = try Tool.run("conformance", folder).output
      #expect(said.contains("which convert and run do not take") == !given.isEmpty, "\(said)")
      #expect(said.contains("which run does not write") == !kept.isEmpty, "\(said)")
      let json = try Tool.run("conformance", folder, "--json").json
      let first = try #require((json["cases"] as? [[String: Any]])?.first)
      #expect(first["given"] as? [String] == given)
      #expect(first["kept"] as? [String] == kept)
      for name in given + kept { #expect(said.contains(name), "\(said)") }
    }
  }

  @Test func aFolderWithoutCasesIsRefused() throws {
    let scratch = try Scratch()
    let empty = try Tool.run("conformance", scratch.path)
    #expect(empty.status == 3)
    #expect(empty.error.contains("expected at least one case folder"))
    let missing = try Tool.run("conformance", scratch.file("missing"))
    #expect(missing.status == 3)
    #expect(missing.error.contains("is not a folder that can be listed"))
  }
}
