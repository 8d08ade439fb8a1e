import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What sources say of their models, carried as metadata.
@Suite struct SourceMetadataTests {
  private func convert(_ name: String) throws -> ConvertedModel {
    let folder = CaseFolder.package.appendingPathComponent("Tests/Fixtures/Models").path
    return try Converter.convert(source: "\(folder)/\(name)")
  }

  @Test("NAM and AIDA-X: rate, name and notes") func models() throws {
    let nam = try convert("nam_lstm_stacked/model.nam").metadata?.text
    let aida = try convert("aidax_lstm_skip_gains/model.json").metadata?.text
    #expect(nam == #"{"sample_rate":48000,"custom":{"metadata":{"loudness":-20.5}}}"#)
    let notes = #"{"metadata":{"name":"amp","samplerate":"48000","esr":0.01}}"#
    #expect(aida == #"{"name":"amp","sample_rate":48000,"custom":\#(notes)}"#)
    #expect(try convert("rtneural_lstm_stacked/model.json").metadata == nil)
  }

  @Test("what is of another type is passed over, what is long is left out") func odd() throws {
    func metadata(_ text: String) throws -> String? {
      try ModelMetadata(ofJSON: JSONReader.parse(file: "m", Array(text.utf8)))?.text
    }
    #expect(
      try metadata(#"{"sample_rate": "x", "name": null, "license": 3, "author": null}"#) == nil)
    #expect(try metadata(#"{"samplerate": -1, "date": 5}"#) == #"{"custom":{"date":5}}"#)
    let long = String(repeating: "x", count: 40_000)
    #expect(
      try metadata(#"{"samplerate": 48000.0, "metadata": "\#(long)"}"#)
        == #"{"sample_rate":48000.0}"#)
    #expect(try metadata(#"{"metadata": "\#(long)"}"#) == nil)
  }

  @Test("safetensors: a whole object, other entries as strings") func safetensors() throws {
    var builder = SafetensorsBuilder.lstmDense
    builder.metadata = [
      "format": "pt", "epoch": "7",
      "sluice.metadata": #"{"hop": 3, "outputs": [{"unit": "kW", "mean": 2}]}"#,
    ]
    let model = try Converter.convert(builder.source)
    #expect(
      model.metadata?.text
        == #"{"custom":{"epoch":"7"},"hop": 3, "outputs": [{"unit": "kW", "mean": 2}]}"#)
    // Not yet applied: the reader's interface counts the source's layers.
    #expect(
      try model.metadata?.applied(to: model.network).layers.count == model.network.layers.count + 1)
    builder.metadata = ["format": "pt"]
    #expect(try Converter.convert(builder.source).metadata == nil)
    builder.metadata = ["sluice.metadata": #"{"hopp": 3}"#]
    #expect(
      refuses(.malformed, "sluice.metadata", "hopp") { _ = try Converter.convert(builder.source) })
  }

  @Test("ONNX: metadata_props") func onnx() throws {
    func source(_ properties: [(String, String)]) throws -> SourceBytes {
      var writer = ProtobufWriter()
      writer.bytes = Array(
        try Data(
          contentsOf: CaseFolder.package.appendingPathComponent(
            "Tests/Fixtures/Conversion/onnx_lstm_gemm_sigmoid/model.onnx")))
      for (name, value) in properties {
        writer.message(14) { entry in
          entry.string(1, name)
          entry.string(2, value)
        }
      }
      return SourceBytes(file: "model.onnx", writer.bytes)
    }
    #expect(try Converter.convert(source([])).metadata == nil)
    let found = try Converter.convert(
      source([("author", "a\"b"), ("sluice.metadata", #"{"version": "2"}"#), ("author", "c")]))
    #expect(found.metadata?.text == #"{"custom":{"author":"a\"b"},"version": "2"}"#)
  }

  @Test("calibration: the range of each input, of many one for all") func range() throws {
    let x: [Float] = [0, 5, -1, 7, 2, 6]
    let few = try SequenceArray(
      Tensor(shape: [3, 2], x), axes: [.time, .feature], inputSize: 2, readsIDs: false, file: "x")
    #expect(try few.metadata?.text == #"{"calibrated_range":[[-1.0,2.0],[5.0,7.0]]}"#)
    let many = try SequenceArray(
      Tensor(shape: [1, 300], (0..<300).map { Float($0) }), axes: [.time, .feature], inputSize: 300,
      readsIDs: false, file: "x")
    #expect(try many.metadata?.text == #"{"calibrated_range":[0.0,299.0]}"#)
    let ids = try SequenceArray(
      Tensor(shape: [2], elements: .int64([1, 2])), axes: [.time], inputSize: 3, readsIDs: true,
      file: "x")
    #expect(try ids.metadata == nil)
  }
}
