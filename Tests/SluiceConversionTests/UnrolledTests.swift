import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Recurrences of which an exporter wrote a copy for each step.
@Suite("Unrolled recurrences") struct UnrolledTests {
  private static let folder = CaseFolder.package.appendingPathComponent("Tests/Fixtures/Unrolled")

  @Test(
    "Copies of PyTorch's and Keras' exporters, forwards and backwards, compute what ONNX Runtime did"
  )
  func conformance() throws {
    let cases = try ConformanceCase.find(in: Self.folder.path)
    #expect(cases.count == 23)
    for found in cases {
      let result = found.run()
      #expect(result.passed, "\(result)")
    }
  }

  @Test(
    "They become one layer for each cell",
    arguments: [
      ("rnn", 1, 0), ("rnn_both_ways", 2, 1), ("two_cells", 2, 0), ("backwards", 1, 1),
      ("keras_autoencoder", 2, 0), ("keras_both_ways", 2, 1),
    ])
  func layers(name: String, count: Int, reversed: Int) throws {
    let path = Self.folder.appendingPathComponent("\(name)/model.onnx").path
    let network = try Converter.convert(source: path).network
    let cells = network.layers.compactMap { layer -> Network.Recurrent? in
      if case .recurrent(let cell) = layer.operation { cell } else { nil }
    }
    #expect(cells.count == count)
    #expect(cells.count { $0.form.isReverse } == reversed)
  }
}
