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
       "sample_rate": 0.5, "horizon": 24, "version": "3", "ours": {"free": [1, 2]}}
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
    let text = "{\n  \"license\": \"MIT\", \"caf\u{E9}\": null\n}"
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
      (#"{"license": 3}"#, "$.license"),
    ])
  func refused(_ text: String, _ place: String) throws {
    let network = try Converter.convert(source: Self.source).network
    let error = #expect(throws: ConversionError.self) {
      _ = try ModelMetadata(text: text, file: "m.json").applied(to: network)
    }
    #expect(error?.place.hasPrefix(place) == true, "\(String(describing: error))")
    #expect(error?.file == "m.json")
  }

  @Test("more than a blob holds is refused before it is parsed")
  func tooLong() throws {
    let text = #"{"a": ""# + String(repeating: "x", count: 65536) + #""}"#
    #expect(throws: ConversionError.self) { _ = try ModelMetadata(text: text, file: "m.json") }
  }
}
