import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Models of JSON: what is refused, by its path")
struct JSONModelRefusalTests {
  static let chain = JSONModelTests.chain

  static let rtneuralCases: [(JSONText, String, ConversionError.Kind)] = [
    (chain.with("in_shape", nil), "no known model", .unsupported),
    (chain.with("in_shape", "[]"), "$.in_shape", .malformed),
    (chain.with("in_shape", "[null,null,\"1\"]"), "$.in_shape[2]", .malformed),
    (chain.with("in_shape", "[null,null,null]"), "$.in_shape[2]", .malformed),
    (chain.with("in_shape", "[null,4,1,1]"), "$.in_shape", .unsupported),
    (chain.with("in_shape", "[null,null,2]"), "$.layers[0].weights[0]", .malformed),
    (chain.with("mystery", "1"), "\"mystery\" is unknown", .malformed),
    (chain.with("in_skip", "2"), "$.in_skip", .unsupported),
    (chain.with("in_skip", "-1"), "$.in_skip", .malformed),
    (chain.with("in_gain", "\"6\""), "$.in_gain", .malformed),
    (chain.with("in_gain", "1e5"), "$.in_gain", .malformed),
    (chain.with("layers", "[]"), "$.layers", .malformed),
    (chain.with("layers", "{}"), "$.layers", .malformed),
    (chain.with("layers", .array([.lstm(1).with("type", nil)])), "\"type\" is missing", .malformed),
    (chain.with("layers", .array([.lstm(1).with("units", "2")])), "\"units\"", .malformed),
    (chain.with("layers", .array([.lstm(1).with("shape", nil)])), "\"shape\"", .malformed),
    (
      chain.with("layers", .array([.lstm(1).with("activation", "\"relu\"")])),
      "$.layers[0].activation", .unsupported
    ),
    (
      chain.with("layers", .array([.lstm(1).with("weights", .array([.numbers(1, 8)]))])),
      "$.layers[0].weights: 1 arrays", .malformed
    ),
    (
      .rtneural(1, .dense(1, 2, activation: "gelu")), "$.layers[0].activation: the activation",
      .unsupported
    ),
    (.rtneural(1, .dense(1, 2), .dense(3, 1)), "$.layers[1].weights[0]", .malformed),
    (
      .rtneural(1, .layer("gru", 2, [.numbers(1, 6), .numbers(2, 6), .numbers(6)])),
      "$.layers[0].weights[2]", .malformed
    ),
    (
      .rtneural(1, .layer("activation", 2, [], activation: "tanh")), "$.layers[0].shape",
      .malformed
    ),
    (.rtneural(1, .layer("activation", 1, [])), "compute nothing", .unsupported),
    (
      .rtneural(2, .layer("batchnorm", 2, [.numbers(2), "[1,1]"])), "\"epsilon\" is missing",
      .malformed
    ),
    (
      .rtneural(2, .layer("batchnorm", 2, [.numbers(2), "[1,-1]"]).with("epsilon", "0.1")),
      "a variance", .malformed
    ),
    (.rtneural(2, .layer("prelu", 2, [.numbers(3, 2)])), "$.layers[0].weights[0]", .malformed),
    (.rtneural(1, convolution.with("dilation", nil)), "\"dilation\" is missing", .malformed),
    (.rtneural(1, convolution.with("groups", "3")), "$.layers[0].groups", .malformed),
    (.rtneural(1, convolution.with("kernel_size", "[2]")), "$.layers[0].weights[0]", .malformed),
    (.rtneural(1, convolution.with("kernel_size", "[3,3]")), "$.layers[0].kernel_size", .malformed),
    (.rtneural(1, convolution.with("strides", "[2]")), "$.layers[0].strides", .unsupported),
    (.rtneural(1, convolution.with("padding", "\"same\"")), "$.layers[0].padding", .unsupported),
  ]

  static let convolution = JSONText.layer("conv1d", 2, [.numbers(3, 1, 2), .numbers(2)])
    .with("kernel_size", "[3]").with("dilation", "[2]")

