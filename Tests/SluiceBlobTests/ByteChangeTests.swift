import SluiceBlob
import TestSupport
import Testing

extension SectionID {
  /// Sections whose data can be other and as right.
  fileprivate static let free: [SectionID] = [
    .weights, .biases, .states, .scales, .names, .vocabulary, .labels, .provenance, .metadata,
  ]
}

@Suite("Every byte of a small blob, changed") struct ByteChangeTests {
  /// What a byte is changed to: every other value where that is quick, else every bit and the edges.
  static func values(insteadOf byte: UInt8) -> [UInt8] {
    #if DEBUG
      let values = (0..<8).map { byte ^ 1 << $0 } + [0, 0x7F, 0x80, 0xFF, byte &+ 1, byte &- 1]
    #else
      let values = Array(UInt8.min...UInt8.max)
    #endif
    return values.filter { $0 != byte }
  }

  @Test("with the hash left: refused", arguments: SampleBlobs.Sample.allCases)
  func hashLeft(_ sample: SampleBlobs.Sample) throws {
    let memory = AlignedBytes(try SampleBlobs.bytes(sample))
    for offset in 0..<memory.count {
      let original = memory[offset]
      for value in Self.values(insteadOf: original) {
        memory[offset] = value
        if memory.error() == nil { Issue.record("byte \(offset) = \(value) passed") }
      }
      memory[offset] = original
    }
    #expect(memory.error() == nil)
  }

  /// Fields and data where another value can be right as well.
  static func isFree(_ offset: Int, in file: BlobFile) throws -> Bool {
    let record = try file.section(.layers)
    if record.contains(offset) {
      let field = (offset - record.lowerBound) % BlobLayout.recordSize
      typealias Field = BlobLayout.Record
      // Another number of columns, or another input of the same size, is another sound graph.
      let columns = file.u32(offset - field + Field.columns) != 0
      let listed =
        Field.inputs..<Field.inputs + 4 * Int(file.u32(offset - field + Field.inputCount))
      return field == Field.outputActivation || field == Field.candidateActivation
        || field == Field.direction || listed.contains(field)
        || field == Field.grade
        || field == Field.inputCount && (columns || !listed.isEmpty)
        || columns
          && [
            Field.kind, Field.outputSize, Field.columns, Field.columnStride, Field.dilation,
            Field.before, Field.after,
          ].contains(field)
        || (Field.epsilon..<Field.sliceStart + 1).contains(field)
        // A gather may leave more features out, a delay's steps fill a line in part.
        || file.u32(offset - field + Field.kind) == LayerKind.gather.rawValue
          && (Field.inputSize..<Field.inputSize + 8).contains(field)
        || field == Field.delay
        // Where blocks are left out, more may be: those of inputs beyond. Integers have scales.
        || file.u32(offset - field + Field.keptBlocks) != 0
          && ((Field.inputScale..<Field.kernelSize).contains(field)
            || (Field.hiddenRounding..<Field.hiddenRounding + 4).contains(field))
        || file.u32(offset - field + Field.keptBlocks) != 0
          && (Field.inputSize..<Field.inputSize + 3).contains(field)
        // A cell of the general form may have other gates, flags and limits.
        || file.u32(BlobLayout.Header.version) == 2
          && (field == Field.gateActivation || field == Field.cellFlags
            || (Field.clip..<Field.gateAlpha).contains(field)
            || (Field.cellClip..<Field.hiddenRounding).contains(field))
    }
    let entry = (offset - BlobLayout.headerSize) % BlobLayout.sectionEntrySize
    let isTable = (BlobLayout.headerSize..<record.lowerBound).contains(offset)
    // What may be passed over may have any name that nobody knows.
    if isTable, entry < BlobLayout.Section.flags,
      file.u32(offset - entry + BlobLayout.Section.flags) != 0
    {
      return true
    }
    for id in SectionID.free where file.find(id) != nil {
      if try file.section(id).contains(offset) { return true }
    }
    return offset == BlobLayout.Header.outputMode
  }

  @Test("with the hash made right: refused or sound", arguments: SampleBlobs.Sample.allCases)
  func hashRight(_ sample: SampleBlobs.Sample) throws {
    var file = try BlobFile(sample)
    let memory = AlignedBytes(file.bytes)
    let hash = BlobLayout.Header.hash..<BlobLayout.Header.hash + 8
    for offset in file.bytes.indices where !hash.contains(offset) {
      let original = memory[offset]
      let isFree = try Self.isFree(offset, in: file)
      for value in Self.values(insteadOf: original) {
        memory[offset] = value
        // Leaving the hash out is the same as making it right, and quicker.
        guard let view = try? memory.view(checkingHash: false) else { continue }
        if !isFree { Issue.record("byte \(offset) = \(value) passed") }
        Self.readEverything(view)
      }
      memory[offset] = original
    }
    // That it is the same, on some of them.
    for offset in stride(from: 0, to: file.bytes.count, by: 7) where !hash.contains(offset) {
      let original = file.bytes[offset]
      file.bytes[offset] ^= 0x10
      file.rehash()
      let changed = AlignedBytes(file.bytes)
      #expect(changed.error() == changed.error(checkingHash: false))
      file.bytes[offset] = original
    }
  }

  /// Reads all that a view gives: whatever validates must be readable without a trap.
  static func readEverything(_ view: BlobView) {
    var bytes = 0
    for index in 0..<view.layerCount {
      let record = view.record(at: index)
      unsafe bytes += view.weights(of: record).count + 4 * view.biases(of: record).count
      unsafe bytes += 4 * view.initialState(of: record).count + view.name(of: record).count
    }
    for id in 0..<view.vocabularyCount {
      let found = unsafe view.tokenID(of: view.word(at: id))
      #expect(found == id)
    }
    for index in 0..<view.labelCount { unsafe bytes += view.label(at: index).count }
    unsafe bytes += view.provenance.count
    #expect(unsafe bytes > 0 && bytes < view.bytes.count)
  }

  @Test("two fields at once, at random: refused or sound")
  func twoFields() throws {
    var random = SeededRandom(seed: 0x51CE)
    for sample in SampleBlobs.Sample.allCases {
      let file = try BlobFile(sample)
      let memory = AlignedBytes(file.bytes)
      let head = try file.section(.layers).upperBound
      for _ in 0..<2000 {
        for _ in 0..<2 {
          let offset = Int.random(in: 8..<head / 4, using: &random) * 4
          let values: [UInt32] = [0, 1, 64, 256, 1 << 16, 1 << 31, .max, UInt32(file.bytes.count)]
          let value = values.randomElement(using: &random) ?? 0
          for index in 0..<4 { memory[offset + index] = UInt8(value >> (8 * index) & 0xFF) }
        }
        if let view = try? memory.view(checkingHash: false) { Self.readEverything(view) }
        for offset in 0..<head { memory[offset] = file.bytes[offset] }
      }
    }
  }
}
