extension Validator {
  /// Checks the vocabulary: each word, and that the sorted ids name every word once, in order.
  func validateVocabulary() throws(BlobError) {
    guard sections.vocabulary.count > 0 else { return }
    let count = try tableCount(sections.vocabulary, isSorted: true)
    let table = TextTable(section: sections.vocabulary, count: count, isSorted: true)
    let inputs = try record(0).inputSize
    guard count > 0, count <= inputs else {
      throw BlobError(.wrongWordCount, at: sections.vocabulary.start)
    }
    try validateOffsets(of: table)
    for index in 0..<count {
      let word = table.extent(of: index, in: file)
      if word.count > BlobLimits.wordLength {
        throw BlobError(.wordTooLong, at: table.offsetField(index + 1))
      }
      if let at = file.firstNotUTF8(in: word) { throw BlobError(.wordNotUTF8, at: at) }
    }
    // Strictly ascending words are all different, so `count` ids below `count` are a permutation.
    var previous = Extent()
    for index in 0..<count {
      let field = table.sortedField(index)
      let id = file.u32(field)
      if UInt64(id) >= UInt64(count) { throw BlobError(.wordIDOutOfRange, at: field) }
      let word = table.extent(of: Int(id), in: file)
      if index > 0, file.compare(previous, word) >= 0 {
        throw BlobError(.wordsNotAscending, at: field)
      }
      previous = word
    }
  }

  /// Checks the labels: one an output of the last layer, or two for a single output.
  func validateLabels() throws(BlobError) {
    guard sections.labels.count > 0 else { return }
    let count = try tableCount(sections.labels, isSorted: false)
    let table = TextTable(section: sections.labels, count: count, isSorted: false)
    let outputs = try record(layerCount - 1).outputSize
    guard count == outputs || (outputs == 1 && count == 2) else {
      throw BlobError(.wrongLabelCount, at: sections.labels.start)
    }
    try validateOffsets(of: table)
    for index in 0..<count {
      let label = table.extent(of: index, in: file)
      if label.count == 0 { throw BlobError(.emptyLabel, at: table.offsetField(index + 1)) }
      if label.count > BlobLimits.nameLength {
        throw BlobError(.labelTooLong, at: table.offsetField(index + 1))
      }
      if let at = file.firstNotUTF8(in: label) { throw BlobError(.labelNotUTF8, at: at) }
      if let at = file.firstNUL(in: label) { throw BlobError(.labelHasNUL, at: at) }
    }
  }

  /// Checks the provenance: a JSON object in UTF-8.
  func validateProvenance() throws(BlobError) {
    let text = sections.provenance
    if let at = file.firstNotUTF8(in: text) { throw BlobError(.provenanceNotUTF8, at: at) }
    var json = JSONScanner(
      file: file, extent: text, notJSON: .provenanceNotJSON, tooDeep: .provenanceTooDeep)
    try json.scanObject()
  }

  /// Checks the metadata: a JSON object in UTF-8, whose strings are Unicode too.
  func validateMetadata() throws(BlobError) {
    let text = sections.metadata
    guard text.count > 0 else { return }
    if text.count > BlobLimits.metadataLength {
      throw BlobError(
        .metadataTooLong, at: entry(of: .metadata) + BlobLayout.Section.length,
        found: UInt64(text.count))
    }
    if let at = file.firstNotUTF8(in: text) { throw BlobError(.metadataNotUTF8, at: at) }
    var json = JSONScanner(
      file: file, extent: text, notJSON: .metadataNotJSON, tooDeep: .metadataTooDeep,
      needsPairs: true)
    try json.scanObject()
  }

  /// The count of a table whose offsets and ids lie within its section.
  private func tableCount(_ section: Extent, isSorted: Bool) throws(BlobError) -> Int {
    guard section.count >= TextTable.headLength(count: 0, isSorted: isSorted) else {
      throw BlobError(.tableTruncated, at: section.start)
    }
    let count = file.u32(section.start)
    if file.u32(section.start + 4) != 0 { throw BlobError(.reservedNotZero, at: section.start + 4) }
    // An entry takes at least 4 bytes: so bounded, the head's length cannot overflow.
    guard UInt64(count) <= UInt64(section.count) / 4,
      TextTable.headLength(count: Int(count), isSorted: isSorted) <= section.count
    else { throw BlobError(.tableTruncated, at: section.start) }
    return Int(count)
  }

  /// Checks that the offsets ascend from 0 to the end of the section's text.
  private func validateOffsets(of table: TextTable) throws(BlobError) {
    let length = UInt64(table.section.end - table.textStart)
    var previous: UInt32 = 0
    for index in 0...table.count {
      let field = table.offsetField(index)
      let offset = file.u32(field)
      if offset < previous || (index == 0 && offset != 0) || UInt64(offset) > length {
        throw BlobError(.wrongTableOffset, at: field)
      }
      previous = offset
    }
    if UInt64(previous) != length {
      throw BlobError(.wrongTableOffset, at: table.offsetField(table.count))
    }
  }
}
