import SluiceBlob
import TestSupport
import Testing

/// Which blocks a sparse layer keeps, and what is refused.
@Suite("Bans: sparse layers") struct SparseBanTests {
  typealias Field = BlobLayout.Record

  /// One layer of 24 lanes, a pair of panels and a single one, of 10 columns.
  static func contents(
    _ type: StorageType, keeping share: Double = 0.5, _ record: LayerRecord? = nil
  ) -> BlobContents {
    var random = SeededRandom(seed: 3)
    let record = record ?? .lstm(inputSize: 10, hiddenSize: 24)
    var contents = SampleBlobs.contents(of: [record], &random)
    contents.layers[0].prune(as: type, keeping: share, seed: 6)
    contents.layers[0] = contents.layers[0].stored(as: type).withoutEmptyBlocks
    return contents
  }

  @Test("whole and back", arguments: [StorageType.int8, .f32])
  func roundTrip(_ type: StorageType) throws {
    for record in [
      LayerRecord.lstm(inputSize: 10, hiddenSize: 24), .lstm(inputSize: 1, hiddenSize: 1),
      .gru(inputSize: 3, hiddenSize: 17, variant: .resetAfter), .rnn(inputSize: 5, hiddenSize: 8),
      .dense(inputSize: 70, outputSize: 41),
    ] {
      for share in [0, 0.3, 1] {
        let sparse = Self.contents(type, keeping: share, record)
        #expect(sparse.version == 2)
        let layer = sparse.layers[0]
        let counts = try #require(layer.blockCounts)
        #expect(counts.kept == layer.record.keptBlocks && counts.all == layer.record.blockCount)
        let whole = layer.withEveryBlock
        #expect(whole.withoutEmptyBlocks.weights == layer.weights)
        #expect(whole.blockCounts?.kept == counts.kept)
        #expect(whole.matrices == layer.matrices)
        let bytes = try sparse.bytes()
        let memory = AlignedBytes(bytes)
        let view = try memory.view()
        let again = try BlobContents(view).bytes()
        #expect(again == bytes && view.record(at: 0).keptBlocks == counts.kept)
        withExtendedLifetime(memory) {}
      }
    }
  }

  @Test("layers that must store all", arguments: [StorageType.int8, .f32, .bf16, .int4])
  func elsewhere(_ type: StorageType) throws {
    var records: [LayerRecord] = [.gru(inputSize: 4, hiddenSize: 8, variant: .resetBefore)]
    if !SparseBanTests.isSparse(type) { records.append(.lstm(inputSize: 4, hiddenSize: 8)) }
    for record in records {
      var contents = Self.contents(type, record)
      #expect(!contents.layers[0].record.isSparse && contents.layers[0].blockCounts == nil)
      contents.layers[0].record.keptBlocks = 1
      #expect(contents.refusal == .wrongKeptBlocks)
    }
  }

  private static func isSparse(_ type: StorageType) -> Bool { type == .int8 || type == .f32 }

  @Test("a record that keeps more blocks than there are, or others than its bytes hold")
  func counts() throws {
    // Without a single panel, whose blocks are half as long.
    let contents = Self.contents(.int8, .lstm(inputSize: 10, hiddenSize: 16))
    let record = contents.layers[0].record
    let kept = try #require(record.keptBlocks)
    let file = try BlobFile(bytes: contents.bytes())
    let start = try file.record()
    for (value, kind, field) in [
      (record.blockCount + 2, .wrongKeptBlocks, Field.keptBlocks),
      (kept + 2, .wrongWeightsLength, Field.weights + 8),
      (0, .wrongWeightsLength, Field.weights + 8),
    ] as [(Int, BlobError.Kind, Int)] {
      var changed = file
      changed.put(UInt32(value), at: start + Field.keptBlocks)
      changed.expect(kind, at: start + field)
    }
    // With one, blocks may be its own: then the ends say otherwise.
    let single = Self.contents(.int8)
    var changed = try BlobFile(bytes: single.bytes())
    let more = try #require(single.layers[0].record.keptBlocks) + 2
    changed.put(UInt32(more), at: try changed.record() + Field.keptBlocks)
    changed.rehash()
    #expect(AlignedBytes(changed.bytes).error() != nil)
  }

