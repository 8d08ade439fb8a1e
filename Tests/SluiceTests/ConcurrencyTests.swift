import Foundation
import Sluice
import TestSupport
import Testing

/// Streams on many threads, and lifetimes in every order.
@Suite struct ConcurrencyTests {
  @Test("8 threads on one model, each with the bits it gives alone", arguments: Cell.allCases)
  func threads(_ cell: Cell) throws {
    let network = TestNetwork.recurrent(
      cell, inputSize: 7, hiddenSize: 33, layers: 2, withState: true, seed: 61)
    for set in InstructionSet.runnable {
      let opened = try OpenedNetwork(network, set)
      let inputs = (0..<8).map { thread in
        var random = SeededRandom(seed: 62 + UInt64(thread))
        return random.floats(300 * 7)
      }
      let alone = try inputs.map { try opened.stepped($0) }
      let results = Results(count: 8)
      let threads = inputs.indices.map { index in
        Thread { [inputs] in
          // Streams are made, run and dropped while the others run.
          var outputs: [[Float]] = []
          for round in 0..<4 {
            let result =
              round % 2 == 0
              ? try? opened.stepped(inputs[index])
              : try? opened.processed(inputs[index], chunk: 9 + index, blockSize: 8)
            outputs.append(result ?? [])
          }
          results.finish(index, outputs)
        }
      }
      for thread in threads { thread.start() }
      for (index, rounds) in results.wait().enumerated() {
        for (round, outputs) in rounds.enumerated() {
          #expect(
            firstDifference(outputs, alone[index]) == nil,
            "\(set), thread \(index), round \(round)")
        }
      }
    }
  }

  @Test("a stream moves between threads", arguments: InstructionSet.runnable)
  func moving(_ set: InstructionSet) async throws {
    let network = TestNetwork.mixed(seed: 63, readingTokens: false)
    let opened = try OpenedNetwork(network, set)
    var random = SeededRandom(seed: 64)
    let input = random.floats(20 * network.inputSize)
    let expected = try opened.stepped(input)
    let box = StreamBox(try opened.stream(), network)
    for step in 0..<20 {
      let row = Array(input[step * network.inputSize..<(step + 1) * network.inputSize])
      await Task.detached { await box.step(row) }.value
    }
    #expect(firstDifference(await box.outputs, expected) == nil)
  }

  @Test("streams outlive their model and keep the file mapped", arguments: InstructionSet.runnable)
  func modelFirst(_ set: InstructionSet) throws {
    let network = TestNetwork.mixed(seed: 65, readingTokens: false)
    var random = SeededRandom(seed: 66)
    let input = random.floats(30 * network.inputSize)
    let expected = try OpenedNetwork(network, set).stepped(input)
    let file = try TemporaryFile(try network.contents().bytes())
    #expect(try file.mappingCount() == 0)
    do {
      var streams = try twoStreams(file, set)
      // The model is gone, and one of its streams too: the other still reads the weights.
      try expect(file, mappings: 1)
      #expect(firstDifference(streams.first.stepped(input, network), expected) == nil)
      streams.dropFirst()
      try expect(file, mappings: 1)
      #expect(firstDifference(streams.second.stepped(input, network), expected) == nil)
      _ = consume streams
    }
    #expect(try file.mappingCount() == 0, "the mapping outlived its last stream")
  }

  @Test("opening and closing leaves no mapping")
  func mappings() throws {
    // More than the pages of header and records, which are a copy.
    let network = TestNetwork.recurrent(.lstm, inputSize: 3, hiddenSize: 40, seed: 67)
    let bytes = try network.contents().bytes()
    let file = try TemporaryFile(bytes)
    let broken = try TemporaryFile(bytes.dropLast(64) + [UInt8](repeating: 1, count: 64))
    for _ in 0..<300 {
      for set in InstructionSet.runnable {
        let model = try Model(contentsOf: file.path, options: .init(instructionSet: set))
        _ = try ModelStream(model)
        let error = modelError { () throws(ModelError) in
          _ = try Model(contentsOf: broken.path, options: .init(instructionSet: set))
        }
        guard case .invalid = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
    }
    #expect(try file.mappingCount() == 0)
    #expect(try broken.mappingCount() == 0, "a model that did not open stayed mapped")
    // The counter counts.
    let model = try Model(contentsOf: file.path)
    try expect(file, mappings: 1)
    _ = consume model
  }

  private func expect(_ file: TemporaryFile, mappings: Int) throws {
    let count = try file.mappingCount()
    #expect(count == mappings, "mappings of the file")
  }

  private struct TwoStreams: ~Copyable {
    var first: ModelStream
    var second: ModelStream
    private let spare: InstructionSet

    init(first: consuming ModelStream, second: consuming ModelStream, spare: InstructionSet) {
      self.first = first
      self.second = second
      self.spare = spare
    }

    /// Ends the first stream by replacing it by another, unrelated one.
    mutating func dropFirst() {
      do {
        first = try OpenedNetwork(
          .recurrent(.rnnTanh, inputSize: 1, hiddenSize: 1, seed: 1), spare
        ).stream()
      } catch {
        Issue.record(error)
      }
    }
  }

  private func twoStreams(_ file: TemporaryFile, _ set: InstructionSet) throws -> TwoStreams {
    let model = try Model(contentsOf: file.path, options: .init(instructionSet: set))
    return TwoStreams(
      first: try ModelStream(model), second: try ModelStream(model, blockSize: 3), spare: set)
  }
}

/// Gathers what threads made.
private final class Results: @unchecked Sendable {
  private let condition = NSCondition()
  private var results: [[[Float]]?]

  init(count: Int) {
    results = Array(repeating: nil, count: count)
  }

  func finish(_ index: Int, _ result: [[Float]]) {
    condition.withLock {
      results[index] = result
      condition.signal()
    }
  }

  func wait() -> [[[Float]]] {
    condition.withLock {
      while results.contains(where: { $0 == nil }) { condition.wait() }
      return results.compactMap { $0 }
    }
  }
}

/// A stream that whichever thread runs the actor steps.
private actor StreamBox {
  private var stream: ModelStream
  private let network: TestNetwork
  var outputs: [Float] = []

  init(_ stream: consuming sending ModelStream, _ network: TestNetwork) {
    self.stream = stream
    self.network = network
  }

  func step(_ row: [Float]) {
    outputs += stream.stepped(row, network)
  }
}
