import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What the options that name files take and refuse.
@Suite struct FileArgumentTests {
  /// Runs `words` in a folder with a model, its blob, calibration data and an architecture, and
  /// tells whether anything there changed.
  private func refusal(_ words: [String]) throws -> Tool.Result {
    let scratch = try Scratch()
    let source = scratch.file("m.safetensors")
    try FileManager.default.copyItem(
      atPath: "\(Tool.fixtures)/safetensors_gru_dense/model.safetensors", toPath: source)
    try FileManager.default.copyItem(
      atPath: "\(Tool.fixtures)/safetensors_gru_dense/model.json", toPath: scratch.file("a.json"))
    let blob = scratch.file("m.sluice")
    let made = try Tool.run(
      "convert", source, "--architecture", scratch.file("a.json"), "-o", blob)
    try #require(made.status == 0, "\(made.error)")
    try Data("calibration".utf8).write(to: URL(fileURLWithPath: scratch.file("x.npy")))
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("link"), withDestinationPath: "x.npy")
    let names = try scratch.contents
    func bytes() throws -> [Data] {
      try names.map { try Data(contentsOf: URL(fileURLWithPath: scratch.file($0))) }
    }
    let before = try bytes()
    let result = try Tool.run(
      Tool.path, words.map { names.contains($0) ? scratch.file($0) : $0 })
    #expect(try scratch.contents == names, "nothing came into being")
    #expect(try bytes() == before, "nothing was lost")
    return result
  }

  @Test(
    "no option's file is another's",
    arguments: [
      "convert m.safetensors --calibrate x.npy -o x.npy",
      "convert m.safetensors --calibrate x.npy -o link",
      "convert m.safetensors --calibrate link --object x.npy",
      "convert m.safetensors --architecture a.json -o a.json",
      "convert m.safetensors --architecture a.json --object a.json",
      "convert m.safetensors --architecture a.json --c-array a.json",
      "convert m.safetensors -o m.safetensors", "convert m.sluice --object m.sluice",
      "convert m.safetensors --meta a.json -o a.json", "convert m.safetensors --meta x.npy -o link",
      "convert m.safetensors -o x.npy --object link",
      "run m.sluice --input x.npy --output x.npy", "run m.sluice --input x.npy -o link",
      "run m.sluice --input x.npy -o m.sluice", "run m.sluice --wav x.npy -o x.npy",
    ])
  func clash(_ words: String) throws {
    let result = try refusal(words.split(separator: " ").map(String.init))
    #expect(result.status == 2, "\(result.error)")
    #expect(
      result.error.contains("which would be lost") || result.error.contains("two outputs"),
      "\(result.error)")
  }

  @Test(
    "what a source reads beside itself is no output's", arguments: ["-o", "--object", "--c-array"],
    ["model.onnx.data", "link"])
  func externalData(_ option: String, _ name: String) throws {
    let scratch = try Scratch()
    for file in ["model.onnx", "model.onnx.data"] {
      try FileManager.default.copyItem(
        atPath: "\(Tool.fixtures)/onnx_gru_external_data/\(file)", toPath: scratch.file(file))
    }
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("link"), withDestinationPath: "model.onnx.data")
    let data = FileManager.default.contents(atPath: scratch.file("model.onnx.data"))
    let result = try Tool.run(
      "convert", scratch.file("model.onnx"), option, scratch.file(name))
    #expect(result.status == 2 && result.error.contains("which would be lost"), "\(result.error)")
    #expect(FileManager.default.contents(atPath: scratch.file("model.onnx.data")) == data)
    #expect(try scratch.contents == ["link", "model.onnx", "model.onnx.data"])
  }

  @Test("the file of MODEL.py:NAME is no output's", arguments: ["m.py", "link"])
  func module(_ name: String) throws {
    let scratch = try Scratch()
    try Data("build = None\n".utf8).write(to: URL(fileURLWithPath: scratch.file("m.py")))
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("link"), withDestinationPath: "m.py")
    let result = try Tool.run(
      "convert", scratch.file("m.py:build"), "-o", scratch.file(name),
      environment: ["SLUICE_PYTHON": "/bin/false"])
    #expect(result.status == 2 && result.error.contains("which would be lost"), "\(result.error)")
    let left = FileManager.default.contents(atPath: scratch.file("m.py"))
    #expect(left == Data("build = None\n".utf8))
  }

  @Test(
    "an empty name is refused before any work",
    arguments: [
      "convert m.safetensors --output=", "convert m.safetensors -o m2 --object=",
      "convert m.safetensors -o m2 --c-array=", "convert m.safetensors -o m2 --calibrate=",
      "convert m.safetensors -o m2 --architecture=", "run m.sluice --input=",
      "run m.sluice --input x.npy --output=", "run m.sluice --wav=", "compare m.safetensors EMPTY",
      "compare m.safetensors m.sluice --input=", "compare m.safetensors m.sluice --architecture=",
      "inspect EMPTY", "diff EMPTY m.sluice", "bench EMPTY", "conformance EMPTY",
      "convert EMPTY -o b",
    ])
  func empty(_ words: String) throws {
    let result = try refusal(words.split(separator: " ").map { $0 == "EMPTY" ? "" : String($0) })
    #expect(result.status == 2, "\(result.error)")
    #expect(result.error.contains("is empty"), "\(result.error)")
  }
}
