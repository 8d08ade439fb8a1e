import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What `run` makes of numbers that are none, and of a recording.
@Suite struct RunFaultTests {
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsRefusedWithItsRow(_ value: Float) throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let (x, y) = (scratch.file("x.npy"), scratch.file("y.npy"))
    var values = [Float](repeating: 0.5, count: 2 * 5 * 4)
    values[4 * 8 + 2] = value
    for (shape, place) in [([2, 5, 4], "row [1, 3], column 2"), ([10, 4], "row [8], column 2")] {
      try NPY.write(Tensor(shape: shape, values), to: x)
      for command in [
        ["run", blob, "--input", x, "--output", y],
        ["compare", "\(Tool.fixtures)/torch_gru_stacked/model.onnx", blob, "--input", x],
      ] {
        let result = try Tool.run(Tool.path, command)
        #expect(result.status == 3)
        #expect(result.error.contains("\(x): \(place): \(value)"), "\(result.error)")
      }
    }
    #expect(try !scratch.contents.contains("y.npy"))
  }

  @Test func aDoubleBeyondFloatIsRefused() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let x = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [1, 4], elements: .double([0, 1e300, 0, 0])), to: x)
    let result = try Tool.run("run", blob, "--input", x)
    #expect(result.status == 3)
    #expect(result.error.contains("row [0], column 1: inf"), "\(result.error)")
  }

  @Test func anOutputThatOverflowsIsAFailure() throws {
    let scratch = try Scratch()
    let source = scratch.file("m.json")
    try Data(#"{"weight": [[3e38, 3e38]], "bias": [0]}"#.utf8)
      .write(to: URL(fileURLWithPath: source))
    let architecture = scratch.file("a.json")
    try Data(#"{"input_size": 2, "layers": [{"type": "dense", "tensors": ""}]}"#.utf8)
      .write(to: URL(fileURLWithPath: architecture))
    let (blob, x) = (scratch.file("m.sluice"), scratch.file("x.npy"))
    let made = try Tool.run(
      "convert", source, "--architecture", architecture, "-o", blob, "--measure", "none")
    try #require(made.status == 0, "\(made.error)")
    try NPY.write(Tensor(shape: [2, 2], [0, 0, 1, 1]), to: x)
    let result = try Tool.run("run", blob, "--input", x)
    #expect(result.status == 1)
    #expect(result.error.contains("the model's output is inf at row [1], column 0"))
  }

  @Test func aRecordingsProbabilitiesAreWritten() throws {
    let scratch = try Scratch()
    let (source, architecture) = (scratch.file("m.json"), scratch.file("a.json"))
    let weights = (0..<288).map { $0 == 32 ? "8" : "0" }.joined(separator: ",")
    try Data("{\"fc.weight\": [[\(weights)]], \"fc.bias\": [0]}".utf8)
      .write(to: URL(fileURLWithPath: source))
    try Data(
      #"{"input_size": 288, "layers": [{"type": "dense", "tensors": "fc.", "activation": "sigmoid"}]}"#
        .utf8
    ).write(to: URL(fileURLWithPath: architecture))
    let (blob, wav, p) = (scratch.file("m.sluice"), scratch.file("s.wav"), scratch.file("p.npy"))
    let meta = scratch.file("meta.json")
    try Data(SpeechModel.metadata.utf8).write(to: URL(fileURLWithPath: meta))
    let made = try Tool.run(
      "convert", source, "--architecture", architecture, "--meta", meta, "-o", blob, "--measure",
      "none")
    try #require(made.status == 0, "\(made.error)")
    // Three frames of 256 samples, the second loud at its beginning.
    var samples = [Double](repeating: 0, count: 700)
    samples[256] = 0.5
    try Recording().wav(samples).write(to: URL(fileURLWithPath: wav))
    let result = try Tool.run("run", blob, "--wav", wav, "--output", p)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("probabilities written to \(p)"))
    let written = try NPY.read(p)
    #expect(written.shape == [3, 1])
    #expect(written.floats[0] == 0.5 && written.floats[2] == 0.5)
    #expect(abs(written.floats[1] - 0.98201) < 1e-4)
    let json = try Tool.run("run", blob, "--wav", wav, "-o", p, "--json").jsonLines
    #expect(json.last?["output"] as? String == p)
  }
}
