import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Models of JSON: RTNeural, AIDA-X, GuitarML, NAM, PyTorch state dictionaries")
struct JSONModelTests {
  static let chain = JSONText.rtneural(1, .lstm(1), .dense(2, 1))

  @Test("Every format is told by its keys")
  func formats() throws {
    func format(_ text: JSONText, _ name: String = "model.json") throws -> String {
      try text.convert(name).network.provenance.format
    }
    #expect(try format(Self.chain) == "RTNeural JSON")
    #expect(try format(Self.chain.with("in_skip", "0")) == "AIDA-X JSON")
    #expect(try format(Self.chain, "model.aidax") == "RTNeural JSON")
    #expect(try format(Self.chain, "model") == "RTNeural JSON")
    #expect(try format(.guitarML) == "GuitarML JSON")
    #expect(try format(.nam, "model.nam") == "NAM")
    #expect(try format(JSONText.guitarML["state_dict"]) == "PyTorch state dictionary JSON")
  }

  @Test(
    "What is several formats, or none, is refused",
    arguments: [
      (JSONText.guitarML.with("in_shape", "[1]").with("layers", "[]"), "m.json", "ambiguous"),
      (chain, "m.nam", "its name is that of NAM"),
      (JSONText.guitarML, "m.aidax", "its name is that of AIDA-X"),
      (JSONText.object([("weights", "[1]")]), "m.json", "no known model"),
      (JSONText.object([]), "m.json", "found none"),
    ])
  func ambiguous(_ text: JSONText, _ name: String, _ reason: String) {
    #expect(refuses(.unsupported, name, reason) { _ = try text.convert(name) })
  }

  @Test("Formats that only an exporter reads name it")
  func exporters() {
    func refusal(_ name: String, _ bytes: [UInt8], _ text: String) -> Bool {
      refuses(.unsupported, name, text) {
        _ = try Converter.convert(SourceBytes(file: name, bytes))
      }
    }
    #expect(refusal("m.bin2", [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10], "export_keras.py"))
    #expect(refusal("m.keras", Array("PK".utf8), "export_keras.py"))
    #expect(refusal("m", [28, 0, 0, 0] + Array("TFL3".utf8), "export_tflite.py"))
    #expect(refusal("m.pth", [0x80], "export_torch.py"))
  }

  @Test("A skip adds the input, after its gain, and the output's gain covers both")
  func gains() throws {
    let text = JSONText.rtneural(2, .dense(2, 1)).with("in_skip", "1").with("in_gain", "6")
      .with("out_gain", "-20")
    var network = ReferenceNetwork<Double>(try text.convert().network)
    let gain = Double(Float(1.9952623149688795))
    let (x, other) = (0.3 * gain, 0.8)
    let dense = -0.5 * x + -0.5 * other + -0.5
    let y = network.step([0.3, other])
    #expect(abs(y[0] - (dense + x) * Double(Float(0.1))) < 1e-12)
  }

  @Test("-90 dB is silence")
  func silence() throws {
    let text = Self.chain.with("out_gain", "-90")
    var network = ReferenceNetwork<Double>(try text.convert().network)
    #expect(network.step([1]) == [0])
  }

  @Test("A GuitarML skip adds one input to all outputs, or each to its own")
  func guitarMLSkip() throws {
    let wide = JSONText.guitarML["model_data"].with("input_size", "3").with("output_size", "2")
    let states = JSONText.guitarML["state_dict"].with("rec.weight_ih_l0", .numbers(8, 3))
      .with("lin.weight", .numbers(2, 2)).with("lin.bias", .numbers(2))
    func outputs(skip: Int) throws -> [Double] {
      let text = JSONText.guitarML.with("model_data", wide.with("skip", .raw("\(skip)")))
        .with("state_dict", states)
      var network = ReferenceNetwork<Double>(try text.convert().network)
      return network.step([0.25, 0.5, 1])
    }
    let plain = try outputs(skip: 0)
    #expect(try outputs(skip: 1) == plain.map { $0 + 0.25 })
    #expect(try outputs(skip: 2) == [plain[0] + 0.25, plain[1] + 0.5])
    #expect(refuses(.unsupported, "$.model_data.skip") { _ = try outputs(skip: 3) })
  }

  @Test("NAM: initial states count, several channels are read")
  func nam() throws {
    let network = try JSONText.nam.convert("m.nam").network
    #expect(network.layers.map(\.name) == ["lstm.0", "lstm.1", "head"])
    guard case .recurrent(let cell) = network.layers[0].operation else { return }
    #expect(cell.initialHidden.count == 3 && cell.initialCell.count == 3)
    let wide = JSONText.nam.with(
      "config",
      JSONText.nam["config"].with("input_size", "2").with("in_channels", "2")
        .with("out_channels", "3")
    ).with("weights", .numbers(12 * 5 + 18 + 12 * 6 + 18 + 9 + 3))
    let channels = try wide.convert("m.nam").network
    #expect(channels.inputSize == 2 && channels.outputSize == 3)
  }

  @Test("State dictionaries: stacks that fit together in one order only")
  func stacks() throws {
    let states = JSONText.object([
      ("b.weight_ih_l0", .numbers(6, 1)), ("b.weight_hh_l0", .numbers(6, 2)),
      ("a.weight_ih_l0", .numbers(9, 2)), ("a.weight_hh_l0", .numbers(9, 3)),
      ("fc.weight", .numbers(1, 3)),
    ])
    let model = try states.convert()
    #expect(model.network.layers.map(\.name) == ["b.l0", "a.l0", "fc"])
    let inferred = "gru (b.), gru (a.), dense without activation (fc.), output of every step"
    #expect(model.inferred == inferred)
    let several = states.with("b.weight_ih_l0", .numbers(6, 3))
      .with("fc.weight", nil)
    #expect(refuses(.unsupported, "several orders") { _ = try several.convert() })
    let none = states.with("a.weight_ih_l0", .numbers(9, 5))
    #expect(refuses(.unsupported, "no order") { _ = try none.convert() })
  }
}
