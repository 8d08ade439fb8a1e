/// Examines a file once, front to back; what it found on the way is the view's.
///
/// Nothing is read before its place was compared with the file's size, and nothing is computed from
/// a field before the field was compared with its limit.
struct Validator {
  let file: BlobBytes
  var sections = SectionExtents()
  var output = OutputMode.sequence
  var version = BlobLayout.firstVersion
  var recordSize = BlobLayout.recordSize
  /// Whether the file holds something that version 1 does not have.
  var usesVersion2 = false

  init(file: BlobBytes) {
    self.file = file
  }

  mutating func validate(checkingHash: Bool) throws(BlobError) {
    let sectionCount = try validateHeader()
    if checkingHash {
      let hash = unsafe XXH64.hash(ofBlob: file.slice(Extent(start: 0, count: file.count)))
      guard file.u64(BlobLayout.Header.hash) == hash else {
        throw BlobError(.hashMismatch, at: BlobLayout.Header.hash)
      }
    }
    try validateSectionTable(count: sectionCount)
    try validateLayers()
    try validateFinite(sections.biases)
    try validateFinite(sections.states)
    try validateVocabulary()
    try validateLabels()
    try validateProvenance()
    try validateMetadata()
    if version > BlobLayout.firstVersion, !usesVersion2 {
      throw BlobError(.needlessVersion, at: BlobLayout.Header.version, found: UInt64(version))
    }
  }

  /// The record at `index`, its values known to be the format's once `validateLayers` has passed.
  func record(_ index: Int) throws(BlobError) -> LayerRecord {
    try LayerRecord(reading: file, at: recordStart(index))
  }

  func recordStart(_ index: Int) -> Int {
    sections.layers.start + index * recordSize
  }

  var layerCount: Int { sections.layers.count / recordSize }

  /// Refuses the first byte of `range` that is not zero.
  func requireZero(_ range: Range<Int>, or kind: BlobError.Kind) throws(BlobError) {
    if let at = file.firstNonZero(in: range) { throw BlobError(kind, at: at) }
  }
}
