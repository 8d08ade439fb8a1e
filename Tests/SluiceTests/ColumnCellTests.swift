import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Cells over the columns of a step have the bits of the plain cell: along the columns those of a stream that
/// takes them as its steps, each column those of a stream of its own.
@Suite("Cells over columns") struct ColumnCellTests {
  /// A cell over columns, and the plain one that it is made of.
  private struct Pair {
    let columns: Int
    let recurrence: ColumnRecurrence
    let isReverse: Bool
    let plain: BlobContents
    let over: BlobContents

    var inputSize: Int { plain.layers[0].record.inputSize }
    var outputSize: Int { plain.layers[0].record.outputSize }

    init(_ plain: BlobContents, columns: Int, _ recurrence: ColumnRecurrence, isReverse: Bool) {
      self.columns = columns
      self.recurrence = recurrence
      self.isReverse = isReverse && recurrence == .along
      self.plain = plain
      var over = plain
      let record = plain.layers[0].record
      over.layers[0].record = record.over(columns, recurrence)
      if self.isReverse { over.layers[0].record.direction = .reverse }
      let initial = plain.layers[0].initialState
      if recurrence == .each, !initial.isEmpty {
        let sizes = [record.outputSize] + (record.kind == .lstm ? [record.hiddenSize] : [])
        over.layers[0].initialState = []
        var first = 0
        for size in sizes {
          let vector = Array(initial[first..<first + size])
          over.layers[0].initialState += Packing.padState(
            Array(repeating: vector, count: columns).flatMap { $0 }, hiddenSize: columns * size)
          first += (size + 15) / 16 * 16
        }
      }
      self.over = over
    }

    /// What the plain cell gives of `[T, R, I]`: `[T, R, O]`.
    func expected(_ input: [Float], _ set: InstructionSet) throws -> [Float] {
      let bytes = AlignedBytes(try plain.bytes())
      let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
      var stream = try ModelStream(model)
      var outputs = [Float](repeating: 0, count: input.count / inputSize * outputSize)
      var y = [Float](repeating: 0, count: outputSize)
      let steps = input.count / (columns * inputSize)
      /// Takes one column.
      func take(_ step: Int, _ column: Int, _ stream: inout ModelStream) {
        let row = step * columns + column
        stream.step(Array(input[row * inputSize..<(row + 1) * inputSize]), into: &y)
        outputs.replaceSubrange(row * outputSize..<(row + 1) * outputSize, with: y)
      }
      if recurrence == .along {
        for step in 0..<steps {
          stream.reset()
          for column in 0..<columns {
            take(step, isReverse ? columns - 1 - column : column, &stream)
          }
        }
      } else {
        for column in 0..<columns {
          stream.reset()
          for step in 0..<steps { take(step, column, &stream) }
        }
      }
      withExtendedLifetime(bytes) {}
      return outputs
    }
  }

  private func check(_ pair: Pair, steps: Int, seed: UInt64, _ name: String) throws {
    var random = SeededRandom(seed: seed)
    let size = pair.columns * pair.inputSize
    let input = random.floats(steps * size)
    let bytes = AlignedBytes(try pair.over.bytes())
    for set in InstructionSet.runnable {
      let expected = try pair.expected(input, set)
      let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
      let isStreamable = model.isStreamable
      #expect(isStreamable)
      var stream = try ModelStream(model, blockSize: 4)
      for _ in 0..<2 {
        stream.reset()
        let stepped = Self.stepped(&stream, input, size, model.outputSize)
        #expect(firstDifference(stepped, expected) == nil, "steps of \(name) with \(set)")
        stream.reset()
        var y = [Float](repeating: 0, count: expected.count)
        stream.process(input, into: &y)
        #expect(firstDifference(y, expected) == nil, "blocks of \(name) with \(set)")
      }
      // A state in the middle goes on elsewhere with the same bits.
      stream.reset()
      let half = steps / 2 * size
      _ = Self.stepped(&stream, Array(input[..<half]), size, model.outputSize)
      var second = try ModelStream(model)
      let state = stream.saved
      try unsafe second.restore(state.span.bytes)
      let rest = Self.stepped(&second, Array(input[half...]), size, model.outputSize)
      #expect(firstDifference(rest, Array(expected.suffix(rest.count))) == nil, "\(name)")
      let isFinite = stream.isFinite
      #expect(isFinite)
      try checkBatch(model, pair, set, seed: seed, name)
    }
    withExtendedLifetime(bytes) {}
  }

  private static func stepped(
    _ stream: inout ModelStream, _ input: [Float], _ size: Int, _ outputSize: Int
  ) -> [Float] {
    var outputs: [Float] = []
    var y = [Float](repeating: 0, count: outputSize)
    for start in stride(from: 0, to: input.count, by: size) {
      stream.step(Array(input[start..<start + size]), into: &y)
      outputs += y
    }
    return outputs
  }

