import Glibc
import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Nothing beside the caller's buffers is read or written, and padding leaks into no result.
@Suite struct GuardTests {
  static let sizes = [1, 3, 7, 8, 9, 15, 16, 17, 20, 24, 25, 33, 41]
  static let steps = 9

  /// A network of every kind of layer with `size` in and out.
  static func networks(size: Int) -> [TestNetwork] {
    var random = SeededRandom(seed: UInt64(size))
    return Cell.allCases.map {
      .recurrent($0, inputSize: size, hiddenSize: size, withState: true, seed: UInt64(size))
    } + [
      TestNetwork([.dense(size, from: size, .tanh, &random)]),
      TestNetwork([.activation(.sigmoid, size: size)]),
      TestNetwork([.activation(.softmax, size: size)]),
    ]
  }

  /// Those that have weights, each in a compact type, all types in turn.
  static func compactNetworks(size: Int) -> [TestNetwork] {
    networks(size: size).dropLast(2).enumerated().map { index, network in
      network.stored(as: CompactTests.types[(index + size) % 4])
    }
  }

  // MARK: - Sides of forbidden pages

  @Test(
    "input, output and blob beside forbidden pages", arguments: InstructionSet.runnable,
    GuardedBytes.Side.allCases)
  func forbiddenPages(_ set: InstructionSet, _ side: GuardedBytes.Side) throws {
    for size in Self.sizes {
      for network in Self.networks(size: size) + Self.compactNetworks(size: size) {
        var random = SeededRandom(seed: 51)
        let rows = random.floats(Self.steps * size)
        // A blob is a whole number of 64-byte lines, so its end meets the page's.
        let blob = try GuardedBytes(network.contents().bytes(), forbidden: side)
        let model = unsafe try Model(
          bytes: UnsafeRawBufferPointer(blob.raw), options: .init(instructionSet: set))
        let expected = try OpenedNetwork(network, set).stepped(rows)

        let x = GuardedBytes([Float](rows.prefix(size)), forbidden: side)
        let y = GuardedBytes(count: 4 * size, forbidden: side)
        var stream = try ModelStream(model)
        stream.step(x, into: y)
        #expect(firstDifference(y.copy, Array(expected.prefix(size))) == nil, "\(network.name)")

        let block = GuardedBytes(rows, forbidden: side)
        let outputs = GuardedBytes(count: 4 * rows.count, forbidden: side)
        var blocks = try ModelStream(model, blockSize: 4)
        blocks.process(block, into: outputs)
        #expect(firstDifference(outputs.copy, expected) == nil, "\(network.name)")
        #expect(firstDifference(block.copy, rows) == nil, "the input changed")
        withExtendedLifetime(blob) {}
      }
    }
  }

  @Test("compact layers leave no NaN behind in scratch memory", arguments: InstructionSet.runnable)
  func compactPadding(_ set: InstructionSet) throws {
    for size in Self.sizes where size % 16 != 0 {
      for cell in Cell.allCases {
        var random = SeededRandom(seed: 56)
        let network = TestNetwork([
          .dense(48, from: 2, .identity, &random), .dense(size, from: 48, .sigmoid, &random),
          .recurrent(RecurrentTensors(cell, inputSize: size, hiddenSize: size, &random)),
          .dense(48, from: size, .relu, &random),
          .recurrent(RecurrentTensors(cell, inputSize: 48, hiddenSize: size, &random)),
        ])
        let input = random.floats(2 * 20, bound: 4)
        for type in CompactTests.types {
          let opened = try OpenedNetwork(network.stored(as: type), set)
          let expected = try opened.processed(input, chunk: 20, blockSize: 6)
          var stream = try opened.stream(blockSize: 6)
          _ = stream.processed([Float](repeating: .nan, count: 24), chunk: 12, network)
          let isPoisoned = !stream.isFinite
          #expect(isPoisoned)
          stream.reset()
          let processed = stream.processed(input, chunk: 20, network)
          #expect(firstDifference(processed, expected) == nil, "\(cell) \(type), \(size), \(set)")
          let isFinite = stream.isFinite
          #expect(isFinite)
        }
      }
    }
  }

  @Test("a table of tokens before a forbidden page", arguments: InstructionSet.runnable)
  func forbiddenTable(_ set: InstructionSet) throws {
    for size in Self.sizes {
      var random = SeededRandom(seed: 52)
      let table = random.floats(3 * size)
      let network = TestNetwork([.embedding(table: table, tokenCount: 3, size: size)])
      let blob = try GuardedBytes(network.contents().bytes())
      let model = unsafe try Model(
        bytes: UnsafeRawBufferPointer(blob.raw), options: .init(instructionSet: set))
      var stream = try ModelStream(model)
      let y = GuardedBytes(count: 4 * 3 * size)
      var span = unsafe y.floats.mutableSpan
      let tokens: [Int32] = [0, 1, 2]
      let known = stream.process(tokens: tokens.span, into: &span)
      #expect(known)
      #expect(firstDifference(y.copy, table) == nil)
      withExtendedLifetime(blob) {}
    }
  }

