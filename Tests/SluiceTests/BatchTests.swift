import Sluice
import TestSupport
import Testing

/// A stream of a batch has the bits that it has alone.
@Suite struct BatchTests {
  static let hiddenSizes = [1, 7, 8, 17, 24, 33, 64, 100]
  static let counts = [1, 2, 3, 4, 7, 13]

  @Test("every stream has its own bits", arguments: Cell.allCases)
  func cells(_ cell: Cell) throws {
    for (index, hiddenSize) in Self.hiddenSizes.enumerated() {
      let network = TestNetwork.recurrent(
        cell, inputSize: [1, 5, 9, 16][index % 4], hiddenSize: hiddenSize,
        withState: index % 2 == 0, seed: UInt64(500 + index))
      for set in InstructionSet.runnable {
        try check(network, set, count: Self.counts[index % Self.counts.count], seed: 7)
      }
    }
  }

  @Test("stacked layers of every kind, any number of streams", arguments: counts)
  func mixed(_ count: Int) throws {
    for set in InstructionSet.runnable {
      try check(.mixed(seed: 3, readingTokens: false), set, count: count, seed: UInt64(count))
    }
  }

  /// Steps with random masks and resets against as many streams of their own.
  private func check(
    _ network: TestNetwork, _ set: InstructionSet, count: Int, seed: UInt64
  ) throws {
    let opened = try OpenedNetwork(network, set)
    var random = SeededRandom(seed: seed)
    var batch = try StreamBatch(opened.model, count: count)
    let alone = try Streams(opened, count: count)
    let size = network.outputSize
    var outputs = [Float](repeating: 0, count: count * size)
    var expected = outputs
    for step in 0..<30 {
      let input = random.floats(count * network.inputSize)
      let active = (0..<count).map { _ in step % 3 == 0 || random.next() % 4 != 0 }
      if step % 5 == 4 {
        let stream = Int(random.next() % UInt64(count))
        batch.reset(stream)
        alone.reset(stream)
      }
      for stream in 0..<count where active[stream] {
        let start = stream * network.inputSize
        let row = alone.step(stream, Array(input[start..<start + network.inputSize]))
        expected.replaceSubrange(stream * size..<(stream + 1) * size, with: row)
      }
      var y = outputs.mutableSpan
      batch.step(input.span, into: &y, active: step % 3 == 0 ? nil : active.span)
      let difference = firstDifference(outputs, expected)
      try #require(
        difference == nil,
        "\(network.name) \(set), \(count) streams, step \(step): output \(difference ?? 0)")
    }
  }

  @Test("tokens, and ids that do not exist", arguments: InstructionSet.runnable)
  func tokens(_ set: InstructionSet) throws {
    let network = TestNetwork.mixed(seed: 9, readingTokens: true)
    let opened = try OpenedNetwork(network, set)
    var batch = try StreamBatch(opened.model, count: 5)
    let alone = try Streams(opened, count: 5)
    let size = network.outputSize
    var outputs = [Float](repeating: 0, count: 5 * size)
    var random = SeededRandom(seed: 4)
    for _ in 0..<20 {
      let ids = (0..<5).map { _ in Int32(random.next() % UInt64(opened.model.inputSize)) }
      let active = (0..<5).map { _ in random.next() % 3 != 0 }
      let before = outputs
      var wrong = ids
      wrong[2] = Int32(opened.model.inputSize)
      var y = outputs.mutableSpan
      #expect(!batch.step(tokens: wrong.span, into: &y))
      wrong[2] = active[2] ? -1 : 0
      if active[2] { #expect(!batch.step(tokens: wrong.span, into: &y, active: active.span)) }
      #expect(firstDifference(outputs, before) == nil, "A refused step wrote")
      var expected = outputs
      for stream in 0..<5 where active[stream] {
        let row = alone.step(stream, token: Int(ids[stream]))
        expected.replaceSubrange(stream * size..<(stream + 1) * size, with: row)
      }
      var z = outputs.mutableSpan
      #expect(batch.step(tokens: ids.span, into: &z, active: active.span))
      #expect(firstDifference(outputs, expected) == nil)
    }
  }
}

/// As many streams of one model as a batch has: streams cannot be kept in an array.
private final class Streams {
  private final class Box {
    var stream: ModelStream
    init(_ opened: OpenedNetwork) throws { stream = try opened.stream() }
  }

  private let boxes: [Box]
  private let opened: OpenedNetwork
  private let outputSize: Int

  init(_ opened: OpenedNetwork, count: Int) throws {
    self.opened = opened
    boxes = try (0..<count).map { _ in try Box(opened) }
    outputSize = opened.network.outputSize
  }

  func reset(_ stream: Int) { boxes[stream].stream.reset() }

  func step(_ stream: Int, _ input: [Float]) -> [Float] {
    var y = [Float](repeating: 0, count: outputSize)
    boxes[stream].stream.step(input, into: &y)
    return y
  }

  func step(_ stream: Int, token: Int) -> [Float] {
    var y = [Float](repeating: 0, count: outputSize)
    boxes[stream].stream.step(token: token, into: &y)
    return y
  }
}