  @Test("ends that descend, or are others than the bytes say", arguments: [StorageType.int8, .f32])
  func ends(_ type: StorageType) throws {
    let contents = Self.contents(type)
    let record = contents.layers[0].record
    let file = try BlobFile(bytes: contents.bytes())
    let table = try file.section(.weights).lowerBound
    let lists = record.blockListCount
    #expect(lists == (type == .int8 ? 4 : 8))
    for list in 0..<lists {
      for value in [0, 1, UInt32.max, UInt32(record.blockCount + 1)]
      where value != file.u32(table + 4 * list) {
        var changed = file
        changed.put(value, at: table + 4 * list)
        changed.rehash()
        let error = AlignedBytes(changed.bytes).error()
        // An end that is another list's start makes that list's words, or their order, wrong.
        #expect(error != nil, "list \(list): \(value)")
        if value > UInt32(record.blockCount) {
          changed.expect(.wrongBlockEnd, at: table + 4 * list)
        }
      }
    }
  }

  @Test("words that do not ascend, beyond the columns, or of the other chain")
  func words() throws {
    // A block's index, its word, and the block that is refused.
    for (type, index, word, refused) in [
      (.int8, 0, 1, 1), (.int8, 0, 0xFFFF, 0), (.int8, 1, 0, 1), (.int8, 1, 2, 2), (.int8, 2, 3, 2),
      (.f32, 0, 1, 0), (.f32, 1, 0, 1), (.f32, 1, 3, 1), (.f32, 4, 10, 4), (.f32, 5, 0, 5),
    ] as [(StorageType, Int, UInt16, Int)] {
      let contents = Self.contents(type, keeping: 1)
      let record = contents.layers[0].record
      var file = try BlobFile(bytes: contents.bytes())
      let words = try file.section(.weights).lowerBound + 4 * record.blockListCount
      file.put(word, at: words + 2 * index)
      file.expect(.wrongBlockWord, at: words + 2 * refused)
    }
  }

  @Test("a block of zeros, padding and filling columns of a kept block")
  func blocks() throws {
    let contents = Self.contents(.int8, keeping: 1, .lstm(inputSize: 10, hiddenSize: 20))
    let record = contents.layers[0].record
    let file = try BlobFile(bytes: contents.bytes())
    let start = try file.section(.weights).lowerBound
    let first = start + record.blockTableByteCount
    var changed = file
    for at in first..<first + 256 { changed.bytes[at] = 0 }
    changed.expect(.emptyBlock, at: first)
    // The last byte of the third word of W is a column beyond the ten.
    changed = file
    changed.bytes[first + 2 * 256 + 3] = 1
    changed.expect(.paddingColumnNotZero, at: first + 2 * 256 + 3)
    // Lanes 20 to 23 of the single panel.
    changed = file
    changed.bytes[first + record.singleBlockStart + 16] = 1
    changed.expect(.paddingLaneNotZero, at: first + record.singleBlockStart + 16)
    changed = file
    changed.bytes[first] = 0x80
    changed.expect(.weightOutOfRange, at: first)
    // A weight more makes the correction wrong.
    changed = file
    changed.bytes[first] ^= 1
    let scales = try file.section(.scales).lowerBound
    changed.expect(.wrongCorrection, at: scales + 4 * 16 * 8)
    changed = file
    changed.bytes[start + record.blockTableByteCount - 1] = 1
    changed.expect(.paddingNotZero, at: start + record.blockTableByteCount - 1)
  }
}

extension LayerRecord {
  /// Where the blocks of an LSTM's single last panel begin, from the first block on.
  fileprivate var singleBlockStart: Int { 256 * ((keptBlocks ?? 0) - singleBlockCount) }
}
