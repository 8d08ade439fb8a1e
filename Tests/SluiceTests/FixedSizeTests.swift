import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Cells whose sizes stand in their types give the bits of streams.
@Suite struct FixedSizeTests {
  private static let steps = 200

  @Test("an LSTM gives a stream's bits", arguments: InstructionSet.runnable)
  func lstm(_ set: InstructionSet) throws {
    try checkLSTM(Sizes<1, 1>(), set)
    try checkLSTM(Sizes<1, 8>(), set)
    try checkLSTM(Sizes<1, 16>(), set)
    try checkLSTM(Sizes<3, 17>(), set)
    try checkLSTM(Sizes<1, 20>(), set)
    try checkLSTM(Sizes<8, 32>(), set)
    try checkLSTM(Sizes<5, 33>(), set)
    try checkLSTM(Sizes<1, 40>(), set)
    try checkLSTM(Sizes<33, 100>(), set)
  }

  @Test(
    "a GRU gives a stream's bits", arguments: InstructionSet.runnable,
    [Cell.gruResetAfter, .gruResetBefore])
  func gru(_ set: InstructionSet, _ cell: Cell) throws {
    try checkGRU(Sizes<1, 1>(), cell, set)
    try checkGRU(Sizes<1, 8>(), cell, set)
    try checkGRU(Sizes<3, 17>(), cell, set)
    try checkGRU(Sizes<8, 32>(), cell, set)
    try checkGRU(Sizes<5, 33>(), cell, set)
    try checkGRU(Sizes<33, 100>(), cell, set)
  }

  @Test("a value that is moved goes on where it was", arguments: InstructionSet.runnable)
  func moved(_ set: InstructionSet) throws {
    let opened = try opened(.lstm, 3, 17, set)
    var random = SeededRandom(seed: 4)
    let input = random.floats(3 * Self.steps)
    let expected = try opened.stepped(input)
    let stride = MemoryLayout<LSTM<3, 17>>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: stride + 64, alignment: 64)
    defer { unsafe memory.deallocate() }
    var cell = try LSTM<3, 17>(opened.model.blob, instructionSet: set)
    var outputs: [Float] = []
    for t in 0..<Self.steps {
      // Every place that a value may have within a line.
      let place = unsafe (memory + t % 4 * 16).assumingMemoryBound(to: LSTM<3, 17>.self)
      unsafe place.initialize(to: cell)
      append(unsafe place.pointee.step(InlineArray { input[3 * t + $0] }), to: &outputs)
      cell = unsafe place.move()
    }
    #expect(firstDifference(outputs, expected) == nil)
  }

  @Test("a second layer, and a type that is not the layer's")
  func layers() throws {
    let network = TestNetwork.recurrent(.lstm, inputSize: 3, hiddenSize: 9, layers: 2, seed: 8)
    let opened = try OpenedNetwork(network, .best)
    let blob = opened.model.blob
    _ = try LSTM<3, 9>(blob)
    _ = try LSTM<9, 9>(blob, layer: 1)
    let (first, second) = (ModelError.layerDiffers(index: 0), ModelError.layerDiffers(index: 1))
    #expect(throws: first) { _ = try LSTM<9, 9>(blob) }
    #expect(throws: second) { _ = try LSTM<9, 8>(blob, layer: 1) }
    #expect(throws: first) { _ = try GRU<3, 9>(blob) }
    #expect(throws: ModelError.layerDiffers(index: 2)) { _ = try LSTM<9, 9>(blob, layer: 2) }
    #expect(throws: ModelError.layerDiffers(index: -1)) { _ = try LSTM<9, 9>(blob, layer: -1) }
  }

  @Test("compact layers are of another type than a fixed size takes", arguments: CompactTests.types)
  func compact(_ type: StorageType) throws {
    let lstm = TestNetwork.recurrent(.lstm, inputSize: 3, hiddenSize: 9, seed: 8)
    let gru = TestNetwork.recurrent(.gruResetAfter, inputSize: 3, hiddenSize: 9, seed: 8)
    let differs = ModelError.layerDiffers(index: 0)
    let first = try OpenedNetwork(lstm.stored(as: type), .best)
    #expect(throws: differs) { _ = try LSTM<3, 9>(first.model.blob) }
    let second = try OpenedNetwork(gru.stored(as: type), .best)
    #expect(throws: differs) { _ = try GRU<3, 9>(second.model.blob) }
  }

  private struct Sizes<let inputs: Int, let units: Int> {}

  private func opened(
    _ cell: Cell, _ inputs: Int, _ units: Int, _ set: InstructionSet
  ) throws -> OpenedNetwork {
    let network = TestNetwork.recurrent(
      cell, inputSize: inputs, hiddenSize: units, withState: true, seed: UInt64(70 + units))
    return try OpenedNetwork(units == 17 || units == 32 ? network.fast : network, set)
  }

  private func checkLSTM<let inputs: Int, let units: Int>(
    _: Sizes<inputs, units>, _ set: InstructionSet
  ) throws {
    let opened = try opened(.lstm, inputs, units, set)
    var random = SeededRandom(seed: 3)
    let input = random.floats(Self.steps * inputs)
    let expected = try opened.stepped(input)
    var cell = try LSTM<inputs, units>(opened.model.blob, instructionSet: set)
    for _ in 0..<2 {
      var outputs: [Float] = []
      for t in 0..<Self.steps {
        let x = InlineArray<inputs, Float> { input[t * inputs + $0] }
        append(cell.step(x), to: &outputs)
      }
      let difference = firstDifference(outputs, expected)
      #expect(difference == nil, "LSTM \(inputs)x\(units): output \(difference ?? 0)")
      var hidden: [Float] = []
      append(cell.hidden, to: &hidden)
      #expect(hidden == Array(expected.suffix(units)))
      var stream = try opened.stream()
      _ = stream.stepped(input, opened.network)
      var (state, expectedState): ([Float], [Float]) = ([], [])
      append(cell.cell, to: &state)
      stream.copyCell(ofLayer: 0, into: &expectedState)
      #expect(state == expectedState)
      cell.reset()
    }
  }

  private func checkGRU<let inputs: Int, let units: Int>(
    _: Sizes<inputs, units>, _ kind: Cell, _ set: InstructionSet
  ) throws {
    let opened = try opened(kind, inputs, units, set)
    var random = SeededRandom(seed: 4)
    let input = random.floats(Self.steps * inputs)
    let expected = try opened.stepped(input)
    var cell = try GRU<inputs, units>(opened.model.blob, instructionSet: set)
    for _ in 0..<2 {
      var outputs: [Float] = []
      for t in 0..<Self.steps {
        let x = InlineArray<inputs, Float> { input[t * inputs + $0] }
        append(cell.step(x), to: &outputs)
      }
      let difference = firstDifference(outputs, expected)
      #expect(difference == nil, "\(kind) \(inputs)x\(units): output \(difference ?? 0)")
      var hidden: [Float] = []
      append(cell.hidden, to: &hidden)
      #expect(hidden == Array(expected.suffix(units)))
      cell.reset()
    }
  }

  private func append<let count: Int>(_ row: InlineArray<count, Float>, to array: inout [Float]) {
    for index in 0..<count { array.append(row[index]) }
  }
}
