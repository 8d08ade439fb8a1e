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
    #expect(read.report.json.text == report.json.text)
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
    let far = steps(
      .convolution(
        Network.Convolution(
          inputChannels: 1, outputChannels: 1, kernelSize: 1024, dilation: 1024,
          weights: Array(repeating: 1, count: 1024))))
    #expect((64..<1000).contains(far), "a past of 2^20 numbers is moved on at every step")
    #expect(AccuracyReport.steps(for: Self.network(hidden: 256)) == AccuracyReport.mostSteps)
    let layers = (0..<1000).map {
      Network.Layer(name: "\($0)", operation: .activation(.relu, size: 1))
    }
    let deep = Network(
      layers: layers, provenance: Provenance(source: "test", format: "none", hash: 0))
    #expect((64..<1000).contains(AccuracyReport.steps(for: deep)), "each layer has its own cost")
  }

  @Test("What never falls silent is seen: over silence, in the greatest error, read back")
  func silenceIsMeasured() throws {
    let network = Network(
      layers: [
        .init(
          name: "rnn",
          operation: .recurrent(
            Network.Recurrent(
              cell: .rnn(.tanh), inputSize: 1, hiddenSize: 1, inputWeights: [0.5],
              hiddenWeights: [0.97])))
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
    let noise = (try AccuracyReport.noise(for: network, steps: 500), AccuracyReport.noise)
    for type in [StorageType.int8, .int4] {
      let finer = try network.blobContents(type: type)
      #expect(finer.layers[0].record.hiddenRounding == .finer)
      let report = try AccuracyReport(of: network, finer, over: noise)
      #expect(report.stretches.map(\.kind) == [.silence, .loudness])
      #expect(report.stretches.map(\.steps) == [1800, 2000])
      #expect(report.stretches[0].lastingError < 1e-6)
      #expect(report.stretches[1].maximalError > 0 && report.stretches[1].maximalError < 0.05)
      var fixed = finer
      fixed.layers[0].record.hiddenRounding = .fixed
      let stuck = try AccuracyReport(of: network, fixed, over: noise)
      #expect(stuck.stretches[0].lastingError > 0.09)
      #expect(stuck.maximalError < 0.06)
      #expect(stuck.greatestError > 0.09 && stuck.placeOfGreatest == " over silence")
      #expect(stuck.errorThatStays == stuck.stretches[0].lastingError)
      #expect(report.errorThatStays == nil)
      let read = try #require(AccuracyReport.split(provenance: fixed.reporting(stuck).provenance))
      #expect(read.report.json.text == stuck.json.text && read.report.stretches.count == 2)
      // A search by error measures silence too.
      let silence = try AccuracyReport.stretchSequences(for: network, like: nil).map(\.sequence)
      #expect(try Yardstick(network, over: [noise.0] + silence).error(of: fixed) > 0.09)
    }
  }

  @Test("Loud is as loud as the data are; silence follows what they begin with")
  func stretchesFollowTheData() throws {
    let network = Self.network()
    let data = try SequenceArray(
      Tensor(shape: [2, 2, 3], [1, -2, 0.5, 0, 0, -7, 0, 3, 0, -4, 0, 0]), of: network, file: "x")
    let stretches = try AccuracyReport.stretchSequences(for: network, like: data)
    #expect(stretches.map(\.kind) == [.silence, .loudness])
    let (silence, loud) = (stretches[0].sequence, stretches[1].sequence)
    #expect(Array(silence.sequences[0].features(at: 1)) == [0, 0, -7])
    #expect(
      (2..<silence.steps).allSatisfy {
        silence.sequences[0].features(at: $0).allSatisfy { $0 == 0 }
      })
    for step in 0..<loud.steps {
      #expect(loud.sequences[0].features(at: step).map(\.magnitude) == [4, 3, 7])
    }
  }

  @Test("Ids are neither silent nor loud")
  func idsHaveNoStretches() throws {
    let network = Network(
      layers: [
        .init(
          name: "table",
          operation: .embedding(Network.Embedding(count: 2, size: 1, weights: [1, 2])))
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
    #expect(try AccuracyReport.stretchSequences(for: network, like: nil).isEmpty)
    let report = try AccuracyReport(
      of: network, try network.blobContents(),
      over: (try AccuracyReport.noise(for: network, steps: 10), AccuracyReport.noise))
    #expect(report.stretches.isEmpty && !report.json.text.contains("stretches"))
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
