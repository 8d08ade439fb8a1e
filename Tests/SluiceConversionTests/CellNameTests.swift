import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Cells: names without a number, and limits") struct CellNameTests {
  private func convert(
    _ builder: SafetensorsBuilder, _ architecture: String? = nil
  ) throws -> Network {
    var node: JSONNode?
    if let architecture {
      node = try JSONReader.parse(file: "model.json", Array(architecture.utf8))
    }
    return try Converter.convert(builder.source, architecture: node).network
  }

  @Test("A cell's names without an architecture, where only one reading fits")
  func inferredCells() throws {
    func add(
      _ prefix: String, _ gates: Int, _ inputs: Int, _ units: Int,
      to builder: inout SafetensorsBuilder
    ) {
      builder.add("\(prefix)weight_ih", [gates * units, inputs])
      builder.add("\(prefix)weight_hh", [gates * units, units])
      builder.add("\(prefix)bias_ih", [gates * units])
      builder.add("\(prefix)bias_hh", [gates * units])
    }
    var builder = SafetensorsBuilder()
    add("second.", 3, 3, 5, to: &builder)
    add("first.", 4, 2, 3, to: &builder)
    builder.add("head.weight", [1, 5])
    let network = try convert(builder)
    #expect(network.layers.map(\.name) == ["first.l0", "second.l0", "head"])
    #expect(network.inputSize == 2 && network.outputSize == 1)
    var elman = SafetensorsBuilder()
    add("", 1, 2, 3, to: &elman)
    #expect(refuses(.unsupported, "tanh or relu") { _ = try convert(elman) })
    var both = SafetensorsBuilder.lstmDense
    add("rnn.", 4, 3, 3, to: &both)
    #expect(refuses(.unsupported, "rnn.weight_ih is of no known cell") { _ = try convert(both) })
    var same = SafetensorsBuilder()
    for prefix in ["a.", "b."] { add(prefix, 4, 3, 3, to: &same) }
    #expect(refuses(.unsupported, "several orders") { _ = try convert(same) })
  }

  @Test(
    "Limits of a cell that are none",
    arguments: ["0", "-1", "-0.0", "1e39", "1e-60", "\"1\"", "null", "[1]", "true", "{}"])
  func limits(_ value: String) {
    for key in ["cell_clip", "projection_clip"] {
      let text = "{\"layers\":[{\"type\":\"lstm\",\"tensors\":\"rnn.\",\"\(key)\":\(value)}]}"
      #expect(refuses(.malformed, "$.layers[0].\(key)") { _ = try convert(.lstmDense, text) })
    }
    for type in ["gru", "rnn"] {
      let text = "{\"layers\":[{\"type\":\"\(type)\",\"tensors\":\"rnn.\",\"cell_clip\":1}]}"
      #expect(refuses(.malformed, "cell_clip", "is unknown") { _ = try convert(.lstmDense, text) })
    }
  }
}