  /// Three streams, of which one pauses at times.
  private func checkBatch(
    _ model: borrowing Model, _ pair: Pair, _ set: InstructionSet, seed: UInt64, _ name: String
  ) throws {
    let (count, steps, size) = (3, 5, pair.columns * pair.inputSize)
    var batch = try StreamBatch(model, count: count)
    var random = SeededRandom(seed: seed &+ 1)
    let inputs = (0..<count).map { _ in random.floats(steps * size) }
    var found = [[Float]](repeating: [], count: count)
    var taken = [[Float]](repeating: [], count: count)
    var y = [Float](repeating: 0, count: count * model.outputSize)
    for step in 0..<steps {
      let rows = inputs.map { Array($0[step * size..<(step + 1) * size]) }
      let active = (0..<count).map { step % 2 == 0 || $0 != 1 }
      let x = rows.flatMap { $0 }
      Self.step(&batch, x, into: &y, active)
      for stream in 0..<count where active[stream] {
        found[stream] += y[stream * model.outputSize..<(stream + 1) * model.outputSize]
        taken[stream] += rows[stream]
      }
    }
    for stream in 0..<count {
      let expected = try pair.expected(taken[stream], set)
      #expect(
        firstDifference(found[stream], expected) == nil, "stream \(stream) of \(name) with \(set)")
    }
  }

  private static func step(
    _ batch: inout StreamBatch, _ x: [Float], into y: inout [Float], _ active: [Bool]
  ) {
    var span = y.mutableSpan
    batch.step(x.span, into: &span, active: active.span)
  }

  @Test("plain cells of every type of weights", arguments: Cell.allCases)
  func plain(_ cell: Cell) throws {
    let types: [StorageType] = [.f32, .int8, .f16, .bf16, .int4]
    for (index, (columns, inputs, units)) in [
      (1, 3, 5), (2, 1, 1), (3, 5, 8), (5, 9, 16), (7, 4, 12), (33, 8, 4), (33, 16, 8), (40, 2, 17),
      (4, 33, 24), (6, 7, 35), (13, 12, 64),
    ].enumerated() {
      for (turn, type) in types.enumerated() {
        let isAlong = columns == 1 || (index + turn) % 2 == 0
        let network = TestNetwork.recurrent(
          cell, inputSize: inputs, hiddenSize: units, withState: index % 2 == 1,
          seed: UInt64(100 * index + turn)
        ).stored(as: type, inputStep: turn == 1 && index % 3 == 0 ? 1 / 127 : 0, rounding: .finer)
        let pair = Pair(
          network.contents(), columns: columns, isAlong ? .along : .each,
          isReverse: (index + turn) % 4 == 0)
        try check(
          pair, steps: 9, seed: UInt64(index),
          "\(columns) columns of \(inputs)x\(units), \(type), \(pair.recurrence)")
      }
    }
  }

  @Test("cells of the fast grade", arguments: [Cell.lstm, .gruResetAfter, .rnnTanh])
  func fast(_ cell: Cell) throws {
    for recurrence in [ColumnRecurrence.along, .each] {
      let network = TestNetwork.recurrent(cell, inputSize: 5, hiddenSize: 11, seed: 4).fast
      let pair = Pair(network.contents(), columns: 6, recurrence, isReverse: true)
      try check(pair, steps: 7, seed: 3, "fast, \(recurrence)")
    }
  }

  @Test("cells beyond the plain form", arguments: [ColumnRecurrence.along, .each])
  func general(_ recurrence: ColumnRecurrence) throws {
    var random = SeededRandom(seed: 12)
    for (index, (columns, inputs, units, outputs)) in [
      (3, 4, 7, 5), (9, 5, 16, 3), (2, 3, 9, 20), (17, 6, 8, 8),
    ].enumerated() {
      var lstm = LayerRecord.lstm(inputSize: inputs, hiddenSize: units)
      lstm.cellFlags = CellFlags(rawValue: [7, 4, 5, 4][index])
      lstm.outputSize = outputs
      lstm.candidateActivation = ActivationFunction(.softplus)
      lstm.cellClip = 0.75
      lstm.projectionClip = 0.5
      var before = LayerRecord.gru(inputSize: inputs, hiddenSize: units, variant: .resetBefore)
      before.candidateActivation = ActivationFunction(.softsign)
      var after = LayerRecord.gru(inputSize: inputs, hiddenSize: units, variant: .resetAfter)
      after.clip = 0.5
      let elman = LayerRecord.rnn(
        inputSize: inputs, hiddenSize: units, activation: ActivationFunction(.softplus))
      for record in [lstm, before, after, elman] {
        let contents = SampleBlobs.contents(of: [record], withStates: true, &random)
        let pair = Pair(contents, columns: columns, recurrence, isReverse: index % 2 == 0)
        try check(pair, steps: 6, seed: 8, "\(record.kind) of \(columns), \(recurrence)")
      }
    }
  }

  @Test("long streams forget nothing and gain nothing")
  func long() throws {
    let network = TestNetwork.recurrent(.gruResetAfter, inputSize: 3, hiddenSize: 6, seed: 5)
    let pair = Pair(network.contents(), columns: 4, .each, isReverse: false)
    try check(pair, steps: 3000, seed: 2, "a long stream")
  }

  @Test("states are seen and set for every column")
  func states() throws {
    let network = TestNetwork.recurrent(.lstm, inputSize: 2, hiddenSize: 3, seed: 6)
    for (recurrence, count) in [(.each, 12), (.along, 0)] as [(ColumnRecurrence, Int)] {
      let pair = Pair(network.contents(), columns: 4, recurrence, isReverse: false)
      let bytes = AlignedBytes(try pair.over.bytes())
      let model = unsafe try Model(bytes: bytes.raw)
      var stream = try ModelStream(model)
      var y = [Float](repeating: 0, count: 12)
      stream.step(Array(repeating: 0.5, count: 8), into: &y)
      var (h, c) = ([Float](), [Float]())
      let isSeen = stream.copyHidden(ofLayer: 0, into: &h)
      let isCellSeen = stream.copyCell(ofLayer: 0, into: &c)
      #expect(isSeen == (count > 0) && isCellSeen == (count > 0))
      #expect(h.count == count && c.count == count)
      if count > 0 { #expect(h == y) }
      let isSet = stream.setHidden(ofLayer: 0, to: y.span)
      #expect(isSet == (count > 0))
      withExtendedLifetime(bytes) {}
    }
  }
}
