import SluiceBlob
import Testing

@testable import SluiceConversion

@Suite("Architectures of files without a graph")
struct ArchitectureTests {
  private func convert(
    _ builder: SafetensorsBuilder, _ architecture: String? = nil
  ) throws -> Network {
    var node: JSONNode?
    if let architecture {
      node = try JSONReader.parse(file: "model.json", Array(architecture.utf8))
    }
    return try Converter.convert(builder.source, architecture: node).network
  }

  @Test("Names that allow one reading need no architecture")
  func inferred() throws {
    let network = try convert(.lstmDense)
    #expect(network.layers.map(\.name) == ["rnn.l0", "fc"])
    #expect(network.inputSize == 2 && network.outputSize == 1)
  }

  @Test("Names that allow several readings are an error that lists what is left")
  func ambiguous() {
    var two = SafetensorsBuilder.lstmDense
    two.add("out.weight", [2, 1])
    #expect(refuses(.unsupported, "out.weight") { _ = try convert(two) })
    var elman = SafetensorsBuilder()
    elman.add("rnn.weight_ih_l0", [3, 2])
    elman.add("rnn.weight_hh_l0", [3, 3])
    #expect(refuses(.unsupported, "tanh or relu") { _ = try convert(elman) })
    var reverse = SafetensorsBuilder.lstmDense
    reverse.add("rnn.weight_ih_l0_reverse", [12, 2])
    // Both directions together write more than the dense layer reads.
    #expect(refuses(.unsupported, "in no order") { _ = try convert(reverse) })
  }

  // Twenty stacks that fit each other in any order, and a dense layer that fits none: 10^18 orders.
  @Test("Many stacks that fit nowhere are refused at once")
  func manyStacks() {
    var builder = SafetensorsBuilder()
    for index in 0..<20 {
      builder.add("l\(index).weight_ih_l0", [4, 1])
      builder.add("l\(index).weight_hh_l0", [4, 1])
    }
    builder.add("fc.weight", [1, 2])
    let time = ContinuousClock().measure {
      #expect(refuses(.unsupported, "more than 6 recurrent stacks") { _ = try convert(builder) })
    }
    #expect(time < .seconds(1))
  }

