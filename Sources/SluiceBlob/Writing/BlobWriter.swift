/// Lays out a blob's sections one after the other. It checks nothing: the validator does.
struct BlobWriter {
  let contents: BlobContents
  private var bytes: [UInt8] = []
  private var entries: [(id: SectionID, offset: Int, length: Int)] = []

  init(contents: BlobContents) {
    self.contents = contents
  }

  /// The whole file.
  mutating func write() -> [UInt8] {
    let sections = sections()
    bytes = [UInt8](
      repeating: 0, count: BlobLayout.headerSize + sections.count * BlobLayout.sectionEntrySize)
    var size = bytes.count
    for (_, data) in sections { size = BlobLayout.aligned(size) + data.count }
    bytes.reserveCapacity(BlobLayout.aligned(size))
    for (id, data) in sections {
      bytes.pad(to: BlobLayout.alignment)
      entries.append((id, bytes.count, data.count))
      bytes += data
    }
    bytes.pad(to: BlobLayout.alignment)
    writeHeader()
    return bytes
  }

  private mutating func writeHeader() {
    typealias Field = BlobLayout.Header
    bytes.put(BlobLayout.magic, at: Field.magic)
    let version = contents.version
    bytes.put(version, at: Field.version)
    if version > BlobLayout.firstVersion {
      bytes.put(UInt32(BlobLayout.recordSize), at: Field.recordSize)
    }
    bytes.put(BlobLayout.byteOrderMark, at: Field.byteOrderMark)
    bytes.put(UInt64(bytes.count), at: Field.totalSize)
    bytes.put(UInt32(BlobLayout.headerSize), at: Field.headerSize)
    bytes.put(UInt32(entries.count), at: Field.sectionCount)
    bytes.put(UInt32(BlobLayout.sectionEntrySize), at: Field.sectionEntrySize)
    bytes.put(contents.output.rawValue, at: Field.outputMode)
    for (index, section) in entries.enumerated() {
      let entry = BlobLayout.headerSize + index * BlobLayout.sectionEntrySize
      bytes.put(section.id.rawValue, at: entry + BlobLayout.Section.id)
      bytes.put(section.id.flags, at: entry + BlobLayout.Section.flags)
      bytes.put(UInt64(section.offset), at: entry + BlobLayout.Section.offset)
      bytes.put(UInt64(section.length), at: entry + BlobLayout.Section.length)
    }
    let hash = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash(ofBlob: $0) }
    bytes.put(hash, at: Field.hash)
  }

  /// The sections that have bytes, in ascending order of their ids.
  private func sections() -> [(SectionID, [UInt8])] {
    var layers: [UInt8] = []
    var weights: [UInt8] = []
    var biases: [UInt8] = []
    var states: [UInt8] = []
    var scales: [UInt8] = []
    var names: [UInt8] = []
    for layer in contents.layers {
      var record = layer.record
      record.weights = weights.appendBlock(layer.weights)
      record.biases = biases.appendBlock(Packing.bytes(of: layer.biases))
      record.initialState = states.appendBlock(Packing.bytes(of: layer.initialState))
      record.scales = scales.appendBlock(layer.scales)
      let name = Array(layer.name.utf8)
      record.name = ByteRange(offset: UInt64(names.count), length: UInt64(name.count))
      names += name
      layers += record.bytes()
    }
    let all: [(SectionID, [UInt8])] = [
      (.layers, layers), (.weights, weights), (.biases, biases), (.states, states),
      (.scales, scales), (.names, names),
      (.vocabulary, TextTable.bytes(contents.vocabulary, isSorted: true)),
      (.labels, TextTable.bytes(contents.labels, isSorted: false)),
      (.provenance, Array(contents.provenance.utf8)),
      (.metadata, Array(contents.metadata.utf8)),
    ]
    return all.filter { !$0.1.isEmpty }
  }
}
