import Sluice
import SluiceBlob
import TestSupport
import Testing

/// States that move: to another model of the same topology, into a batch and out of it.
@Suite struct CarryingTests {
  private static let network = TestNetwork.mixed(seed: 91, readingTokens: false)
  /// The same layers with other weights.
  private static let retrained = TestNetwork.mixed(seed: 93, readingTokens: false)

  private func input(_ steps: Int, seed: UInt64 = 92) -> [Float] {
    var random = SeededRandom(seed: seed)
    return random.floats(steps * Self.network.inputSize)
  }

  @Test(
    "a carried stream goes on as if h and C had been set by hand",
    arguments: InstructionSet.runnable)
  func carrying(_ set: InstructionSet) throws {
    let from = try OpenedNetwork(Self.network, set)
    let to = try OpenedNetwork(Self.retrained, set)
    #expect(from.model.topologyHash == to.model.topologyHash && from.model.hash != to.model.hash)
    for steps in [0, 1, 6] {
      var source = try from.stream()
      _ = source.stepped(input(steps), Self.network)
      var carried = try to.stream()
      _ = carried.stepped(input(3, seed: 7), Self.retrained)
      carried.carryState(of: source)
      var byHand = try to.stream()
      var (h, c) = ([Float](), [Float]())
      for layer in Self.network.contents().layers.indices {
        if source.copyHidden(ofLayer: layer, into: &h) {
          let isSet = byHand.setHidden(ofLayer: layer, to: h.span)
          #expect(isSet)
        }
        if source.copyCell(ofLayer: layer, into: &c) {
          let isSet = byHand.setCell(ofLayer: layer, to: c.span)
          #expect(isSet)
        }
      }
      let rest = input(5, seed: 8)
      let expected = byHand.stepped(rest, Self.retrained)
      #expect(firstDifference(carried.stepped(rest, Self.retrained), expected) == nil)
      // The source has not moved.
      var again = try from.stream()
      _ = again.stepped(input(steps), Self.network)
      let (unmoved, kept) = (again.saved, source.saved)
      #expect(unmoved == kept)
    }
  }

  @Test("a convolution's past is carried too")
  func past() throws {
    let sample = SampleBlobs.contents(.convolution)
    let retrained = SampleBlobs.contents(.convolution, seed: 2)
    let files = (AlignedBytes(try sample.bytes()), AlignedBytes(try retrained.bytes()))
    let from = unsafe try Model(bytes: files.0.raw)
    let to = unsafe try Model(bytes: files.1.raw)
    var source = try ModelStream(from)
    var target = try ModelStream(to, blockSize: 2)
    var random = SeededRandom(seed: 4)
    var y = [Float](repeating: 0, count: from.outputSize)
    for _ in 0..<9 { source.step(random.floats(from.inputSize), into: &y) }
    target.carryState(of: source)
    // The floats behind the heads, which differ in the models' hashes.
    let (past, carried) = (Array(source.saved[64...]), Array(target.saved[64...]))
    #expect(past == carried && past.contains { $0 != 0 })
    var z = y
    let next = random.floats(from.inputSize)
    target.step(next, into: &z)
    var cold = try ModelStream(to)
    cold.step(next, into: &y)
    #expect(z != y)
  }

  @Test("another topology is told apart")
  func otherTopology() throws {
    let source = try OpenedNetwork(Self.network, .best).stream()
    for other in [
      TestNetwork.recurrent(.lstm, inputSize: 5, hiddenSize: 8, withState: false, seed: 1),
      TestNetwork.recurrent(.gruResetAfter, inputSize: 5, hiddenSize: 8, withState: false, seed: 1),
    ] {
      let stream = try OpenedNetwork(other, .best).stream()
      let isSame = stream.hasTopology(of: source)
      #expect(!isSame)
    }
  }

  @Test(
    "streams move into a batch and out of it with the same bits", arguments: InstructionSet.runnable
  )
  func batches(_ set: InstructionSet) throws {
    let opened = try OpenedNetwork(Self.network, set)
    let (count, size) = (3, Self.network.outputSize)
    var batch = try StreamBatch(opened.model, count: count)
    var alone = try opened.stream()
    var expected = alone.stepped(input(7), Self.network)
    var moved = try opened.stream()
    _ = moved.stepped(input(7), Self.network)
    batch.setStream(1, to: moved)
    var outputs = [Float](repeating: 0, count: count * size)
    for step in 0..<4 {
      let row = input(1, seed: UInt64(20 + step))
      var y = outputs.mutableSpan
      batch.step((row + row + row).span, into: &y)
      expected = alone.stepped(row, Self.network)
      #expect(firstDifference(Array(outputs[size..<2 * size]), expected) == nil)
    }
    var out = try opened.stream()
    batch.copyStream(1, to: &out)
    let rest = input(3, seed: 30)
    #expect(
      firstDifference(out.stepped(rest, Self.network), alone.stepped(rest, Self.network)) == nil)
  }

  @Test("a batch's saved states are those of streams, and are restored by batch and stream alike")
  func savedBatch() throws {
    let opened = try OpenedNetwork(Self.network, .best)
    let (count, size) = (3, Self.network.outputSize)
    var batch = try StreamBatch(opened.model, count: count)
    var outputs = [Float](repeating: 0, count: count * size)
    for step in 0..<5 {
      let rows = input(count, seed: UInt64(step))
      var y = outputs.mutableSpan
      batch.step(rows.span, into: &y)
    }
    let declared = batch.stateByteCount
    let byteCount = try #require(declared)
    #expect(byteCount == count * opened.model.stateByteCount)
    var states = [UInt8](repeating: 0xEE, count: byteCount)
    do {
      var span = states.mutableSpan
      var bytes = unsafe span.mutableBytes
      batch.save(into: &bytes)
    }
    var stream = try opened.stream()
    let one = opened.model.stateByteCount
    try unsafe stream.restore(Array(states[2 * one..<3 * one]).span.bytes)
    var again = try StreamBatch(opened.model, count: count)
    try unsafe again.restore(states.span.bytes)
    let rows = input(count, seed: 50)
    var (y1, y2) = (outputs, outputs)
    do {
      var a = y1.mutableSpan
      var b = y2.mutableSpan
      batch.step(rows.span, into: &a)
      again.step(rows.span, into: &b)
    }
    #expect(firstDifference(y1, y2) == nil)
    let last = stream.stepped(
      Array(rows[2 * Self.network.inputSize..<3 * Self.network.inputSize]), Self.network)
    #expect(firstDifference(last, Array(y1[2 * size..<3 * size])) == nil)
    // One bad state refuses all, with its place among them.
    var bad = states
    bad[one + 63] = 1
    let forged =
      Array(bad[..<one]) + Array(bad[one..<2 * one]).withChecksum + Array(bad[(2 * one)...])
    #expect(throws: StateError.invalidField(offset: one + 63)) {
      try unsafe again.restore(forged.span.bytes)
    }
    let short = Array(states.dropLast())
    #expect(throws: StateError.wrongSize) { try unsafe again.restore(short.span.bytes) }
    var y3 = outputs
    do {
      var a = y2.mutableSpan
      var b = y3.mutableSpan
      batch.step(rows.span, into: &a)
      again.step(rows.span, into: &b)
    }
    #expect(firstDifference(y2, y3) == nil)
  }
}