  @Test("RTNeural and AIDA-X", arguments: rtneuralCases)
  func rtneural(_ text: JSONText, _ place: String, _ kind: ConversionError.Kind) throws {
    #expect(refuses(kind, place) { _ = try text.convert() })
    _ = try JSONText.rtneural(1, Self.convolution).convert()
  }

  @Test(
    "Layer types of RTNeural that are not supported",
    arguments: ["conv2d", "batchnorm2d", "unknown", "strided-conv1d"])
  func types(_ type: String) {
    let text = JSONText.rtneural(1, .layer(type, 1, []))
    for text in [text, text.with("in_shape", "[null,null,8,1]")] {
      #expect(refuses(.unsupported, "$.layers[0].type", "\"\(type)\"") { _ = try text.convert() })
    }
  }

  static let guitarMLCases: [(String, String, JSONText?, String, ConversionError.Kind)] = [
    ("model_data", "unit_type", "\"Transformer\"", "Transformer", .unsupported),
    ("model_data", "model", "\"GatedConvNet\"", "GatedConvNet", .unsupported),
    ("model_data", "input_size", nil, "\"input_size\" is missing", .malformed),
    ("model_data", "input_size", "2", "$.state_dict.rec.weight_ih_l0", .malformed),
    ("model_data", "hidden_size", "3", "hidden_size is 3", .malformed),
    ("model_data", "output_size", "2", "output_size is 2", .malformed),
    ("model_data", "num_layers", "2", "$.state_dict.rec.weight_ih_l1", .malformed),
    ("model_data", "num_layers", "0", "$.model_data.num_layers", .malformed),
    ("model_data", "skip", nil, "\"skip\" is missing", .malformed),
    ("model_data", "skip", "\"yes\"", "$.model_data.skip", .malformed),
    ("model_data", "bias_fl", "false", "$.model_data.bias_fl", .malformed),
    ("model_data", "unknown", "1", "\"unknown\" is unknown", .malformed),
    ("model_data", "bias_fl", "2", "$.model_data.bias_fl", .malformed),
    ("model_data", "bias_fl", "null", "$.model_data.bias_fl", .malformed),
    ("model_data", "unit_type", "\"RNN\"", "$.state_dict.rec.weight_ih_l0", .malformed),
    ("state_dict", "lin.weight", "[[1,true]]", "$.state_dict.lin.weight[0][1]", .malformed),
    ("state_dict", "lin.weight", "[1,[2]]", "$.state_dict.lin.weight", .malformed),
    ("state_dict", "lin.weight", "[[1,2],3]", "$.state_dict.lin.weight", .malformed),
    ("state_dict", "lin.weight", "[[[1]],[2]]", "$.state_dict.lin.weight", .malformed),
    ("state_dict", "lin.weight", "[[],[]]", "$.state_dict.lin.weight", .malformed),
    ("state_dict", "lin.weight", "[[[[[1]]]]]", "more than 4 axes", .malformed),
    ("state_dict", "lin.weight", "true", "an array of numbers", .malformed),
    ("state_dict", "lin.weight", .numbers(1, 3), "$.state_dict.lin.weight", .malformed),
    ("state_dict", "lin.weight", "[[1,\"2\"]]", "$.state_dict.lin.weight[0][1]", .malformed),
    ("state_dict", "lin.bias", nil, "$.model_data.bias_fl", .malformed),
    ("state_dict", "rec.bias_hh_l0", nil, "$.state_dict.rec.bias_hh_l0", .malformed),
    ("state_dict", "rec.extra", .numbers(1), "rec.extra", .malformed),
    (
      "state_dict", "rec.weight_hh_l0", "[[1,2],[3]]", "$.state_dict.rec.weight_hh_l0[1]",
      .malformed
    ),
  ]

  @Test("GuitarML", arguments: guitarMLCases)
  func guitarML(
    _ part: String, _ key: String, _ value: JSONText?, _ place: String,
    _ kind: ConversionError.Kind
  ) throws {
    let text = JSONText.guitarML.with(part, JSONText.guitarML[part].with(key, value))
    #expect(refuses(kind, place) { _ = try text.convert() })
    _ = try JSONText.guitarML.convert()
  }

