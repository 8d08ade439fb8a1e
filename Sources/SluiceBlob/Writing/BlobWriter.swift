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
    bytes.put(BlobLayout.version, at: Field.version)
    bytes.put(BlobLayout.byteOrderMark, at: Field.byteOrderMark)
    bytes.put(UInt64(bytes.count), at: Field.totalSize)
    bytes.put(UInt32(BlobLayout.headerSize), at: Field.headerSize)
    bytes.put(UInt32(entries.count), at: Field.sectionCount)
    bytes.put(UInt32(BlobLayout.sectionEntrySize), at: Field.sectionEntrySize)
    bytes.put(contents.output.rawValue, at: Field.outputMode)
    for (index, section) in entries.enumerated() {
      let entry = BlobLayout.headerSize + index * BlobLayout.sectionEntrySize
      bytes.put(section.id.rawValue, at: entry + BlobLayout.Section.id)
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
    var names: [UInt8] = []
    for layer in contents.layers {
      var record = layer.record
      record.weights = weights.appendBlock(layer.weights)
      record.biases = biases.appendBlock(Packing.bytes(of: layer.biases))
      record.initialState = states.appendBlock(Packing.bytes(of: layer.initialState))
      let name = Array(layer.name.utf8)
      record.name = ByteRange(offset: UInt64(names.count), length: UInt64(name.count))
      names += name
      layers += record.bytes()
    }
    let all: [(SectionID, [UInt8])] = [
      (.layers, layers), (.weights, weights), (.biases, biases), (.states, states),
      (.names, names), (.vocabulary, TextTable.bytes(contents.vocabulary, isSorted: true)),
      (.labels, TextTable.bytes(contents.labels, isSorted: false)),
      (.provenance, Array(contents.provenance.utf8)),
    ]
    return all.filter { !$0.1.isEmpty }
  }
}

extension LayerRecord {
  /// The record's 256 bytes.
  func bytes() -> [UInt8] {
    typealias Field = BlobLayout.Record
    var bytes = [UInt8](repeating: 0, count: BlobLayout.recordSize)
    bytes.put(kind.rawValue, at: Field.kind)
    bytes.put(variant?.rawValue ?? 0, at: Field.variant)
    bytes.put(direction.rawValue, at: Field.direction)
    bytes.put(gateOrder.rawValue, at: Field.gateOrder)
    bytes.put(storage.rawValue, at: Field.storage)
    bytes.put(gateActivation.rawValue, at: Field.gateActivation)
    bytes.put(candidateActivation.rawValue, at: Field.candidateActivation)
    bytes.put(outputActivation.rawValue, at: Field.outputActivation)
    bytes.put(grade.rawValue, at: Field.grade)
    bytes.put(UInt32(panelWidth), at: Field.tileWidth)
    bytes.put(UInt64(bitPattern: Int64(inputSize)), at: Field.inputSize)
    bytes.put(UInt64(bitPattern: Int64(hiddenSize)), at: Field.hiddenSize)
    bytes.put(UInt64(bitPattern: Int64(outputSize)), at: Field.outputSize)
    for (field, range) in [
      (Field.weights, weights), (Field.biases, biases), (Field.initialState, initialState),
      (Field.name, name),
    ] {
      bytes.put(range.offset, at: field)
      bytes.put(range.length, at: field + 8)
    }
    // Sizes that the validator refuses anyway are kept away from the arithmetic.
    let limit = Int(BlobLimits.size)
    if 0...limit ~= hiddenSize, 0...limit ~= outputSize {
      bytes.put(UInt64(stateByteCount), at: Field.stateBytes)
      bytes.put(UInt64(scratchByteCount), at: Field.scratchBytes)
    }
    return bytes
  }
}

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

extension [UInt8] {
  /// Writes an integer little-endian over the bytes at `offset`.
  mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    for index in 0..<Value.bitWidth / 8 {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  /// Appends zeros up to a multiple of `alignment`.
  mutating func pad(to alignment: Int) {
    while count % alignment != 0 { append(0) }
  }

  /// Appends a layer's block at the next multiple of 64; an empty one leaves no trace.
  mutating func appendBlock(_ block: [UInt8]) -> ByteRange {
    if block.isEmpty { return ByteRange() }
    pad(to: BlobLayout.alignment)
    defer { self += block }
    return ByteRange(offset: UInt64(count), length: UInt64(block.count))
  }
}
