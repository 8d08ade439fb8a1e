import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Metadata with units, beside a source as `convert` reads it.
@Suite("Metadata: units of a converted model") struct MetadataUnitTests {
  @Test("A model that gives nothing but h after the last step reads and writes in its units")
  func finalState() throws {
    let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    let files = FileManager.default
    defer { try? files.removeItem(atPath: folder) }
    try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var graph = GraphBuilder.lstm()
    graph.output("Y_h")
    let source = folder + "/model.onnx"
    try Data(graph.bytes).write(to: URL(fileURLWithPath: source))
    let text = #"""
      {"inputs": [{"mean": 10, "std": 4}, {"mean": -2, "std": 0.5}],
       "outputs": [{"mean": 100, "std": 8}, {"std": 2}, {"mean": -1}]}
      """#
    var options = ConversionOptions()
    options.metadata = folder + "/meta.json"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/meta.json"))
    let conversion = try Conversion(source: source, options: options)
    #expect(try #require(conversion.report).greatestError < 1e-3)

    let normal = ramp(14)
    let raw = normal.enumerated().map { $0 % 2 == 0 ? 10 + 4 * $1 : -2 + 0.5 * $1 }
    func last(_ blob: OpenBlob, _ rows: [Float]) -> [Float] {
      (0..<7).map { blob.step(.features(rows, size: 2), $0) }[6]
    }
    let scaled = last(try OpenBlob(conversion.contents, file: source), raw)
    let h = last(try OpenBlob(graph.convert().network.blobContents(), file: source), normal)
    let units: [(factor: Float, summand: Float)] = [(8, 100), (2, 0), (1, -1)]
    for (unit, (found, state)) in zip(units, zip(scaled, h)) {
      let expected = state * unit.factor + unit.summand
      #expect(abs(found - expected) <= 1e-5 * max(abs(expected), 1))
    }
  }
}
