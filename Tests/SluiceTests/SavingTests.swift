import Sluice
import SluiceBlob
import TestSupport
import Testing

/// States that are written and read back, memory of the caller's, copies of a blob, tokens.
@Suite struct SavingTests {
  private static let network = TestNetwork.mixed(seed: 91, readingTokens: false)

  private func input(_ steps: Int) -> [Float] {
    var random = SeededRandom(seed: 92)
    return random.floats(steps * Self.network.inputSize)
  }

  @Test("a saved state continues with the same bits", arguments: InstructionSet.runnable)
  func saving(_ set: InstructionSet) throws {
    let opened = try OpenedNetwork(Self.network, set)
    let input = input(20)
    let half = 9 * Self.network.inputSize
    let expected = try opened.stepped(input)
    var first = try opened.stream()
    var outputs = first.stepped(Array(input[..<half]), Self.network)
    let state = first.saved
    #expect(state.count == opened.model.stateByteCount)
    var second = try opened.stream(blockSize: 3)
    try unsafe second.restore(state.span.bytes)
    var third = try opened.stream()
    third.copyState(of: first)
    #expect(third.hasModel(of: first) && third.saved == state && third.isFinite)
    let rest = Array(input[half...])
    outputs += second.processed(rest, chunk: 4, Self.network)
    #expect(firstDifference(outputs, expected) == nil)
    #expect(firstDifference(third.stepped(rest, Self.network), Array(expected[27...])) == nil)
  }

  @Test("C6: what is no state of the model is refused, and changes nothing")
  func refused() throws {
    let opened = try OpenedNetwork(Self.network, .best)
    var stream = try opened.stream()
    _ = stream.stepped(input(3), Self.network)
    let state = stream.saved
    let other = try OpenedNetwork(.mixed(seed: 93, readingTokens: false), .best)
    let foreign = try other.stream().saved
    var phase = state
    phase[12] = 2
    for (bytes, expected) in [
      (Array(state.dropLast()), .wrongSize), ([], .wrongSize), (state.changed(at: 0), .notAState),
      (state.changed(at: 8), .otherVersion), (foreign, .otherModel),
      (state.changed(at: 70), .damaged), (phase.withChecksum, .invalidField(offset: 12)),
      (state.changed(at: 24).withChecksum, .invalidField(offset: 24)),
      (state.changed(at: 40).withChecksum, .invalidField(offset: 40)),
      (state.changed(at: 63).withChecksum, .invalidField(offset: 63)),
    ] as [([UInt8], StateError)] {
      #expect(throws: expected) { try unsafe stream.restore(bytes.span.bytes) }
      #expect(stream.saved == state)
    }
  }

  @Test("a state is one of the same bytes opened again, to restore and to fork alike")
  func sameModel() throws {
    let opened = try OpenedNetwork(Self.network, .best)
    let again = try OpenedNetwork(Self.network, .best)
    let other = try OpenedNetwork(.mixed(seed: 93, readingTokens: false), .best)
    var first = try opened.stream()
    _ = first.stepped(input(3), Self.network)
    var second = try again.stream(blockSize: 2)
    let isSame = second.hasModel(of: first)
    #expect(isSame)
    second.copyState(of: first)
    let (copied, state) = (second.saved, first.saved)
    #expect(copied == state)
    second.reset()
    try unsafe second.restore(state.span.bytes)
    let foreign = try other.stream()
    let isForeign = !foreign.hasModel(of: first)
    #expect(isForeign)
  }

  @Test("what a forged state has in its padding is not taken over")
  func padding() throws {
    let opened = try OpenedNetwork(Self.network, .best)
    var stream = try opened.stream()
    _ = stream.stepped(input(3), Self.network)
    let state = stream.saved
    try unsafe stream.restore(state.span.bytes)
    let clean = stream.saved
    var kept = 0
    for offset in stride(from: 64, to: state.count, by: 4) {
      var forged = state
      forged.replaceSubrange(offset..<offset + 4, with: [0, 0, 0xC0, 0x7F])
      let bytes = forged.withChecksum
      guard (try? unsafe stream.restore(bytes.span.bytes)) != nil else { continue }
      if stream.saved != clean { kept += 1 }
    }
    #expect(kept == 0)
  }

  @Test(
    "NaN in the padding of a forged state reaches no output", arguments: InstructionSet.runnable)
  func paddingOfIntegers(_ set: InstructionSet) throws {
    for type in [StorageType.int8, .int4] {
      for rounding in [HiddenRounding.fixed, .finer] {
        let network = Self.network.stored(as: type, rounding: rounding)
        let opened = try OpenedNetwork(network, set)
        var stream = try opened.stream()
        _ = stream.stepped(input(3), network)
        let state = stream.saved
        let expected = stream.stepped(input(2), network)
        var forgeries = 0
        for offset in stride(from: 64, to: state.count, by: 4) {
          var forged = state
          forged.replaceSubrange(offset..<offset + 4, with: [0, 0, 0xC0, 0x7F])
          let bytes = forged.withChecksum
          guard (try? unsafe stream.restore(bytes.span.bytes)) != nil else { continue }
          forgeries += 1
          let difference = firstDifference(stream.stepped(input(2), network), expected)
          #expect(difference == nil, "\(type), \(rounding), byte \(offset)")
        }
        #expect(forgeries > 0)
      }
    }
  }

