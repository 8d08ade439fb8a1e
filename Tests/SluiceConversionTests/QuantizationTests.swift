import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Types of weights, and the scales of what they meet") struct QuantizationTests {
  /// Layers that have every type, and layers that are f32 alone.
  static func network(clip: Float? = nil) -> Network {
    var random = SplitMix64(state: 5)
    func weights(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
    }
    func cell(_ cell: Network.Cell, _ inputs: Int, _ units: Int) -> Network.Recurrent {
      Network.Recurrent(
        cell: cell, inputSize: inputs, hiddenSize: units,
        inputWeights: weights(cell.gateCount * units * inputs),
        hiddenWeights: weights(cell.gateCount * units * units).map { $0 / Float(units) })
    }
    var clipped = cell(.lstm, 8, 8)
    clipped.form.clip = clip
    return Network(
      layers: [
        .init(
          name: "scale",
          operation: .scale(
            Network.Scale(length: 1, scale: weights(8), shift: weights(8)))),
        .init(name: "lstm", operation: .recurrent(clipped)),
        .init(name: "relu", operation: .recurrent(cell(.rnn(.relu), 8, 16))),
        .init(
          name: "dense",
          operation: .dense(
            Network.Dense(
              inputSize: 16, outputSize: 4, weights: weights(64), bias: nil, activation: .tanh))),
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
  }

  @Test("Every layer that has the type gets it", arguments: [StorageType.f16, .bf16, .int8, .int4])
  func storing(_ type: StorageType) throws {
    let contents = try Self.network().blobContents(type: type)
    #expect(contents.layers.map(\.record.storage) == [.f32, type, type, type])
    _ = try contents.bytes()
    let clipped = try Self.network(clip: 3).blobContents(type: type)
    #expect(clipped.layers.map(\.record.storage) == [.f32, .f32, type, type])
    #expect(clipped.layers[1].record.reasonForF32?.contains("plain") == true)
    #expect(clipped.layers[0].record.reasonForF32 != nil)
    #expect(clipped.layers[2].record.reasonForF32 == nil)
    _ = try clipped.bytes()
  }

  @Test("Weights beyond a type's range are refused by the layer's name")
  func range() throws {
    func network(_ weight: Float) -> Network {
      Network(
        layers: [
          .init(
            name: "out",
            operation: .dense(
              Network.Dense(inputSize: 1, outputSize: 1, weights: [weight], bias: nil)))
        ], provenance: Provenance(source: "test", format: "none", hash: 0))
    }
    for (type, least, most) in [
      (StorageType.f16, Float(65520), Float(65519.99)), (.bf16, 0x1.FFp127, 0x1.FEFFFEp127),
      (.int4, 7 * 65520, 7 * 65504),
    ] {
      #expect(
        refuses(.unsupported, "layer out", "range of \(type)") {
          _ = try network(-least).blobContents(type: type)
        })
      _ = try network(most).blobContents(type: type).bytes()
    }
    _ = try network(.greatestFiniteMagnitude).blobContents(type: .int8).bytes()
  }

  @Test("Ranges are those of what each layer reads, in every sequence")
  func calibration() throws {
    // The first layer writes (2x + 1, -3x); the second reads that, and keeps a sum of it.
    let network = Network(
      layers: [
        .init(
          name: "first",
          operation: .dense(
            Network.Dense(inputSize: 1, outputSize: 2, weights: [2, -3], bias: [1, 0]))),
        .init(
          name: "sum",
          operation: .recurrent(
            Network.Recurrent(
              cell: .rnn(.relu), inputSize: 2, hiddenSize: 1, inputWeights: [1, 0],
              hiddenWeights: [1]))),
      ], provenance: Provenance(source: "test", format: "none", hash: 0))
    let input = try SequenceArray(
      Tensor(shape: [2, 2, 1], [1, -4, 0.5, 3]), of: network, file: "x.npy")
    let calibration = Calibration(network, over: input)
    #expect(calibration.inputs == [4, 12])
    let contents = try network.blobContents(type: .int8).calibrated(by: calibration)
    #expect(contents.layers.map(\.record.inputScale) == [4 / 127, 12 / 127])
    // A state that may leave [-1, 1] has a scale a step, with which it decays down to silence.
    #expect(contents.layers.map(\.record.hiddenScale) == [0, 0])
    _ = try contents.bytes()
    // Floating-point weights read inputs as they are.
    let half = try network.blobContents(type: .f16).calibrated(by: calibration)
    #expect(half.layers.allSatisfy { $0.record.inputScale == 0 && $0.record.hiddenScale == 0 })
  }

  @Test("Where |h| <= 1 the hidden scale is 1/127, finer where quiet; else a scale a step")
  func hiddenScales() throws {
    let network = Self.network()
    let silence = try SequenceArray(
      Tensor(shape: [1, 8], Array(repeating: 0, count: 8)), of: network, file: "x.npy")
    var calibration = Calibration(network, over: silence)
    let dynamic = try network.blobContents(type: .int8)
    #expect(dynamic.layers.map(\.record.inputScale) == [0, 0, 0, 0])
    #expect(dynamic.layers.map(\.record.hiddenScale) == [0, 1 / 127, 0, 0])
    let still = dynamic.calibrated(by: calibration)
    #expect(still.layers[1].record.inputScale > 0, "the shift is no silence")
    #expect(still.layers[1].record.hiddenScale == Float(1) / 127)
    #expect(still.layers.map(\.record.hiddenRounding) == [.fixed, .finer, .fixed, .fixed])
    #expect(still.layers[2].record.hiddenScale == 0)
    calibration = Calibration(
      AccuracyReportTests.network(),
      over: try SequenceArray(
        Tensor(shape: [1, 3], [0, 0, 0]), of: AccuracyReportTests.network(), file: "x.npy"))
    let one = try AccuracyReportTests.network().blobContents(type: .int4)
      .calibrated(by: calibration)
    #expect(one.layers[0].record.inputScale == 0)
  }

  @Test("Candidates grow in bytes and accuracy; none that another makes pointless")
  func candidates() throws {
    let layers = try Self.network().blobContents().layers
    #expect(layers[0].candidates(slower: true).map(\.record.storage) == [.f32])
    for layer in layers {
      let bytes = layer.candidates(slower: true).map(\.byteCount)
      #expect(zip(bytes, bytes.dropFirst()).allSatisfy { $0 < $1 }, "\(layer.name): \(bytes)")
      #expect(layer.candidates(slower: true).last?.record.storage == .f32)
    }
    // 8 columns of int4 fill up to 32, as many bytes as int8 takes and more scales.
    #expect(!layers[1].candidates(slower: true).map(\.record.storage).contains(.int4))
    let wide = try AccuracyReportTests.network(hidden: 64).blobContents().layers[0]
    #expect(wide.candidates(slower: true).map(\.record.storage) == [.int4, .int8, .f16, .f32])
    #expect(wide.candidates(slower: false).map(\.record.storage) == [.int4, .int8, .f32])
  }
}