  @Test(
    "GuitarML: a skip of true is one of a single input, an output size and layers may be left out")
  func guitarMLDefaults() throws {
    let text = JSONText.guitarML
    let data = text["model_data"].with("output_size", nil).with("num_layers", nil)
    let plain = try text.with("model_data", data).convert().network
    for (skip, isAdded) in [("true", true), ("false", false), ("1", true), ("0", false)] {
      let network = try text.with("model_data", data.with("skip", .raw(skip))).convert().network
      #expect(network.inputSize == plain.inputSize && network.outputSize == 1)
      #expect(
        network.layers.contains { if case .add = $0.operation { true } else { false } } == isAdded)
    }
  }

  static let namCases: [(JSONText, String, ConversionError.Kind)] = [
    (JSONText.nam.with("architecture", "\"WaveNet\""), "WaveNet", .unsupported),
    (JSONText.nam.with("architecture", "\"ConvNet\""), "ConvNet", .unsupported),
    (JSONText.nam.with("architecture", "1"), "$.architecture", .malformed),
    (JSONText.nam.with("version", "\"1.0.0\""), "1.0.0", .unsupported),
    (JSONText.nam.with("version", "\"new\""), "$.version", .malformed),
    (JSONText.nam.with("version", nil), "\"version\" is missing", .malformed),
    (JSONText.nam.with("weights", .numbers(170)), "$.weights: has the shape [170]", .malformed),
    (JSONText.nam.with("weights", .numbers(2, 2)), "$.weights", .malformed),
    (JSONText.nam.with("weights", "[1,null]"), "$.weights[1]", .malformed),
    (JSONText.nam.with("sample_rate", "\"48k\""), "$.sample_rate", .malformed),
    (JSONText.nam.with("pedal", "1"), "\"pedal\" is unknown", .malformed),
    (config("hidden_size", "0"), "$.config.hidden_size", .malformed),
    (config("hidden_size", "65537"), "$.config.hidden_size", .malformed),
    (config("num_layers", "1.5"), "$.config.num_layers", .malformed),
    (config("num_layers", "65536"), "$.config.num_layers", .malformed),
    (config("in_channels", "2"), "$.config.in_channels", .unsupported),
    (config("dropout", "0.1"), "\"dropout\" is unknown", .malformed),
  ]

  static func config(_ key: String, _ value: JSONText) -> JSONText {
    JSONText.nam.with("config", JSONText.nam["config"].with(key, value))
  }

  @Test("NAM", arguments: namCases)
  func nam(_ text: JSONText, _ place: String, _ kind: ConversionError.Kind) throws {
    #expect(refuses(kind, place) { _ = try text.convert("m.nam") })
    _ = try JSONText.nam.with("sample_rate", "48000").convert("m.nam")
  }

  @Test(
    "Formats that are not known, by their first bytes or by their names",
    arguments: [
      ("model.h5", "export_keras.py"), ("model.xyz", "the format \".xyz\" is not supported"),
      ("model", "not supported"),
    ])
  func formats(_ name: String, _ text: String) {
    #expect(
      refuses(.unsupported, text) { _ = try Converter.convert(SourceBytes(file: name, [1, 2, 3])) })
  }

  @Test("No architecture file goes with a format that has its own")
  func architecture() throws {
    let node = try JSONReader.parse(file: "a.json", Array(#"{"layers":[]}"#.utf8))
    #expect(
      refuses(.unsupported, "needs no architecture file") {
        _ = try Converter.convert(
          SourceBytes(file: "m.json", Array(Self.chain.description.utf8)), architecture: node)
      })
    #expect(
      refuses(.unsupported, "needs no architecture file") {
        let text = "rnnoise-nu model file version 1\n"
        _ = try Converter.convert(
          SourceBytes(file: "m.rnnn", Array(text.utf8)), architecture: node)
      })
  }
}
