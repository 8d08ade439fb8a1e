extension TextTable {
  /// The bytes of a table of `words`, none for no words.
  static func bytes(_ words: [String], isSorted: Bool) -> [UInt8] {
    guard !words.isEmpty else { return [] }
    let texts = words.map { Array($0.utf8) }
    var bytes = [UInt8](
      repeating: 0, count: headLength(count: words.count, isSorted: isSorted))
    bytes.put(UInt32(truncatingIfNeeded: words.count), at: 0)
    var end = 0
    for (index, text) in texts.enumerated() {
      end += text.count
      bytes.put(UInt32(truncatingIfNeeded: end), at: 8 + 4 * (index + 1))
    }
    if isSorted {
      let ids = texts.indices.sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) }
      let first = 8 + 4 * (words.count + 1)
      for (index, id) in ids.enumerated() {
        bytes.put(UInt32(truncatingIfNeeded: id), at: first + 4 * index)
      }
    }
    return bytes + texts.joined()
  }
}
