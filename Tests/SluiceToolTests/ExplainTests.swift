import Foundation
import Testing

/// `convert --explain`: what was understood, beside the source's nodes.
@Suite struct ExplainTests {
  private static let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"

  private func origins(_ explained: [String: Any]) throws -> [[String]] {
    let layers = try #require(explained["layers"] as? [[String: Any]])
    return try layers.map { try #require($0["from"] as? [String]) }
  }

  @Test("each layer has its nodes, also those that were folded into it; nothing is written")
  func layers() throws {
    let scratch = try Scratch()
    let result = try Tool.run("convert", Self.source, "--explain", "--json")
    #expect(result.status == 0, "\(result.error)")
    let explained = try result.json
    #expect(
      try origins(explained) == [
        ["LSTM node_Y"], ["Gemm node_logits", "Sigmoid node_y"],
      ])
    #expect((explained["otherNodes"] as? [String: Int]) == ["Reshape": 1])
    #expect(try scratch.contents.isEmpty)
    let unread = try Tool.run("convert", Self.source, "--explain", "--meta", "/dev/null")
    #expect(unread.status == 2 && unread.error.contains("'--meta' goes with a file to write"))
    let text = try Tool.run("convert", Self.source, "--explain").output
    for words in ["what every step reads", "LSTM node_Y", "Sigmoid node_y", "Reshape"] {
      #expect(text.contains(words), "\(text)")
    }
  }

  @Test("a cell that is written out is one layer of many nodes; its states are told")
  func writtenOut() throws {
    let source = Tool.root.appendingPathComponent("Tests/Fixtures/StepCells/lstm_tanh/model.onnx")
    let explained = try Tool.run("convert", source.path, "--explain", "--json").json
    let layers = try #require(explained["layers"] as? [[String: Any]])
    let cell = try #require(
      layers.firstIndex { ($0["kind"] as? String)?.hasPrefix("LSTM") == true })
    let nodes = try origins(explained)[cell]
    #expect(nodes.count > 5)
    #expect(nodes.contains { $0.hasPrefix("Tanh ") } && nodes.contains { $0.hasPrefix("Sigmoid ") })
    let inputs = try #require(explained["inputs"] as? [[String: Any]])
    #expect(inputs.count { $0["role"] as? String == "a state, which a stream keeps" } >= 1)
    let outputs = try #require(explained["outputs"] as? [[String: Any]])
    #expect(
      outputs.contains { ($0["role"] as? String)?.hasPrefix("the next state, ") == true })
  }

  @Test("beside a file to write it is said first, and the file is the same") func besideAFile()
    throws
  {
    let scratch = try Scratch()
    let (plain, explained) = (scratch.file("a.sluice"), scratch.file("b.sluice"))
    #expect(try Tool.run("convert", Self.source, "-o", plain).status == 0)
    let result = try Tool.run("convert", Self.source, "-o", explained, "--explain")
    #expect(result.status == 0 && result.output.contains("LSTM node_Y"))
    #expect(result.output.contains("measured over"))
    #expect(
      FileManager.default.contents(atPath: plain)
        == FileManager.default.contents(atPath: explained))
  }

  @Test("a model without a graph is explained by its tensors") func withoutGraph() throws {
    let source = "\(Tool.fixtures)/safetensors_gru_dense/model.safetensors"
    let explained = try Tool.run("convert", source, "--explain", "--json").json
    #expect(try origins(explained).allSatisfy { $0.count == 1 && !$0[0].isEmpty })
    #expect((explained["otherNodes"] as? [String: Int]) == [:])
  }
}
