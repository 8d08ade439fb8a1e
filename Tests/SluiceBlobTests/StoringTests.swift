import SluiceBlob
import TestSupport
import Testing

@Suite("Weights rounded to compact types") struct StoringTests {
  static let types: [StorageType] = [.f16, .bf16, .int8, .int4]

  @Test("the sizes that are promised: a blob's share of its f32 safetensors")
  func sizes() throws {
    var random = SeededRandom(seed: 1)
    let record = LayerRecord.lstm(inputSize: 256, hiddenSize: 256)
    let contents = SampleBlobs.contents(of: [record], &random)
    // weight_ih, weight_hh, bias_ih and bias_hh, without the header.
    let source = 4 * (1024 * 512 + 2 * 1024)
    let limits: [(StorageType, Double)] = [
      (.f16, 0.52), (.bf16, 0.52), (.int8, 0.27), (.int4, 0.16),
    ]
    for (type, limit) in limits {
      let share = Double(try contents.stored(as: type).bytes().count) / Double(source)
      print("LSTM 256x256 \(type): \(share) of its f32 safetensors, at most \(limit)")
      #expect(share <= limit)
    }
  }

  @Test("weights come back within half a step", arguments: types)
  func roundTrip(_ type: StorageType) throws {
    var random = SeededRandom(seed: 2)
    for (inputs, outputs) in [(1, 1), (3, 7), (17, 8), (31, 9), (33, 24), (64, 17), (40, 33)] {
      for record in [
        LayerRecord.lstm(inputSize: inputs, hiddenSize: outputs),
        .gru(inputSize: inputs, hiddenSize: outputs, variant: .resetAfter),
        .gru(inputSize: inputs, hiddenSize: outputs, variant: .resetBefore),
        .rnn(inputSize: inputs, hiddenSize: outputs),
        .dense(inputSize: inputs, outputSize: outputs),
        .embedding(tokenCount: inputs, outputSize: outputs),
      ] {
        let layer = SampleBlobs.layer(record, name: "layer", &random)
        let exact = Packing.unpack(Packing.PackedWeights(weights: layer.weights), of: record)
        let stored = layer.stored(as: type)
        let packed = Packing.PackedWeights(weights: stored.weights, scales: stored.scales)
        let rounded = Packing.unpack(packed, of: stored.record)
        // Half a step of the greatest magnitude, 1; the scale of int4 is itself rounded.
        let steps: [StorageType: Float] = [
          .f16: 0x1p-12, .bf16: 0x1p-9, .int8: 0.5 / 127, .int4: 0.5 / 7 * 1.01,
        ]
        let step = try #require(steps[type]) * 1.000_01
        #expect(zip(exact.input, rounded.input).allSatisfy { abs($0 - $1) <= step })
        #expect(zip(exact.hidden, rounded.hidden).allSatisfy { abs($0 - $1) <= step })
        // What was rounded once stays.
        if type != .int4 {
          let again = Packing.pack(rounded, as: stored.record)
          #expect(again.weights == packed.weights, "\(record.kind) \(inputs)x\(outputs)")
        }
      }
    }
  }

  /// Where the specification says that a word lies, computed for one alone, in words.
  private func word(
    lane: Int, word: Int, gate: Int, outputs: Int, words: Int, gates: Int
  ) -> Int {
    let padded = (outputs + 7) / 8 * 8
    let tile = lane / 16
    let width = tile * 16 + 16 <= padded ? 16 : 8
    return tile * 16 * gates * words + (word * gates + gate) * width + lane % 16
  }

  @Test("words lie where the specification says")
  func places() throws {
    let (inputs, outputs) = (37, 25)
    let record = LayerRecord.lstm(inputSize: inputs, hiddenSize: outputs)
    for (type, columns) in [(StorageType.bf16, 2), (.int8, 4), (.int4, 8)] {
      let fill = type == .int4 ? 32 : columns
      let (w, u) = ((inputs + fill - 1) / fill, (outputs + fill - 1) / fill)
      let (inputWords, hiddenWords) = (w * fill / columns, u * fill / columns)
      for (gate, lane, column, isHidden) in [
        (0, 0, 0, false), (3, 24, 36, false), (1, 15, 31, false), (2, 16, 7, false),
        (0, 3, 24, true), (3, 20, 0, true), (2, 8, 13, true),
      ] {
        var input = [Float](repeating: 0, count: 4 * outputs * inputs)
        var hidden = [Float](repeating: 0, count: 4 * outputs * outputs)
        let row = gate * outputs + lane
        if isHidden { hidden[row * outputs + column] = 1 } else { input[row * inputs + column] = 1 }
        var stored = record
        stored.storage = type
        let bytes = Packing.pack(
          Packing.Matrices(input: input, hidden: hidden), as: stored
        ).weights
        let at =
          4
          * word(
            lane: lane, word: column / columns + (isHidden ? inputWords : 0), gate: gate,
            outputs: outputs, words: inputWords + hiddenWords, gates: 4)
        let place = column % columns
        let expected: [(Int, UInt8)] =
          switch type {
          case .bf16: [(at + 2 * place, 0x80), (at + 2 * place + 1, 0x3F)]
          case .int8: [(at + place, 127)]
          default: [(at + place % 4, place < 4 ? 0x07 : 0x70)]
          }
        let found = bytes.enumerated().filter { $0.element != 0 }
        #expect(found.map(\.offset) == expected.map(\.0), "\(type) \(gate) \(lane) \(column)")
        #expect(found.map(\.element) == expected.map(\.1))
      }
    }
  }
}
