import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Errors over many steps") struct DriftTests {
  static let cells: [Network.Cell] = [.lstm, .gru(.resetAfter), .gru(.resetBefore)]

  /// One layer of 64 units, with weights as training starts from.
  private static func network(_ cell: Network.Cell) -> Network {
    var random = SplitMix64(state: 64)
    let rows = cell.gateCount * 64
    func weights(_ count: Int) -> [Float] {
      (0..<count).map { _ in (Float(random.next() >> 40) * 0x1p-23 - 1) / 8 }
    }
    return Network(
      layers: [
        .init(
          name: "cell",
          operation: .recurrent(
            Network.Recurrent(
              cell: cell, inputSize: 64, hiddenSize: 64, inputWeights: weights(rows * 64),
              hiddenWeights: weights(rows * 64), inputBias: weights(rows),
              hiddenBias: weights(rows))))
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
  }

  @Test("int8 errors after 1,000 steps stay what they were after 100", arguments: cells)
  func bounded(_ cell: Network.Cell) throws {
    let network = Self.network(cell)
    let noise = try AccuracyReport.noise(for: network, steps: 3000)
    let report = try AccuracyReport(
      of: network, network.blobContents(type: .int8), over: (noise, AccuracyReport.noise))
    let errors = report.drift.map(\.meanError)
    print("\(cell) 64x64 int8: rms error since 1, 10, 100, 1000, 3000 steps: \(errors)")
    #expect(report.drift.map(\.steps) == [1, 10, 100, 1000, 3000])
    #expect(errors[4] < 1.25 * errors[2] && errors[4] < 5e-3)
    #expect(report.maximalError < 0.03)
  }
}