  @Test("C6: NaN in a state is refused with its place, in padding it is not")
  func notFinite() throws {
    let opened = try OpenedNetwork(Self.network, .best)
    var stream = try opened.stream()
    _ = stream.stepped(input(3), Self.network)
    let state = stream.saved
    var refused = 0
    for offset in stride(from: 64, to: state.count, by: 4) {
      var changed = state
      changed.replaceSubrange(offset..<offset + 4, with: [0, 0, 0xC0, 0x7F])
      let bytes = changed.withChecksum
      do throws(StateError) {
        try unsafe stream.restore(bytes.span.bytes)
        try unsafe stream.restore(state.span.bytes)
      } catch {
        #expect(error == .notFinite(offset: offset))
        refused += 1
      }
    }
    // As many as the layers remember.
    let layers = Self.network.contents().layers.map(\.record)
    let units = layers.filter(\.kind.isRecurrent).reduce(0) {
      $0 + $1.outputSize * ($1.kind == .lstm ? 2 : 1)
    }
    #expect(refused >= units && refused < (state.count - 64) / 4)
  }

  @Test("streams and batches in the caller's memory write nothing beside it")
  func callersMemory() throws {
    let opened = try OpenedNetwork(Self.network, .best)
    let input = input(8)
    let expected = try opened.stepped(input)
    let memory = GuardedBytes(count: ModelStream.byteCount(of: opened.model, blockSize: 4) ?? 0)
    var stream = unsafe ModelStream(opened.model, blockSize: 4, in: memory.raw)
    #expect(firstDifference(stream.stepped(input, Self.network), expected) == nil)
    let batchMemory = GuardedBytes(count: StreamBatch.byteCount(of: opened.model, count: 1) ?? 0)
    var batch = unsafe StreamBatch(opened.model, count: 1, in: batchMemory.raw)
    var y = [Float](repeating: 0, count: Self.network.outputSize)
    for step in 0..<8 {
      let row = Array(input[step * 5..<step * 5 + 5])
      var output = y.mutableSpan
      batch.step(row.span, into: &output)
    }
    #expect(y == Array(expected.suffix(3)))
    #expect(ModelStream.byteCount(of: opened.model, blockSize: 0) == nil)
    #expect(ModelStream.byteCount(of: opened.model, blockSize: .max) == nil)
    withExtendedLifetime((memory, batchMemory)) {}
  }

  @Test("copies of a blob do not depend on it", arguments: [Model.Memory.copied, .sealed])
  func copies(_ memory: Model.Memory) throws {
    let bytes = try Self.network.blob()
    let shifted = AlignedBytes([0] + bytes.copy)
    let model = unsafe try Model(
      bytes: UnsafeRawBufferPointer(rebasing: shifted.raw[1...]), options: .init(memory: memory))
    for index in 0..<shifted.count { shifted[index] = 0xFF }
    #expect(model.hash == (try bytes.view()).hash)
    var stream = try ModelStream(model)
    let expected = try OpenedNetwork(Self.network, .best).stepped(input(4))
    #expect(firstDifference(stream.stepped(input(4), Self.network), expected) == nil)
    #expect(throws: ModelError.invalid(BlobError(.emptyFile, at: 0))) {
      _ = unsafe try Model(
        bytes: UnsafeRawBufferPointer(start: nil, count: 0), options: .init(memory: .copied))
    }
  }

  @Test("texts become tokens by bytes")
  func tokens() throws {
    let file = AlignedBytes(try SampleBlobs.bytes(.embedding))
    let model = unsafe try Model(bytes: file.raw)
    let text = Array("The épée, a\u{7F}x! ".utf8) + Array(repeating: 0x61, count: 256)
    var words = Tokenizer(model.blob)
    var found: [(String, Int, Bool)] = []
    while let word = words.next(in: text.span) {
      found.append((String(decoding: text[word.range], as: UTF8.self), word.id, word.isKnown))
    }
    #expect(found.map(\.0).prefix(6) == ["The", "épée", ",", "a", "x", "!"])
    #expect(found.map(\.1) == [0, 2, 0, 3, 0, 0, 0])
    #expect(found.map(\.2) == [true, true, false, true, false, false, false])
    withExtendedLifetime(file) {}
  }
}

extension [UInt8] {
  fileprivate func changed(at offset: Int) -> [UInt8] {
    var copy = self
    copy[offset] ^= 1
    return copy
  }
}
