import SluiceBlob
import TestSupport
import Testing

@Suite struct PackingTests {
  static let sizes = [1, 3, 7, 8, 9, 16, 17, 24, 31, 33]

  /// Where the specification says that a weight lies, computed for one alone.
  ///
  /// - Parameter gates: the gates of the weight's pass.
  static func index(
    lane: Int, column: Int, gate: Int, outputs: Int, columns: Int, gates: Int
  ) -> Int {
    let padded = (outputs + 7) / 8 * 8
    let tile = lane / 16
    let width = tile * 16 + 16 <= padded ? 16 : 8
    return tile * 16 * gates * columns + (column * gates + gate) * width + lane % 16
  }

  @Test("recurrent weights lie where the specification says", arguments: sizes, [1, 2, 9])
  func recurrent(_ hidden: Int, _ inputs: Int) {
    for (gates, variant) in [(4, nil), (3, .resetAfter), (3, .resetBefore), (1, nil)]
      as [(Int, GRUVariant?)]
    {
      let w = (0..<gates * hidden * inputs).map { Float($0 + 1) }
      let u = (0..<gates * hidden * hidden).map { -Float($0 + 1) }
      let bytes = Packing.packRecurrent(
        input: w, hidden: u, gates: gates, inputSize: inputs, hiddenSize: hidden, variant: variant)
      let packed = Packing.floats(of: bytes)
      let columns = inputs + hidden
      let padded = (hidden + 7) / 8 * 8
      #expect(packed.count == padded * gates * columns)

      var found = 0
      for gate in 0..<gates {
        for lane in 0..<hidden {
          for column in 0..<columns {
            let row = gate * hidden + lane
            let expected =
              column < inputs ? w[row * inputs + column] : u[row * hidden + column - inputs]
            var index = Self.index(
              lane: lane, column: column, gate: gate, outputs: hidden, columns: columns,
              gates: gates)
            if variant == .resetBefore {
              let inSecondPass = gate == 2
              index = Self.index(
                lane: lane, column: column, gate: inSecondPass ? 0 : gate, outputs: hidden,
                columns: columns, gates: inSecondPass ? 1 : 2)
              if inSecondPass { index += 2 * padded * columns }
            }
            if packed[index] == expected { found += 1 }
          }
        }
      }
      #expect(found == gates * hidden * columns)
      #expect(packed.count { $0 == 0 } == packed.count - found)

      let back = Packing.unpackRecurrent(
        bytes, gates: gates, inputSize: inputs, hiddenSize: hidden, variant: variant)
      #expect(back.input == w)
      #expect(back.hidden == u)
    }
  }

  @Test("dense weights lie where the specification says", arguments: sizes, sizes)
  func dense(_ outputs: Int, _ inputs: Int) {
    let weights = (0..<outputs * inputs).map { Float($0 + 1) }
    let bytes = Packing.packDense(weights, inputSize: inputs, outputSize: outputs)
    let packed = Packing.floats(of: bytes)
    #expect(packed.count == (outputs + 7) / 8 * 8 * inputs)
    for lane in 0..<outputs {
      for column in 0..<inputs {
        let index = Self.index(
          lane: lane, column: column, gate: 0, outputs: outputs, columns: inputs, gates: 1)
        if packed[index] != weights[lane * inputs + column] {
          Issue.record("lane \(lane), column \(column)")
        }
      }
    }
    #expect(packed.count { $0 == 0 } == packed.count - weights.count)
    let back = Packing.unpackDense(bytes, inputSize: inputs, outputSize: outputs)
    #expect(back == weights)
  }

  @Test("bias rows and states", arguments: sizes, 1...4)
  func vectors(_ size: Int, _ count: Int) {
    let rows = (0..<count * size).map { Float($0 + 1) }
    let packed = Packing.packRows(rows, rowCount: count, outputSize: size)
    #expect(packed.count == (size + 7) / 8 * 8 * count)
    for row in 0..<count {
      for lane in 0..<size {
        let index = Self.index(
          lane: lane, column: 0, gate: row, outputs: size, columns: 1, gates: count)
        #expect(packed[index] == rows[row * size + lane])
      }
    }
    #expect(Packing.unpackRows(packed, rowCount: count, outputSize: size) == rows)

    let padded = Packing.padState(rows, hiddenSize: size)
    let stride = (size + 15) / 16 * 16
    #expect(padded.count == count * stride)
    for row in 0..<count {
      let start = row * stride
      #expect(padded[start..<start + size] == rows[row * size..<(row + 1) * size])
      #expect(padded[start + size..<start + stride].allSatisfy { $0 == 0 })
    }
    #expect(Packing.unpadState(padded, hiddenSize: size) == rows)
  }

  @Test("packed layers of every size validate", arguments: sizes)
  func validates(_ size: Int) throws {
    var random = SeededRandom(seed: UInt64(size))
    let contents = SampleBlobs.contents(
      of: [
        .embedding(tokenCount: 5, outputSize: size), .lstm(inputSize: size, hiddenSize: size),
        .gru(inputSize: size, hiddenSize: size, variant: .resetAfter),
        .gru(inputSize: size, hiddenSize: size, variant: .resetBefore),
        .rnn(inputSize: size, hiddenSize: size), .dense(inputSize: size, outputSize: size),
        .activation(.relu, size: size),
      ], withStates: true, &random)
    #expect(throws: Never.self) { try contents.bytes() }
  }
}
