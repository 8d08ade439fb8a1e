import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite struct AccuracyReportTests {
  @Test func statisticsCountWhatDiffers() {
    var statistics = ErrorStatistics()
    statistics.note(3, 3, step: 0)
    statistics.note(4.5, 4, step: 6)
    #expect(statistics.maximalError == 0.5)
    #expect(statistics.step == 7)
    #expect(statistics.meanError == (0.25 / 2).squareRoot())
    // 10 log10((9 + 16) / 0.25)
    #expect((statistics.decibels - 20).magnitude < 1e-12)
    #expect(ErrorStatistics.difference(.nan, .nan) == 0)
    #expect(ErrorStatistics.difference(.nan, 1) == .infinity)
    #expect(ErrorStatistics().decibels == .infinity)
  }

  @Test func driftIsByDecade() {
    var drift = Drift(steps: 20, channels: 2)
    for step in 0..<20 {
      drift.note([0, step == 0 ? 1 : step < 10 ? 2 : 3], [0, 0], step: step)
    }
    let moments = drift.moments
    #expect(moments.map(\.steps) == [1, 10, 20])
    #expect(moments.map(\.maximalError) == [1, 2, 3])
    // Half of the channels differ.
    #expect((moments[2].meanError - 3 / 2.0.squareRoot()).magnitude < 1e-12)
    #expect(drift.worstChannel.index == 1)
  }

  @Test func aReportReadsBackWhatItWrote() throws {
    let network = Self.network()
    let contents = try network.blobContents()
    let noise = try AccuracyReport.noise(for: network, steps: 200)
    let report = try AccuracyReport(of: network, contents, over: (noise, AccuracyReport.noise))
    #expect(report.maximalError > 0 && report.maximalError < 1e-5)
    #expect(report.drift.map(\.steps) == [1, 10, 100, 200])
    #expect(report.layers.map(\.weights) == [.infinity])
    let provenance = contents.reporting(report).provenance
    let read = try #require(AccuracyReport.split(provenance: provenance))
    #expect(read.rest == contents.provenance)
    #expect(read.report.json == report.json)
    #expect(AccuracyReport.split(provenance: contents.provenance) == nil)
    #expect(AccuracyReport.split(provenance: "{\"a\":1,\"accuracy\":{\"steps\":3}}") == nil)
  }

  @Test func aKnownReferenceGivesTheSameReport() throws {
    let network = Self.network()
    let contents = try network.blobContents()
    let noise = try AccuracyReport.noise(for: network, steps: 50)
    let reference = ReferenceRun(network, over: noise)
    let known = try AccuracyReport(
      of: network, contents, over: (noise, "x"), reference: reference)
    #expect(known == (try AccuracyReport(of: network, contents, over: (noise, "x"))))
  }

  @Test("Steps are as many as the budget pays for, of numbers as of products")
  func budget() {
    func steps(_ operation: Network.Operation) -> Int {
      AccuracyReport.steps(
        for: Network(
          layers: [.init(name: "layer", operation: operation)],
          provenance: Provenance(source: "test", format: "none", hash: 0)))
    }
    let (few, many) = (
      Array(repeating: Float(1), count: 64), Array(repeating: Float(1), count: 1 << 16)
    )
    #expect(steps(.scale(Network.Scale(scale: few, shift: few))) == AccuracyReport.mostSteps)
    let wide = steps(.scale(Network.Scale(scale: many, shift: many)))
    #expect(
      (64..<1000).contains(wide), "computed without products, and drawn and compared all the same")
    #expect(AccuracyReport.steps(for: Self.network(hidden: 256)) == AccuracyReport.mostSteps)
  }

  /// One LSTM of 5 units.
  static func network(hidden: Int = 5) -> Network {
    var random = SplitMix64(state: 3)
    func weights(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
    }
    let cell = Network.Recurrent(
      cell: .lstm, inputSize: 3, hiddenSize: hidden, inputWeights: weights(4 * hidden * 3),
      hiddenWeights: weights(4 * hidden * hidden), inputBias: weights(4 * hidden))
    return Network(
      layers: [.init(name: "lstm", operation: .recurrent(cell))],
      provenance: Provenance(source: "test", format: "none", hash: 0))
  }
}
