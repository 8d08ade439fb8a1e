import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

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

  @Test("A cell's names, which have no number, where an architecture says what it is")
  func cellNames() throws {
    func builder(_ ending: String) -> SafetensorsBuilder {
      var builder = SafetensorsBuilder()
      builder.add("cell.weight_ih\(ending)", [12, 2])
      builder.add("cell.weight_hh\(ending)", [12, 3])
      builder.add("cell.bias_ih\(ending)", [12])
      builder.add("cell.bias_hh\(ending)", [12])
      return builder
    }
    let architecture = #"{"layers":[{"type":"lstm","tensors":"cell."}]}"#
    let cell = try convert(builder(""), architecture)
    let layer = try convert(builder("_l0"), architecture)
    #expect(
      try cell.blobContents().layers.map(\.weights) == layer.blobContents().layers.map(\.weights))
    let two = #"{"layers":[{"type":"lstm","tensors":"cell.","layers":2}]}"#
    #expect(refuses(.malformed, "weight_ih_l0") { _ = try convert(builder(""), two) })
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
    let passes = Pass.count {
      #expect(refuses(.unsupported, "more than 6 recurrent stacks") { _ = try convert(builder) })
    }
    #expect(passes <= Pass.maximum)
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
      (#"{"input_size":6,"layers":[{"type":"max_pool1d","length":4,"size":2}]}"#, "no 4 columns"),
      (#"{"input_size":6,"layers":[{"type":"max_pool1d","length":3,"size":4}]}"#, "sees 4 columns"),
      (#"{"input_size":6,"layers":[{"type":"transpose","length":4}]}"#, "no 4 columns"),
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
      (#"{"layers":[{"type":"gru","tensors":"c.","cell_clip":1}]}"#, "\"cell_clip\" is unknown"),
      (#"{"layers":[{"type":"lstm","tensors":"rnn.","cell_clip":0}]}"#, "$.layers[0].cell_clip"),
      (
        #"{"layers":[{"type":"lstm","tensors":"rnn.","projection_clip":1}]}"#,
        "$.layers[0].projection_clip"
      ),
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

  /// Tensors for a layer of each kind under "c.", of 4 features.
  private static let tensors: SafetensorsBuilder = {
    var builder = SafetensorsBuilder()
    builder.add("c.weight", [4, 2, 3])
    return builder
  }()

  @Test(
    "Convolutions, norms and functions that are wrong are refused by their path",
    arguments: [
      (#""type":"conv1d","groups":3"#, "groups"),
      (#""type":"conv1d","length":3,"padding":0"#, "3 columns of 2 channels"),
      (#""type":"conv1d","length":2,"stride":3"#, "stride"),
      (#""type":"conv1d","length":2,"padding":"valid""#, "beyond those of a step"),
      (#""type":"conv1d","length":2,"padding":[1]"#, "expected [before, after]"),
      (#""type":"conv1d","length":2,"padding":[0,-1]"#, "padding[1]"),
      (#""type":"conv1d","length":2,"padding":true"#, "padding"),
      (#""type":"dense""#, "expected 2 axes"),
      (#""type":"lstm","reverse":true,"bidirectional":true"#, "reads both ways already"),
      (#""type":"lstm","final_state":true"#, "ends at the last step"),
      (#""type":"rnn","nonlinearity":"relu","activation":"relu""#, "either"),
      (#""type":"rnn","nonlinearity":"elu""#, "expected \"tanh\" or \"relu\""),
      (#""type":"layernorm","epsilon":1e39"#, "$.layers[0].epsilon"),
      (#""type":"dense","activation":{"function":"elu","alpha":1e39}"#, "float32"),
      (#""type":"dense","activation":1"#, "$.layers[0].activation"),
    ])
  func layers(_ layer: String, _ text: String) {
    let architecture = #"{"input_size":4,"layers":[{\#(layer),"tensors":"c."}]}"#
    #expect(refuses(.malformed, text) { _ = try convert(Self.tensors, architecture) })
  }

  @Test("A convolution's sides, one number or two, and a function of its own")
  func convolutions() throws {
    for (padding, expected) in [
      ("1", Network.Convolution.Padding.zeros(before: 1, after: 1)),
      ("[2,0]", .zeros(before: 2, after: 0)), ("\"causal\"", .past),
    ] {
      let architecture = """
        {"input_size":8,"layers":[{"type":"conv1d","tensors":"c.","length":4,"padding":\(padding),
        "activation":{"function":"elu","alpha":0.5}}]}
        """
      let network = try convert(Self.tensors, architecture)
      guard case .convolution(let taps) = network.layers[0].operation else {
        Issue.record("no convolution")
        return
      }
      #expect(taps.padding == expected && taps.length == 4)
      #expect(network.layers.count == 2 && network.outputSize == 16)
    }
    // What sees steps to come cannot stream.
    #expect(
      refuses(.unsupported, "sees steps to come") {
        _ = try convert(
          Self.tensors,
          #"{"input_size":2,"layers":[{"type":"conv1d","tensors":"c.","padding":1}]}"#)
      })
    var tap = SafetensorsBuilder()
    tap.add("c.weight", [4, 2, 1])
    let one = try convert(
      tap, #"{"layers":[{"type":"conv1d","tensors":"c.","padding":"valid"}]}"#)
    #expect(one.inputSize == 2 && one.outputSize == 4)
  }

  @Test("Layers without tensors: sums, pieces, factors, and what they lack")
  func plumbing() throws {
    let lstm = #"{"type":"lstm","tensors":"rnn.","name":"a"}"#
    let dense = #"{"type":"dense","tensors":"fc."}"#
    let network = try convert(
      .lstmDense,
      """
      {"layers":[\(lstm),{"type":"slice","start":0,"count":2,"name":"s"},
      {"type":"concatenate","inputs":["s","a"]},{"type":"slice","start":1,"count":3,"name":"t"},
      {"type":"add","inputs":["a","t"]},{"type":"scale","factor":2},
      {"type":"activation","activation":"tanh"},\(dense)]}
      """)
    #expect(network.layers.count >= 6 && network.outputSize == 1)
    for (layers, text) in [
      (#"{"type":"scale","factor":1e39}"#, "float32"),
      (
        #"\#(lstm),{"type":"slice","start":0,"count":2,"name":"s"},{"type":"add","inputs":["a","s"]}"#,
        "are added"
      ),
      (#"{"type":"activation","activation":"tanh"}"#, "does not tell its size"),
      (#"{"type":"concatenate","inputs":["input","input"]}"#, "is needed to concatenate"),
      (#"\#(lstm),{"type":"embedding","tensors":"fc."}"#, "an embedding stands first"),
      (#"\#(lstm),\#(dense),{"type":"dense","tensors":"fc."}"#, "expected"),
      (#"{"type":"dense","tensors":"fc."},{"type":"dense","tensors":"fc."}"#, "expected"),
    ] {
      #expect(
        refuses(.malformed, text) { _ = try convert(.lstmDense, #"{"layers":[\#(layers)]}"#) })
    }
  }

  @Test("Norms and slopes without their input's size, or with numbers that cannot be")
  func norms() throws {
    var builder = SafetensorsBuilder()
    builder.add("c.weight", [3])
    #expect(
      try convert(builder, #"{"layers":[{"type":"layernorm","tensors":"c."}]}"#).inputSize == 3)
    #expect(try convert(builder, #"{"layers":[{"type":"prelu","tensors":"c."}]}"#).inputSize == 3)
    builder.add("c.running_mean", [3])
    builder.add("c.running_var", [3])
    #expect(
      refuses(.malformed, "a variance that is not above 0") {
        _ = try convert(builder, #"{"layers":[{"type":"batchnorm","tensors":"c."}]}"#)
      })
    builder.tensors[2].values = [1, 2, 3]
    #expect(
      try convert(builder, #"{"layers":[{"type":"batchnorm","tensors":"c."}]}"#).outputSize == 3)
  }

  @Test("Names from which nothing follows")
  func unknownNames() {
    var cell = SafetensorsBuilder()
    cell.add("x.weight_ih_l0", [10, 2])
    cell.add("x.weight_hh_l0", [10, 3])
    #expect(refuses(.unsupported, "of no known cell") { _ = try convert(cell) })
    var none = SafetensorsBuilder()
    none.add("fc.weight", [1, 2])
    #expect(refuses(.unsupported, "no recurrent stack") { _ = try convert(none) })
    var deep = SafetensorsBuilder.lstmDense
    deep.add("conv.weight", [1, 2, 3])
    #expect(refuses(.unsupported, "tensors of no known layer", "conv") { _ = try convert(deep) })
    var uneven = SafetensorsBuilder.lstmDense
    uneven.tensors[0].shape = [8, 3]
    #expect(
      refuses(.malformed, "rnn.weight_ih_l0") {
        _ = try convert(uneven, #"{"layers":[{"type":"lstm","tensors":"rnn."}]}"#)
      })
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
    // An array may hold what no line does.
    builder.metadata["sluice.vocabulary"] = #"["<unk>", " ", "\n"]"#
    #expect(try convert(builder).vocabulary == ["<unk>", " ", "\n"])
    for words in [
      "<unk>\ngood", "good\n<unk>\nbad", "<unk>\ngood\ngood", "<unk>\n\nbad", "[]",
      #"["<unk>", "a"]"#, #"["a", "<unk>", "b"]"#, #"["<unk>", "a", "a"]"#, #"["<unk>", "a", 1]"#,
      #"["<unk>", "a", "b""#,
    ] {
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
