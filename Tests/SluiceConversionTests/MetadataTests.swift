import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// What a model's author says of it: carried by the blob, and its units computed with.
@Suite struct MetadataTests {
  private static let source =
    CaseFolder.package.appendingPathComponent("Tests/Fixtures").path
    + "/Conversion/safetensors_gru_dense/model.safetensors"

  private func outputs(
    _ network: Network, _ inputs: [Float], _ set: InstructionSet
  ) throws -> [Float] {
    let bytes = AlignedBytes(try network.blobContents().bytes())
    let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
    var stream = try ModelStream(model)
    var y = [Float](repeating: 0, count: network.outputSize)
    var outputs: [Float] = []
    for start in stride(from: 0, to: inputs.count, by: network.inputSize) {
      stream.step(Array(inputs[start..<start + network.inputSize]), into: &y)
      outputs += y
    }
    return outputs
  }

  @Test(
    "scaling in the blob has the bits of the stated formula outside",
    arguments: InstructionSet.runnable)
  func units(_ set: InstructionSet) throws {
    let network = try Converter.convert(source: Self.source).network
    let means = (0..<network.inputSize).map { Double($0) * 3.7 - 4 }
    let deviations = (0..<network.inputSize).map { 0.3 + Double($0) * 1.9 }
    let inputs = zip(means, deviations).map { #"{"mean": \#($0), "std": \#($1), "unit": "kW"}"# }
    let outputs = (0..<network.outputSize).map {
      #"{"name": "t\#($0)", "mean": 21.5, "std": 7.25}"#
    }
    let text = #"""
      {"inputs": [\#(inputs.joined(separator: ", "))], "outputs": [\#(outputs.joined(separator: ", "))],
       "sample_rate": 0.5, "horizon": 24, "version": "3", "custom": {"free": [1, 2]}}
      """#
    let scaled = try ModelMetadata(text: text, file: "m.json").applied(to: network)
    #expect(scaled.metadata == text)
    var random = SeededRandom(seed: 5)
    let raw = random.floats(12 * network.inputSize).enumerated().map { index, value in
      value * Float(deviations[index % means.count]) + Float(means[index % means.count])
    }
    func linear(_ x: Float, _ factor: Float, _ summand: Float) -> Float {
      set == .baseline ? factor * x + summand : summand.addingProduct(factor, x)
    }
    let normal = raw.enumerated().map { index, value in
      let at = index % means.count
      return linear(value, Float(1 / deviations[at]), Float(-means[at] / deviations[at]))
    }
    let expected = try self.outputs(network, normal, set).map { linear($0, 7.25, 21.5) }
    #expect(firstDifference(try self.outputs(scaled, raw, set), expected) == nil)
  }

  @Test("a blob carries the text as it is, and is of version 2 then alone")
  func carried() throws {
    let network = try Converter.convert(source: Self.source).network
    #expect(try network.blobContents().bytes()[8] == 1)
    let text = "{\n  \"license\": \"MIT\", \"custom\": {\"caf\u{E9}\": null}\n}"
    let contents = try ModelMetadata(text: text, file: "m").applied(to: network).blobContents()
    let bytes = AlignedBytes(try contents.bytes())
    let view = unsafe try BlobView(validating: bytes.raw)
    #expect(view.version == 2 && BlobContents(view).metadata == text)
    #expect(view.layerCount == network.layers.count)
  }

  @Test(
    "what makes no sense is refused with its place",
    arguments: [
      ("[1]", "$"), ("{", "byte"), (#"{"inputs": {}}"#, "$.inputs"),
      (#"{"inputs": [{}]}"#, "$.inputs"), (#"{"outputs": []}"#, "$.outputs"),
      (#"{"outputs": [{"std": 0}, {}]}"#, "$.outputs[0]"),
      (#"{"outputs": [{"std": 1e-60}, {}]}"#, "$.outputs[0]"),
      (#"{"outputs": [{"mean": 1e60}, {}]}"#, "$.outputs[0]"),
      (#"{"outputs": [{"mean": "x"}, {}]}"#, "$.outputs[0].mean"),
      (#"{"outputs": [{"name": "a"}, {"name": "a"}]}"#, "$.outputs[1]"),
      (#"{"outputs": [{"range": [2, 1]}, {}]}"#, "$.outputs[0].range"),
      (#"{"sample_rate": 0}"#, "$.sample_rate"), (#"{"hop": -1}"#, "$.hop"),
      (#"{"longest_text": 0}"#, "$.longest_text"), (#"{"pair": 3}"#, "$.pair"),
      (#"{"license": 3}"#, "$.license"), (#"{"licence": "MIT"}"#, "$"),
      (#"{"outputs": [{"nmae": "a"}, {}]}"#, "$.outputs[0]"), (#"{"custom": 3}"#, "$.custom"),
      (#"{"missing": "holt"}"#, "$.missing"), (#"{"missing": 1e60}"#, "$.missing"),
      (#"{"outputs": [{"missing": {}}, {}]}"#, "$.outputs[0].missing"),
      (#"{"labels": ["a"]}"#, "$.labels"), (#"{"labels": ["a", ""]}"#, "$.labels[1]"),
      (#"{"labels": ["a", "\u0000"]}"#, "$.labels[1]"),
      (#"{"calibrated_range": [[0, 1]]}"#, "$.calibrated_range"),
      (#"{"calibrated_range": [1, 0]}"#, "$.calibrated_range"), (#"{"task": "speech"}"#, "$.task"),
      (#"{"task": "voice-activity"}"#, "$.task"),
      (#"{"task": "voice-activity", "sample_rate": 8, "hop": 0, "context": 3}"#, "$.task"),
      (#"{"task": "voice-activity", "sample_rate": 0.5, "hop": 1, "context": 2}"#, "$.sample_rate"),
      (#"{"task": "voice-activity", "sample_rate": 4e9, "hop": 1, "context": 2}"#, "$.sample_rate"),
      (#"{"task": "voice-activity", "sample_rate": 8, "hop": 1, "context": 1}"#, "$.hop"),
    ])
  func refused(_ text: String, _ place: String) throws {
    let network = try Converter.convert(source: Self.source).network
    let error = #expect(throws: ConversionError.self) {
      _ = try ModelMetadata(text: text, file: "m.json").applied(to: network)
    }
    #expect(error?.place.hasPrefix(place) == true, "\(String(describing: error))")
    #expect(error?.file == "m.json")
  }

  @Test("what a newer blob says beside is passed over; what is known is still read")
  func newer() throws {
    let text = #"""
      {"task": "speech", "colour": 3, "inputs": [{"name": "a", "hue": 1, "mean": 2}, {}, {}], "hop": 4}
      """#
    let metadata = try ModelMetadata(text: text, file: "m", allowingUnknown: true)
    #expect(metadata.inputNames == ["a", nil, nil])
    #expect(ModelMetadata.unit(ofInputsIn: text)?.shift == [-2, 0, 0])
    for wrong in [#"{"inputs": [{"mean": "x"}]}"#, #"{"hop": -1}"#, #"{"task": 3}"#, "[]"] {
      #expect(throws: ConversionError.self) {
        _ = try ModelMetadata(text: wrong, file: "m", allowingUnknown: true)
      }
    }
  }

  @Test("more than a blob holds is refused before it is parsed")
  func tooLong() throws {
    let text = #"{"a": ""# + String(repeating: "x", count: 65536) + #""}"#
    #expect(throws: ConversionError.self) { _ = try ModelMetadata(text: text, file: "m.json") }
  }

  @Test("of two, the second has the word; its text stays as it is") func merged() throws {
    func metadata(_ text: String) throws -> ModelMetadata {
      try ModelMetadata(text: text, file: "m")
    }
    let first = try metadata(#"{"name": "a\u0041", "hop": 3, "custom": {"x": [1, 2.5, [], true]}}"#)
    let second = try metadata("{ \"hop\": 4 }")
    #expect(
      try second.merged(over: first).text
        == #"{"name":"aA","custom":{"x":[1,2.5,[],true]}, "hop": 4 }"#)
    #expect(try metadata("{}").merged(over: first).text == first.text)
    #expect(try second.merged(over: metadata("{}")).text == second.text)
    #expect(try first.merged(over: second).text == first.text)
  }

  @Test("a frame of Silero VAD says what it is, from either format; its probability is no unit's")
  func voiceActivity() throws {
    func network(_ size: Int) -> Network {
      let pad = Network.ReflectPad(length: size, channels: 1, before: 0, after: size / 9)
      let weights = [Float](repeating: 0, count: size + size / 9)
      return Network(
        layers: [
          .init(name: "pad", operation: .reflectPad(pad)),
          .init(
            name: "out",
            operation: .dense(
              .init(inputSize: weights.count, outputSize: 1, weights: weights, bias: [0]))),
        ], provenance: Provenance(source: "", format: "", hash: 0))
    }
    for (size, rate) in [(576, 16000), (288, 8000)] {
      let text = try #require(SileroModel.metadata(of: network(size))?.text)
      #expect(
        text == """
          {"task":"voice-activity","sample_rate":\(rate),"hop":\(8 * size / 9),"context":\(size / 9)}
          """)
      let own = try ModelMetadata(text: text, file: "silero")
      #expect(try own.applied(to: network(size)).metadata == text)
      for (more, place) in [
        (#"{"outputs": [{"mean": 1}]}"#, "$.outputs[0]"), (#"{"hop": 2}"#, "$.hop"),
      ] {
        let all = try ModelMetadata(text: more, file: "m").merged(over: own)
        #expect(refuses(.malformed, place) { _ = try all.applied(to: network(size)) })
      }
    }
    #expect(SileroModel.metadata(of: network(18)) == nil)
  }

  @Test("missing numbers: a policy for all, another for one") func missing() throws {
    let text = #"{"missing": "hold", "inputs": [{}, {"missing": -1.5}, {"missing": "refuse"}]}"#
    let metadata = try ModelMetadata(text: text, file: "m")
    #expect(metadata.missingPolicies(count: 3) == [.hold, .value(-1.5), .refuse])
    #expect(try ModelMetadata(text: "{}", file: "m").missingPolicies(count: 3) == nil)
  }
}
