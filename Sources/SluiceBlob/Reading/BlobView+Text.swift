extension BlobView {
  /// The word of a token id, UTF-8; it may be empty.
  ///
  /// - Precondition: `id` is at least 0 and less than ``vocabularyCount``.
  public func word(at id: Int) -> UnsafeRawBufferPointer {
    precondition(id >= 0 && id < vocabularyCount, "Token id out of range")
    return unsafe file.slice(vocabulary.extent(of: id, in: file))
  }

  /// The token id of a word, nil where the vocabulary does not have it.
  ///
  /// A binary search: at most log2(``vocabularyCount``) + 1 comparisons, nothing allocated. In a file
  /// that was rewritten since, words are missed; nothing outside it is read.
  public func tokenID(of word: UnsafeRawBufferPointer) -> Int? {
    let table = vocabulary
    var low = 0
    var high = table.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      guard let id = file.u32IfInside(table.sortedField(middle)), id < table.count,
        let entry = unsafe table.bytes(of: Int(id), in: file)
      else { return nil }
      let order = unsafe compareBytes(entry, word)
      if order == 0 { return Int(id) }
      if order < 0 { low = middle &+ 1 } else { high = middle }
    }
    return nil
  }

  /// The longest word that `text` begins with, its id and its bytes; nil where there is none.
  ///
  /// Word by word of the sorted ones the range is halved that begins like the text, byte by byte: at most
  /// 2 log2(``vocabularyCount``) comparisons a byte, as many bytes as some word has in common with it.
  package func longestToken(in text: UnsafeRawBufferPointer) -> (id: Int, count: Int)? {
    let table = vocabulary
    var found: (id: Int, count: Int)?
    var (low, high, at) = (0, table.count, 0)
    while at < text.count {
      let byte = unsafe Int(text[at])
      low = firstWord(of: table, low, high, at, notBelow: byte)
      high = firstWord(of: table, low, high, at, notBelow: byte &+ 1)
      at &+= 1
      guard low < high, let id = file.u32IfInside(table.sortedField(low)),
        let word = unsafe table.bytes(of: Int(id), in: file)
      else { break }
      // The shortest of those that begin alike comes first.
      if word.count == at { found = (Int(id), at) }
    }
    return found
  }

  /// Of the sorted words from `low` to `high`, which are equal up to byte `at`, the first whose byte there is at
  /// least `byte`; one that ends before comes before all.
  private func firstWord(
    of table: TextTable, _ low: Int, _ high: Int, _ at: Int, notBelow byte: Int
  ) -> Int {
    var (low, high) = (low, high)
    while low < high {
      let middle = low &+ (high &- low) / 2
      guard let id = file.u32IfInside(table.sortedField(middle)),
        let word = unsafe table.bytes(of: Int(id), in: file)
      else { return high }
      let own = unsafe at < word.count ? Int(word[at]) : -1
      if own < byte { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  /// The number of labels, 0 where there are none.
  ///
  /// Otherwise the last layer's output size, or for a single output possibly 2: negative, positive.
  public var labelCount: Int {
    sections.labels.count == 0 ? 0 : Int(file.u32(sections.labels.start))
  }

  /// The label of an output: 1 to 255 bytes of UTF-8 without NUL.
  ///
  /// - Precondition: `index` is at least 0 and less than ``labelCount``.
  public func label(at index: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < labelCount, "Label index out of range")
    let table = TextTable(section: sections.labels, count: labelCount, isSorted: false)
    return unsafe file.slice(table.extent(of: index, in: file))
  }

  /// As ``label(at:)``, but nil where there is no such label, also of a file that was rewritten since.
  package func labelIfInside(at index: Int) -> UnsafeRawBufferPointer? {
    let section = sections.labels
    guard index >= 0, section.count > 0, let count = file.u32IfInside(section.start),
      index < count
    else { return nil }
    let table = TextTable(section: section, count: Int(count), isSorted: false)
    return unsafe table.bytes(of: index, in: file)
  }

  private var vocabulary: TextTable {
    TextTable(section: sections.vocabulary, count: vocabularyCount, isSorted: true)
  }
}
