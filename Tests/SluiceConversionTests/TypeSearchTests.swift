import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("The smallest types under a bound") struct TypeSearchTests {
  /// An LSTM and two dense layers, with weights as training starts from.
  static let network: Network = {
    var random = SplitMix64(state: 9)
    func weights(_ count: Int, _ columns: Int) -> [Float] {
      let bound = 1 / Float(columns).squareRoot()
      return (0..<count).map { _ in (Float(random.next() >> 40) * 0x1p-23 - 1) * bound }
    }
    return Network(
      layers: [
        .init(
          name: "lstm",
          operation: .recurrent(
            Network.Recurrent(
              cell: .lstm, inputSize: 32, hiddenSize: 32, inputWeights: weights(4 * 32 * 32, 32),
              hiddenWeights: weights(4 * 32 * 32, 32)))),
        .init(
          name: "middle",
          operation: .dense(
            Network.Dense(
              inputSize: 32, outputSize: 32, weights: weights(32 * 32, 32), bias: nil,
              activation: .relu))),
        .init(
          name: "out",
          operation: .dense(
            Network.Dense(
              inputSize: 32, outputSize: 4, weights: weights(32 * 4, 32), bias: nil))),
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
  }()

  private static func found(
    _ bound: Double, _ network: Network = network
  ) throws -> (contents: BlobContents, mix: TypeMix) {
    let noise = try AccuracyReport.noise(for: network, steps: 200)
    var search = TypeSearch(
      network, try network.blobContents(), calibration: nil, slower: true, over: noise, bound: bound
    ) { _ in }
    let (contents, mix) = try search.run()
    return (contents, mix)
  }

  private static func error(of contents: BlobContents) throws -> Double {
    let noise = try AccuracyReport.noise(for: network, steps: 200)
    return try AccuracyReport(of: network, contents, over: (noise, "noise")).maximalError
  }

  private static func error(of type: StorageType) throws -> Double {
    try error(of: network.blobContents(type: type))
  }

  @Test("a wide bound lets every layer have its smallest type")
  func wide() throws {
    let (contents, mix) = try Self.found(10)
    #expect(mix.types == [.int4, .int4, .int4])
    #expect(contents.layers.map(\.record.storage) == mix.types)
    #expect(mix.reason == nil && mix.byteCount < mix.int8ByteCount)
  }

  @Test("between the errors of int4 and int8 a mix is smaller than int8, and under the bound")
  func mixed() throws {
    let (int4, int8) = (try Self.error(of: .int4), try Self.error(of: .int8))
    let bound = 0.8 * int4
    let (contents, mix) = try Self.found(bound)
    print("int4 \(int4), int8 \(int8), bound \(bound): \(mix)")
    #expect(try Self.error(of: contents) <= bound)
    #expect(mix.byteCount < mix.int8ByteCount && mix.reason == nil)
    #expect(Set(mix.types).count > 1)
    #expect(mix.byteCount == contents.layers.reduce(0) { $0 + $1.byteCount })
    let again = try Self.found(bound)
    #expect(again.mix == mix)
    #expect(try again.contents.bytes() == contents.bytes())
  }

  @Test("below the error of int8 the result says why it is larger")
  func narrow() throws {
    let bound = try (Self.error(of: .int8) * Self.error(of: .f16)).squareRoot()
    let (contents, mix) = try Self.found(bound)
    #expect(try Self.error(of: contents) <= bound)
    #expect(mix.int8Error > bound)
    #expect(mix.byteCount > mix.int8ByteCount)
    #expect(mix.reason?.contains("above the bound") == true)
  }

  @Test("int8 throughout is what --type int8 gives, also where f16 is smaller")
  func int8OfSmallLayers() throws {
    func row(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 37) % 19 - 9) / 30 } }
    let network = Network(
      layers: [
        .init(
          name: "lstm",
          operation: .recurrent(
            .init(
              cell: .lstm, inputSize: 8, hiddenSize: 8, inputWeights: row(256),
              hiddenWeights: row(256))))
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
    let candidates = try network.blobContents().layers[0].candidates(slower: true)
    #expect(!candidates.contains { $0.record.storage == .int8 }, "what the test is about")
    let int8 = try network.blobContents(type: .int8)
    let noise = try AccuracyReport.noise(for: network, steps: 200)
    let error = try AccuracyReport(of: network, int8, over: (noise, "noise")).maximalError
    for bound in [10, error, error / 100] {
      let (contents, mix) = try Self.found(bound, network)
      #expect(mix.int8ByteCount == int8.layerBytes && mix.int8Error == error)
      #expect(mix.byteCount == contents.layerBytes)
      #expect(bound < error || mix.byteCount <= int8.layerBytes)
    }
  }

  @Test("no type whose step takes longer than that of f32")
  func noSlower() throws {
    let large = AccuracyReportTests.network(hidden: 64)
    for (network, types) in [(large, [StorageType.int4]), (Self.network, [.int8, .f32, .f32])] {
      var search = TypeSearch(
        network, try network.blobContents(), calibration: nil,
        over: try AccuracyReport.noise(for: network, steps: 50), bound: 10
      ) { _ in }
      let (_, mix) = try search.run()
      #expect(mix.types == types && mix.byteCount <= mix.int8ByteCount)
      #expect(mix.slower == network.layers.dropFirst().map(\.name))
    }
  }

  @Test("a bound that nothing keeps leaves f32, for the caller to refuse")
  func impossible() throws {
    let (contents, mix) = try Self.found(1e-30)
    #expect(mix.types == [.f32, .f32, .f32])
    #expect(try Self.error(of: contents) > 1e-30)
    #expect(mix.reason != nil)
  }

  @Test("near the best of all mixes there are")
  func nearlyBest() throws {
    let noise = try AccuracyReport.noise(for: Self.network, steps: 200)
    let yardstick = Yardstick(Self.network, over: [noise])
    let candidates = try Self.network.blobContents().layers.map {
      $0.candidates(slower: true)
    }
    var all: [(bytes: Int, error: Double)] = []
    for a in candidates[0] {
      for b in candidates[1] {
        for c in candidates[2] {
          var contents = try Self.network.blobContents()
          contents.layers = [a, b, c]
          all.append(
            (a.byteCount + b.byteCount + c.byteCount, try yardstick.error(of: contents)))
        }
      }
    }
    for bound in [0.1, 0.008, 0.006, 0.004, 0.002, 0.0004, 0.0002, 0.00003] {
      let best = try #require(all.filter { $0.error <= bound }.map(\.bytes).min())
      let mix = try Self.found(bound).mix
      print("bound \(bound): \(mix.types), \(mix.byteCount) bytes, the best has \(best)")
      #expect(Double(mix.byteCount) <= 1.1 * Double(best), "bound \(bound)")
    }
  }

  @Test("without a layer that has types there is nothing to choose")
  func nothingToChoose() throws {
    let network = Network(
      layers: [.init(name: "tanh", operation: .activation(.tanh, size: 3))],
      provenance: Provenance(source: "test", format: "none", hash: 0))
    #expect(try Self.found(1, network).mix.reason?.contains("no layer has") == true)
  }
}
