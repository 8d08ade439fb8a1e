extension Validator {
  private typealias Field = BlobLayout.Record

  /// Checks a layer's name, which must start where the previous one ended.
  func validateName(
    of record: LayerRecord, at start: Int, after cursor: inout Int
  ) throws(BlobError) {
    let field = start + Field.name
    let section = sections.names
    guard record.name.offset == UInt64(cursor) else { throw BlobError(.wrongNameOffset, at: field) }
    if record.name.length == 0 { throw BlobError(.emptyName, at: field + 8) }
    if record.name.length > UInt64(BlobLimits.nameLength) {
      throw BlobError(.nameTooLong, at: field + 8)
    }
    let length = Int(record.name.length)
    if length > section.count - cursor { throw BlobError(.nameBeyondSection, at: field + 8) }
    let name = Extent(start: section.start + cursor, count: length)
    if let at = file.firstNotUTF8(in: name) { throw BlobError(.nameNotUTF8, at: at) }
    if let at = file.firstNUL(in: name) { throw BlobError(.nameHasNUL, at: at) }
    cursor += length
  }

  /// Compares every two names: at most 2^19 pairs of at most 255 bytes.
  ///
  /// Sorting would need memory; a hash would only move the worst case to made-up collisions.
  func validateNamesDiffer() throws(BlobError) {
    for index in 1..<max(layerCount, 1) {
      let field = recordStart(index) + Field.name
      let name = nameExtent(field)
      for other in 0..<index {
        let candidate = nameExtent(recordStart(other) + Field.name)
        if file.isEqual(candidate, name) {
          throw BlobError(.duplicateName, at: field)
        }
      }
    }
  }

  /// The extent of a name whose range was checked, by its record's field.
  private func nameExtent(_ field: Int) -> Extent {
    Extent(
      start: sections.names.start + Int(file.u64(field)), count: Int(file.u64(field + 8)))
  }
}
