import SluiceBlob
import TestSupport
import Testing

@Suite("Bans: the section table") struct SectionBanTests {
  typealias Field = BlobLayout.Section

  @Test("B13 no sections")
  func none() throws {
    var file = try BlobFile(.lstm)
    file.put(0 as UInt32, at: BlobLayout.Header.sectionCount)
    file.expect(.noSections, at: BlobLayout.Header.sectionCount)
  }

  @Test("B14 one section more than the maximum")
  func oneTooMany() throws {
    var file = try BlobFile(.chain)
    file.put(BlobLimits.sectionCount + 1, at: BlobLayout.Header.sectionCount)
    file.expect(.tooManySections, at: BlobLayout.Header.sectionCount)
  }

  @Test("B15 2^32-1 sections")
  func most() throws {
    var file = try BlobFile(.chain)
    file.put(UInt32.max, at: BlobLayout.Header.sectionCount)
    file.expect(.tooManySections, at: BlobLayout.Header.sectionCount)
    // A count within the limit, in a file that ends before its table.
    file.bytes.removeSubrange(128...)
    file.put(128 as UInt64, at: BlobLayout.Header.totalSize)
    file.put(3 as UInt32, at: BlobLayout.Header.sectionCount)
    file.expect(.sectionTableBeyondFile, at: BlobLayout.Header.sectionCount)
  }

  @Test("B16 an offset past the end")
  func offset() throws {
    for id in [SectionID.layers, .provenance] {
      var file = try BlobFile(.lstm)
      let entry = try file.entry(id)
      file.put(UInt64(file.bytes.count + 64), at: entry + Field.offset)
      file.expect(.sectionBeyondFile, at: entry + Field.offset)
    }
  }

  @Test("B17 an offset plus length that wraps")
  func wraps() throws {
    var file = try BlobFile(.lstm)
    let entry = try file.entry(.weights)
    file.put(UInt64.max - 63, at: entry + Field.offset)
    file.put(128 as UInt64, at: entry + Field.length)
    file.expect(.sectionRangeOverflows, at: entry + Field.length)
    file = try BlobFile(.lstm)
    file.put(UInt64.max, at: entry + Field.length)
    file.expect(.sectionRangeOverflows, at: entry + Field.length)
    file.put(UInt64(file.bytes.count), at: entry + Field.length)
    file.expect(.sectionBeyondFile, at: entry + Field.length)
  }

  @Test("B18 a section that is not aligned", arguments: [1, 4, 16, 32, 63])
  func misaligned(_ shift: UInt64) throws {
    var file = try BlobFile(.lstm)
    let entry = try file.entry(.weights)
    file.put(file.u64(entry + Field.offset) + shift, at: entry + Field.offset)
    file.expect(.sectionMisaligned, at: entry + Field.offset)
  }

  @Test("B19 overlapping sections")
  func overlap() throws {
    for id in [SectionID.layers, .weights, .provenance] {
      var file = try BlobFile(.lstm)
      let entry = try file.entry(id)
      file.put(file.u64(entry + Field.offset) - 64, at: entry + Field.offset)
      file.expect(.sectionOverlap, at: entry + Field.offset)
    }
    var file = try BlobFile(.lstm)
    let entry = try file.entry(.names)
    file.put(0 as UInt64, at: entry + Field.offset)
    file.expect(.sectionOverlap, at: entry + Field.offset)
  }

  @Test("B20 a hole between sections")
  func hole() throws {
    var file = try BlobFile(.lstm)
    let entry = try file.entry(.layers)
    file.put(file.u64(entry + Field.offset) + 64, at: entry + Field.offset)
    file.expect(.sectionHole, at: entry + Field.offset)

    // The padding between sections is no place to hide anything either.
    file = try BlobFile(.gruResetAfter)
    for end in [try file.entry(.provenance) + 32, try file.section(.names).upperBound] {
      var damaged = file
      damaged.bytes[end] = 0x41
      damaged.expect(.paddingNotZero, at: end)
    }
    let last = file.bytes.count - 1
    file.bytes[last] = 1
    file.expect(.paddingNotZero, at: last)
  }

  @Test("B21 a section twice")
  func duplicate() throws {
    var file = try BlobFile(.lstm)
    let entry = try file.entry(.biases)
    file.put(SectionID.weights.rawValue, at: entry)
    file.expect(.duplicateSection, at: entry)
    file.put(SectionID.layers.rawValue, at: entry)
    file.expect(.sectionsOutOfOrder, at: entry)
    for id in [0, 10, UInt32.max] {
      file.put(id, at: entry)
      file.expect(.unknownSection, at: entry)
    }
  }

  @Test("B22 a missing section")
  func missing() throws {
    let file = try BlobFile(.lstm)
    let count = BlobLayout.Header.sectionCount
    try file.replacing(.layers, with: nil).expect(.missingLayers, at: count)
    try file.replacing(.names, with: nil).expect(.missingNames, at: count)
    try file.replacing(.provenance, with: nil).expect(.missingProvenance, at: count)
    for (id, kind, field) in [
      (SectionID.weights, .missingWeights, BlobLayout.Record.weights),
      (.biases, .missingBiases, BlobLayout.Record.biases),
      (.states, .missingStates, BlobLayout.Record.initialState),
    ] as [(SectionID, BlobError.Kind, Int)] {
      let damaged = try file.replacing(id, with: nil)
      damaged.expect(kind, at: try damaged.record() + field)
    }
  }

  @Test("an empty section")
  func empty() throws {
    let file = try BlobFile(.dense).replacing(.states, with: [])
    file.expect(.emptySection, at: try file.entry(.states) + Field.length)
  }

  @Test("a section that no layer uses up")
  func notUsedUp() throws {
    for id in [SectionID.weights, .biases, .states, .names] {
      let file = try BlobFile(.lstm)
      let data = Array(file.bytes[try file.section(id)])
      let damaged = try file.replacing(id, with: data + [0, 0, 0, 0])
      damaged.expect(.sectionNotUsedUp, at: try damaged.entry(id) + Field.length)
    }
    let file = try BlobFile(.activation).replacing(.weights, with: [0, 0, 0, 0])
    file.expect(.sectionNotUsedUp, at: try file.entry(.weights) + Field.length)
  }

  @Test("a section entry of another size", arguments: [0, 31, 33, UInt32.max])
  func entrySize(_ size: UInt32) throws {
    var file = try BlobFile(.lstm)
    file.put(size, at: BlobLayout.Header.sectionEntrySize)
    file.expect(.wrongSectionEntrySize, at: BlobLayout.Header.sectionEntrySize)
  }
}