  @Test(
    "What is not understood is refused by name",
    arguments: [
      (#"{"layers":[{"type":"attention","tensors":"c."}]}"#, "attention"),
      (#"{"layers":[{"type":"conv1d","tensors":"c.","padding":"same"}]}"#, "same"),
      (#"{"layers":[{"type":"conv1d","tensors":"c.","activation":"softmax"}]}"#, "softmax"),
      (#"{"layers":[{"type":"dense","tensors":"c.","activation":{"function":"gelu"}}]}"#, "gelu"),
      (#"{"layers":[{"type":"gru","tensors":"c.","bidirectional":true,"merge":"mul"}]}"#, "mul"),
      (#"{"layers":[{"type":"activation","activation":"gelu"}]}"#, "gelu"),
    ])
  func unsupported(_ architecture: String, _ text: String) {
    #expect(
      refuses(.unsupported, "$.layers[0]", text) { _ = try convert(.lstmDense, architecture) })
  }

  @Test(
    "What is wrong is refused by its path",
    arguments: [
      (#"{"layers":[]}"#, "$.layers"), (#"{}"#, "\"layers\" is missing"),
      (#"{"layers":[{"type":"lstm"}]}"#, "\"tensors\" is missing"),
      (#"{"layers":[{"type":"lstm","tensors":"rnn.","units":3}]}"#, "\"units\" is unknown"),
      (#"{"layers":[{"type":"gru","tensors":"rnn."}]}"#, "rnn.weight_ih_l0"),
      (#"{"layers":[{"type":"lstm","tensors":"rnn.","layers":2}]}"#, "rnn.weight_ih_l1"),
      (
        #"{"layers":[{"type":"lstm","tensors":"rnn.","bidirectional":true}]}"#,
        "rnn.weight_ih_l0_reverse"
      ),
      (#"{"layers":[{"type":"lstm","tensors":"rnn.","projection":2}]}"#, "rnn.weight_hr_l0"),
      (#"{"layers":[{"type":"lstm","tensors":"rnn."}]}"#, "fc.bias, fc.weight"),
      (#"{"output":"first","layers":[]}"#, "$.output"),
      (#"{"input_size":3,"layers":[{"type":"lstm","tensors":"rnn."}]}"#, "input_size is 3"),
      (#"{"layers":[{"type":"conv1d","tensors":"c."}]}"#, "tensor c.weight"),
      (#"{"layers":[{"type":"conv1d","tensors":"c.","stride":0}]}"#, "$.layers[0].stride"),
      (#"{"layers":[{"type":"layernorm","tensors":"c.","epsilon":-1}]}"#, "$.layers[0].epsilon"),
      (#"{"layers":[{"type":"batchnorm","tensors":"c."}]}"#, "tensor c.running_mean"),
      (#"{"layers":[{"type":"prelu","tensors":"c."}]}"#, "tensor c.weight"),
      (#"{"layers":[{"type":"rnn","tensors":"c.","gate_activation":"relu"}]}"#, "no gates"),
      (#"{"layers":[{"type":"gru","tensors":"c.","merge":"sum"}]}"#, "nothing to merge"),
      (#"{"layers":[{"type":"add","inputs":["input"]}]}"#, "at least two inputs"),
      (#"{"layers":[{"type":"add","inputs":["input","x"]}]}"#, "the name \"x\""),
      (#"{"layers":[{"type":"dense","tensors":"fc.","inputs":[]}]}"#, "0 inputs; expected one"),
      (
        #"{"layers":[{"type":"lstm","tensors":"rnn.","name":"input"}]}"#, "$.layers[0].name"
      ),
      (
        #"{"layers":[{"type":"lstm","tensors":"rnn."},{"type":"slice","start":1,"count":3}]}"#,
        "$.layers[1].count"
      ),
      (
        #"{"layers":[{"type":"activation","activation":{"function":"elu","beta":1}}]}"#, "\"beta\""
      ),
    ])
  func malformed(_ architecture: String, _ text: String) {
    #expect(refuses(.malformed, text) { _ = try convert(.lstmDense, architecture) })
  }

  @Test("A bias without its pair is refused")
  func oneBias() {
    var builder = SafetensorsBuilder.lstmDense
    builder.tensors.removeAll { $0.name == "rnn.bias_hh_l0" }
    #expect(refuses(.malformed, "rnn.bias_hh_l0", "missing") { _ = try convert(builder) })
  }

  @Test("Vocabulary and labels")
  func text() throws {
    var builder = SafetensorsBuilder.lstmDense
    builder.add("embedding.weight", [3, 2])
    builder.metadata["sluice.vocabulary"] = "<unk>\ngood\nbad"
    builder.metadata["sluice.labels"] = "no\nyes"
    let network = try convert(builder)
    #expect(network.readsIDs && network.vocabulary == ["<unk>", "good", "bad"])
    #expect(network.labels == ["no", "yes"])
    for words in ["<unk>\ngood", "good\n<unk>\nbad", "<unk>\ngood\ngood", "<unk>\n\nbad"] {
      builder.metadata["sluice.vocabulary"] = words
      #expect(refuses(.malformed, "sluice.vocabulary") { _ = try convert(builder) })
    }
    builder.metadata["sluice.vocabulary"] = nil
    builder.metadata["sluice.labels"] = "a\nb\nc"
    #expect(refuses(.malformed, "sluice.labels") { _ = try convert(builder) })
  }

  @Test("A network packs into contents that a validator accepts, biases added in float32")
  func packing() throws {
    let network = try convert(.lstmDense)
    let contents = try network.blobContents()
    _ = try contents.bytes()
    #expect(contents.layers.map(\.record.kind) == [.lstm, .dense])
    #expect(contents.layers[0].biases[0] == ramp(12)[0] + ramp(12)[0])
    #expect(contents.provenance.contains("\"source\":\"model.safetensors\""))
  }

  @Test("A GRU that resets after keeps the candidate's two biases apart")
  func biasRows() {
    var layer = Network.Recurrent(
      cell: .gru(.resetAfter), inputSize: 1, hiddenSize: 1, inputWeights: [1, 2, 3],
      hiddenWeights: [4, 5, 6], inputBias: [1, 2, 3], hiddenBias: [10, 20, 30])
    #expect(
      layer.packedBiases.enumerated().filter { $0.offset % 8 == 0 }.map(\.element) == [
        11, 22, 3, 30,
      ])
    layer.cell = .gru(.resetBefore)
    #expect(
      layer.packedBiases.enumerated().filter { $0.offset % 8 == 0 }.map(\.element) == [11, 22, 33])
  }
}
