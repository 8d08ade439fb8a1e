import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport

/// Trained models from anywhere: refused with a file and a reason, or converted into a blob that runs.
enum SourceAttack {
  /// Converts the bytes as the file of that name.
  static func convert(_ input: [UInt8], named name: String) {
    expectingErrors(of: name) { () throws(ConversionError) in
      try run(try Converter.convert(SourceBytes(file: name, input)).network)
    }
  }

  /// Converts the bytes as an ONNX file: as a graph, and as tensors by their names.
  static func convertGraph(_ input: [UInt8]) {
    convert(input, named: "model.onnx")
    expectingErrors(of: "") { () throws(ConversionError) in
      let source = SourceBytes(file: "model.onnx", input)
      try run(try Converter.convert(source, architecture: Fixtures.architecture()).network)
    }
  }

  /// Reads the bytes as the architecture of every safetensors file among the fixtures.
  static func describe(_ input: [UInt8]) {
    for tensors in Fixtures.tensors {
      // What the tensors lack is said of their file.
      expectingErrors(of: "") { () throws(ConversionError) in
        let root = try JSONReader.parse(file: "architecture.json", input)
        var table = tensors
        let provenance = Provenance(source: "architecture.json", format: "safetensors", hash: 0)
        try run(try Architecture(root).network(&table, provenance: provenance))
      }
    }
  }

  /// Reads the bytes as a NumPy array, and writes it again.
  static func readArray(_ input: [UInt8]) {
    expectingErrors(of: "x.npy") { () throws(ConversionError) in
      let tensor = try NPY.read(SourceBytes(file: "x.npy", input))
      let again = try NPY.read(SourceBytes(file: "x.npy", NPY.bytes(of: tensor)))
      if again.shape != tensor.shape { finding("another shape when written again") }
    }
    readRows(input, .npy)
  }

  /// Reads the bytes as rows of that kind, whole and in small pieces: both must give the same.
  static func readRows(_ input: [UInt8], _ of: RowCase) {
    let whole = of.rows(ByteStream(file: "x", input))
    // A file of one byte is one piece.
    let pieces = of.rows(ByteStream(file: "x", input, piece: 1 + Int(input.first ?? 0) % 7))
    if whole != pieces { finding("other rows in pieces") }
    expectingErrors(of: "x") { () throws(ConversionError) in
      if let error = whole.error { throw error }
    }
  }

  private static func run(_ network: Network) throws(ConversionError) {
    let contents = try network.blobContents()
    do {
      let file = GuardedBytes(try contents.bytes())
      defer { keep(file) }
      try Running(file, features: [0.5, -1, 0.25, 2, 0]).run()
    } catch {
      finding("converted, but no blob: \(error)")
    }
  }

  private static func expectingErrors(
    of file: String, _ body: () throws(ConversionError) -> Void
  ) {
    do throws(ConversionError) {
      try body()
    } catch {
      guard error.file.hasPrefix(file), !error.reason.isEmpty else {
        finding("an error without its file or reason: \(error)")
      }
      // An error is a line for a person, whatever the file holds.
      if error.description.utf8.count > 4096 { finding("an error of a screen: \(error)") }
    }
  }
}

/// What the targets read beside their input; the working directory is the package's.
enum Fixtures {
  /// What names the tensors of an ONNX file among the fixtures.
  static func architecture() throws(ConversionError) -> JSONNode {
    try JSONReader.parse(SourceBytes(file: "model.json", architectureBytes))
  }

  private static let architectureBytes: [UInt8] = {
    do throws(ConversionError) {
      let path = "Tests/Fixtures/Conversion/onnx_weights_by_name/model.json"
      let file = try SourceBytes(path: path)
      return file.array(0..<file.count)
    } catch {
      finding("\(error)")
    }
  }()

  /// The tensors of the safetensors fixtures.
  static let tensors: [TensorTable] = {
    let names = [
      "lstm_stacked_dense", "gru_dense", "rnn_relu_dense", "embedding_lstm_last",
      "lstm_bidirectional_projection",
    ]
    do throws(ConversionError) {
      var tables: [TensorTable] = []
      for name in names {
        let path = "Tests/Fixtures/Conversion/safetensors_\(name)/model.safetensors"
        tables.append(TensorTable(try SafetensorsFile(SourceBytes(path: path))))
      }
      return tables
    } catch {
      finding("\(error)")
    }
  }()
}
