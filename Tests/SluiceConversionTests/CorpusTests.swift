import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// The inputs that the fuzzers found to reach different code, once more: no trap, a typed error with its
/// file and a reason, or a network whose blob is sound.
@Suite("Corpus of the fuzzers") struct CorpusTests {
  private static let folder = CaseFolder.package.appendingPathComponent("Tests/Fuzz/Corpus").path

  private static func inputs(_ target: String) throws -> [[UInt8]] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(target)").sorted().map {
      Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(target)/\($0)")))
    }
  }

  /// Runs the body, which may throw what names `file`.
  private func expectingErrors(
    of file: String, _ body: () throws(ConversionError) -> Void
  ) {
    do throws(ConversionError) {
      try body()
    } catch {
      #expect(error.file.hasPrefix(file) && !error.reason.isEmpty, "\(error)")
      #expect(error.description.utf8.count <= 4096)
    }
  }

  private func pack(_ network: Network) throws(ConversionError) {
    let contents = try network.blobContents()
    #expect(throws: Never.self) { _ = try contents.bytes() }
  }

  @Test(
    "Models",
    arguments: [
      ("safetensors", "model.safetensors"), ("onnx", "model.onnx"), ("rtneural", "model.json"),
      ("guitarml", "model.json"), ("nam", "model.nam"),
    ])
  func models(_ target: String, _ file: String) throws {
    for input in try Self.inputs(target) {
      expectingErrors(of: file) { () throws(ConversionError) in
        try pack(try Converter.convert(SourceBytes(file: file, input)).network)
      }
    }
  }

  @Test("Metadata, and what the runtime finds in them")
  func metadata() throws {
    let inputs = try Self.inputs("metadata")
    let errors = inputs.map { MetadataCase.run($0) }
    #expect(errors.contains { $0 == nil } && errors.contains { $0 != nil })
    for case let error? in errors { #expect(error.file == "m.json" && !error.reason.isEmpty) }
  }

  @Test("Architectures beside tensors of the fixtures")
  func architectures() throws {
    let tables = try [
      "lstm_stacked_dense", "gru_dense", "rnn_relu_dense", "embedding_lstm_last",
      "lstm_bidirectional_projection",
    ].map { name in
      let fixtures = CaseFolder.package.appendingPathComponent("Tests/Fixtures/Conversion").path
      return TensorTable(
        try SafetensorsFile(
          SourceBytes(path: "\(fixtures)/safetensors_\(name)/model.safetensors")))
    }
    for input in try Self.inputs("architecture") {
      for var table in tables {
        expectingErrors(of: "") { () throws(ConversionError) in
          let root = try JSONReader.parse(file: "architecture.json", input)
          let provenance = Provenance(source: "architecture.json", format: "safetensors", hash: 0)
          try pack(try Architecture(root).network(&table, provenance: provenance))
        }
      }
    }
  }

  @Test("Arrays and recordings")
  func arrays() throws {
    for input in try Self.inputs("npy") {
      expectingErrors(of: "x.npy") { () throws(ConversionError) in
        let tensor = try NPY.read(SourceBytes(file: "x.npy", input))
        let again = try NPY.read(SourceBytes(file: "x.npy", NPY.bytes(of: tensor)))
        #expect(again.shape == tensor.shape)
      }
    }
  }

  @Test("Recordings, samples and rows, in pieces of any size", arguments: RowCase.allCases)
  func rows(_ of: RowCase) throws {
    for input in try Self.inputs(of.rawValue) {
      let whole = of.rows(ByteStream(file: "x", input))
      let pieces = of.rows(ByteStream(file: "x", input, piece: 3))
      #expect(whole == pieces)
      if let error = whole.error {
        #expect(error.file == "x" && !error.reason.isEmpty)
        #expect(error.description.utf8.count <= 4096, "\(error)")
      }
    }
  }
}
