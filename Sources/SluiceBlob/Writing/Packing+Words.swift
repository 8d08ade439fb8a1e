extension Packing {
  /// Calls `body` with every weight's index in its row-major matrix, its word and its place in it.
  static func forEachWeight(
    of record: LayerRecord,
    _ body: (_ index: Int, _ isHidden: Bool, _ word: Int, _ bit: UInt32) -> Void
  ) {
    let storage = record.storage
    let lanesUsed = record.laneCount
    let matrices = record.matrixColumns
    let places = (0..<storage.wordColumns).map(storage.firstBit)
    record.forEachTileGate { gate, lane, lanes, offset, pitch in
      var first = offset / storage.wordByteCount
      let words = pitch / storage.wordByteCount
      for (columns, isHidden) in [(matrices.input, false), (matrices.hidden, true)] {
        for index in 0..<min(lanes, lanesUsed - lane) {
          let row = (gate * lanesUsed + lane + index) * columns
          var (word, place) = (first + index, 0)
          for column in 0..<columns {
            body(row + column, isHidden, word, places[place])
            place += 1
            if place == places.count { (word, place) = (word + words, 0) }
          }
        }
        first += storage.wordCount(columns: columns) * words
      }
    }
  }

  /// The words of a layer's weights, of the bits of each.
  static func packWords(
    of record: LayerRecord, bits: (_ index: Int, _ isHidden: Bool) -> UInt32
  ) -> [UInt8] {
    let storage = record.storage
    var words = [UInt32](
      repeating: 0, count: record.gateByteCount / storage.wordByteCount)
    forEachWeight(of: record) { index, isHidden, word, bit in
      words[word] |= (bits(index, isHidden) & storage.mask) << bit
    }
    return bytes(ofWords: words, storage)
  }

  private static func bytes(ofWords words: [UInt32], _ storage: StorageType) -> [UInt8] {
    guard storage.wordByteCount == 4 else {
      let halves = words.map { UInt16(truncatingIfNeeded: $0) }
      return unsafe halves.withUnsafeBytes { unsafe [UInt8]($0) }
    }
    return unsafe words.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The words that bytes are, each in 32 bits.
  static func words(of bytes: [UInt8], _ storage: StorageType) -> [UInt32] {
    let size = storage.wordByteCount
    return unsafe bytes.withUnsafeBytes { raw in
      (0..<raw.count / size).map { index in
        size == 4
          ? unsafe raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
          : UInt32(unsafe raw.loadUnaligned(fromByteOffset: size * index, as: UInt16.self))
      }
    }
  }
}
