import Foundation
import Testing

@Suite struct DiffTests {
  @Test func aBlobEqualsItself() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let result = try Tool.run("diff", blob, blob, "--max-error", "1e-30", "--json")
    #expect(result.status == 0, "\(result.error)")
    let json = try result.json
    let outputs = try #require(json["outputs"] as? [String: Any])
    #expect(outputs["max"] as? Double == 0)
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.count >= 2)
    #expect(json["passed"] as? Bool == true)
    #expect(try Tool.run("diff", blob, blob).output.contains("equal"))
  }

  @Test func otherModelsDifferAndHaveNoCommonOutput() throws {
    let scratch = try Scratch()
    let a = try scratch.blob(of: "torch_gru_stacked")
    let b = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    let shown = try Tool.run("diff", a, b)
    #expect(shown.status == 0, "\(shown.error)")
    #expect(shown.output.contains("gru"))
    #expect(shown.output.contains("lstm"))
    let bounded = try Tool.run("diff", a, b, "--max-error", "1000", "--json")
    let json = try bounded.json
    if json["outputs"] is NSNull {
      #expect(bounded.status == 1)
      #expect(bounded.error.contains("other features"))
    } else {
      #expect(bounded.status == 0)
    }
  }

  @Test func aBadFileIsNamed() throws {
    let result = try Tool.run("diff", Tool.shippedSource, Tool.shippedSource)
    #expect(result.status == 3)
    #expect(result.error.contains(Tool.shippedSource))
  }
}
