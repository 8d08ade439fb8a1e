import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Zero blocks of weights: found, made, left out where that is faster") struct SparsityTests {
  private static func weights(_ count: Int, _ seed: UInt64) -> [Float] {
    var random = SplitMix64(state: seed)
    return (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
  }

  private static func lstm(_ inputs: Int, _ units: Int) -> Network.Layer {
    Network.Layer(
      name: "lstm",
      operation: .recurrent(
        Network.Recurrent(
          cell: .lstm, inputSize: inputs, hiddenSize: units,
          inputWeights: weights(4 * units * inputs, 1),
          hiddenWeights: weights(4 * units * units, 2))))
  }

  private static func network(_ layer: Network.Layer) -> Network {
    Network(layers: [layer], provenance: Provenance(source: "test", format: "none", hash: 0))
  }

  @Test("Left out up to six tenths, of layers that gain by it", arguments: [0.75, 0.45, 0.35])
  func leftOut(_ share: Double) throws {
    for (units, type, mayGain) in [
      (64, StorageType.int8, true), (64, .f32, true), (16, .int8, false), (32, .f32, false),
      (64, .bf16, false),
    ] {
      let layer = Self.lstm(64, units).pruned(
        share, as: type == .f32 ? .f32 : .int8, input: nil, hidden: nil)
      let contents = try Self.network(layer).blobContents(type: type)
      let record = contents.layers[0].record
      #expect(record.isSparse == (mayGain && share > 0.4), "\(units) \(type)")
      if let kept = record.keptBlocks {
        #expect(kept == record.blockCount - Int((share * Double(record.blockCount)).rounded()))
      }
      _ = try contents.bytes()
    }
    #expect(
      try !Self.network(Self.lstm(64, 64)).blobContents(type: .int8).layers[0].record.isSparse)
  }

  @Test("What varies least goes first, and its mean into the biases")
  func moments() throws {
    // Columns 0 to 31 never change, 32 to 63 do.
    let (inputs, outputs) = (64, 48)
    let dense = Network.Dense(
      inputSize: inputs, outputSize: outputs, weights: Self.weights(inputs * outputs, 3),
      bias: nil)
    let means = Self.weights(inputs, 4).map { Double($0) }
    let squares = means.enumerated().map { $1 * $1 + ($0 < 32 ? 0 : 0.5) }
    let layer = Network.Layer(name: "dense", operation: .dense(dense)).pruned(
      0.5, as: .int8, input: ColumnMoments(sums: means, squares: squares, count: 1), hidden: nil)
    guard case .dense(let pruned) = layer.operation else {
      Issue.record("no dense layer")
      return
    }
    let bias = try #require(pruned.bias)
    for row in 0..<outputs {
      var (before, after) = (0.0, Double(bias[row]))
      for column in 0..<inputs {
        let index = row * inputs + column
        #expect(pruned.weights[index] == (column < 32 ? 0 : dense.weights[index]))
        before += Double(dense.weights[index]) * means[column]
        after += Double(pruned.weights[index]) * means[column]
      }
      #expect(abs(before - after) < 1e-5)
    }
    // Without moments the biases stay, and the lightest blocks go.
    let light = Network.Layer(name: "dense", operation: .dense(dense)).pruned(
      0.5, as: .int8, input: nil, hidden: nil)
    guard case .dense(let pruned) = light.operation else {
      Issue.record("no dense layer")
      return
    }
    #expect(pruned.bias == nil)
    func power(_ weights: [Float]) -> Float { weights.reduce(0) { $0 + $1 * $1 } }
    #expect(power(pruned.weights) > 0.5 * power(dense.weights))
  }

  @Test("Options: shares, and a source that is pruned, as whole as it was in the report")
  func options() throws {
    for text in ["0", "1", "-0.5", "nan", "half"] {
      var options = ConversionOptions()
      #expect(throws: ConversionOptions.ArgumentError.self) {
        try options.set("--sparsity", to: text)
      }
    }
    let fixtures = CaseFolder.package.appendingPathComponent("Tests/Fixtures/Conversion").path
    let source = "\(fixtures)/safetensors_lstm_pruned/model.safetensors"
    var options = ConversionOptions(type: .one(.int8))
    options.source.architecture = "\(fixtures)/safetensors_lstm_pruned/model.json"
    let found = try Conversion(source: source, options: options)
    let layer = try #require(found.layersWithZeroBlocks.first)
    #expect(layer.name == "lstm.l0" && layer.record.isSparse)
    #expect(Double(layer.kept) / Double(layer.record.blockCount) < 0.26)
    try options.set("--sparsity", to: "0.9")
    let pruned = try Conversion(source: source, options: options)
    let kept = try #require(pruned.contents.layers[0].record.keptBlocks)
    #expect(
      kept == layer.record.blockCount - Int((0.9 * Double(layer.record.blockCount)).rounded()))
    let errors = try [pruned, found].map { try #require($0.report).greatestError }
    #expect(errors[0] > 10 * errors[1])
  }
}