  @Test("the forbidden page kills who touches it", arguments: GuardedBytes.Side.allCases)
  func counterTest(_ side: GuardedBytes.Side) async {
    // Else the tests above prove nothing.
    await #expect(processExitsWith: .signal(SIGSEGV)) { [isAfter = (side == .after) as Bool] in
      let bytes = GuardedBytes(count: 12, forbidden: isAfter ? .after : .before)
      let start = unsafe UnsafeRawPointer(bytes.raw.baseAddress!)
      let byte = unsafe start.load(fromByteOffset: isAfter ? 12 : -1, as: UInt8.self)
      print(byte)
    }
  }

  // MARK: - Canaries

  @Test("outputs between canaries, at every alignment", arguments: InstructionSet.runnable)
  func canaries(_ set: InstructionSet) throws {
    let canary = Float(bitPattern: 0x7FC0_BEEF)
    for size in Self.sizes {
      for network in Self.networks(size: size) + Self.compactNetworks(size: size) {
        let opened = try OpenedNetwork(network, set)
        var random = SeededRandom(seed: 53)
        let rows = random.floats(Self.steps * size)
        let expected = try opened.stepped(rows)
        // From a 64-byte boundary by 0, 4, ... 60 bytes.
        for offset in 0..<16 {
          let count = rows.count
          let memory = AlignedFloats(count: count + 64, repeating: canary)
          let input = AlignedFloats(count: count + 64, repeating: canary)
          unsafe input.floats.baseAddress!.advanced(by: offset).update(from: rows, count: count)
          let x = unsafe UnsafeBufferPointer(rebasing: input.floats[offset..<offset + count])
          let y = unsafe UnsafeMutableBufferPointer(
            rebasing: memory.floats[16 + offset..<16 + offset + count])

          var stream = try opened.stream(blockSize: 5)
          var span = unsafe y.mutableSpan
          unsafe stream.process(x.span, into: &span)
          #expect(unsafe firstDifference(Array(y), expected) == nil, "\(network.name) +\(offset)")
          stream.reset()
          var row = unsafe UnsafeMutableBufferPointer(rebasing: y[..<size]).mutableSpan
          unsafe stream.step(UnsafeBufferPointer(rebasing: x[..<size]).span, into: &row)
          #expect(unsafe firstDifference(Array(y), expected) == nil, "\(network.name) +\(offset)")

          let before = unsafe memory.floats[..<(16 + offset)]
          let after = unsafe memory.floats[(16 + offset + count)...]
          let intact =
            unsafe before.allSatisfy { $0.bitPattern == canary.bitPattern }
            && after.allSatisfy { $0.bitPattern == canary.bitPattern }
          #expect(intact, "\(network.name) wrote beside its output at +\(offset)")
        }
      }
    }
  }

  @Test("a step's output may be the memory of its input", arguments: InstructionSet.runnable)
  func inPlace(_ set: InstructionSet) throws {
    for size in Self.sizes {
      for network in Self.networks(size: size) + Self.compactNetworks(size: size) {
        let opened = try OpenedNetwork(network, set)
        var random = SeededRandom(seed: 54)
        let row = random.floats(size)
        let expected = try opened.stepped(row)
        let memory = GuardedBytes(row)
        var stream = try opened.stream()
        stream.step(memory, into: memory)
        #expect(firstDifference(memory.copy, expected) == nil, "\(network.name)")
      }
    }
  }

  // MARK: - Padding

  /// A layer whose padding lanes hold NaN in one direction and numbers in the other must give the
  /// same: the next layer reads `outputSize` values and no more.
  @Test("padding leaks into no result", arguments: InstructionSet.runnable)
  func padding(_ set: InstructionSet) throws {
    for size in Self.sizes where size % 16 != 0 {
      // Wide, narrow, wide: the narrow layers' rows lie where the wide ones' did.
      for cell in Cell.allCases {
        var random = SeededRandom(seed: 55)
        let network = TestNetwork([
          .dense(48, from: 2, .identity, &random), .dense(size, from: 48, .sigmoid, &random),
          .recurrent(RecurrentTensors(cell, inputSize: size, hiddenSize: size, &random)),
          .activation(.sigmoid, size: size), .dense(48, from: size, .relu, &random),
          .recurrent(RecurrentTensors(cell, inputSize: 48, hiddenSize: size, &random)),
          .activation(.softmax, size: size),
        ])
        let input = random.floats(2 * 20, bound: 4)
        var oracle = DoubleOracle(network)
        let exact = oracle.run(input, inputSize: 2)
        let opened = try OpenedNetwork(network, set)
        var stream = try opened.stream(blockSize: 6)
        // Poison first: what a NaN left in any scratch memory must not come back.
        _ = stream.processed([Float](repeating: .nan, count: 24), chunk: 12, network)
        stream.reset()
        let processed = stream.processed(input, chunk: 20, network)
        let distance = maxDistance(processed, exact)
        #expect(distance <= 5e-6, "\(cell), \(size) units, \(set): \(distance)")
        #expect(firstDifference(processed, try opened.stepped(input)) == nil)
      }
    }
  }
}

extension ModelStream {
  fileprivate mutating func step(_ x: GuardedBytes, into y: GuardedBytes) {
    var output = unsafe y.floats.mutableSpan
    unsafe step(UnsafeBufferPointer(x.floats).span, into: &output)
  }

  fileprivate mutating func process(_ x: GuardedBytes, into y: GuardedBytes) {
    var output = unsafe y.floats.mutableSpan
    unsafe process(UnsafeBufferPointer(x.floats).span, into: &output)
  }
}
