import SluiceBlob
import TestSupport
import Testing

@Suite("Bans: text") struct TextBanTests {
  typealias Field = BlobLayout.Record

  /// Well-formed UTF-8's edges, and the offset of what is wrong, nil where nothing is.
  static let texts: [(text: [UInt8], wrong: Int?)] = [
    (Array("naïve 日本 🌊".utf8), nil), ([0x7F], nil), ([0xC2, 0x80], nil),
    ([0xE0, 0xA0, 0x80], nil), ([0xED, 0x9F, 0xBF], nil), ([0xF4, 0x8F, 0xBF, 0xBF], nil),
    ([0x80], 0), ([0x41, 0xC3], 1), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xE0, 0x9F, 0xBF], 0),
    ([0xED, 0xA0, 0x80], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0), ([0xF4, 0x90, 0x80, 0x80], 0),
    ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFF], 0), ([0x41, 0xE2, 0x82], 1), ([0xE2, 0x28, 0xA1], 0),
    ([0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xFE], 9),
    ([0xF0, 0x9F, 0x8C, 0x41], 0),
  ]

  /// The LSTM's file with another name.
  static func named(_ name: [UInt8]) throws -> BlobFile {
    var file = try BlobFile(.lstm).replacing(.names, with: name)
    file.put(UInt64(name.count), at: try file.record() + Field.name + 8)
    return file
  }

  @Test("B37 a name that is not UTF-8, holds NUL, is empty or 64 KiB long")
  func name() throws {
    for (text, wrong) in Self.texts {
      let file = try Self.named(text)
      if let wrong {
        file.expect(.nameNotUTF8, at: try file.section(.names).lowerBound + wrong)
      } else {
        file.expectValid()
      }
    }
    let nul = try Self.named([0x41, 0, 0x42])
    nul.expect(.nameHasNUL, at: try nul.section(.names).lowerBound + 1)
    try Self.named([UInt8](repeating: 0x41, count: 255)).expectValid()
    for length in [256, 65536] {
      let long = try Self.named([UInt8](repeating: 0x41, count: length))
      long.expect(.nameTooLong, at: try long.record() + Field.name + 8)
    }
    var empty = try BlobFile(.lstm)
    empty.put(0 as UInt64, at: try empty.record() + Field.name + 8)
    empty.expect(.emptyName, at: try empty.record() + Field.name + 8)
  }

  @Test("names that are cut off, out of order or the same")
  func names() throws {
    var file = try BlobFile(.chain)
    let record = try file.record(3)
    file.put(file.u64(record + Field.name) + 1, at: record + Field.name)
    file.expect(.wrongNameOffset, at: record + Field.name)
    file = try BlobFile(.lstm)
    let field = try file.record() + Field.name + 8
    file.put(file.u64(field) + 1, at: field)
    file.expect(.nameBeyondSection, at: field)

    var contents = SampleBlobs.contents(.chain)
    contents.layers[5].name = contents.layers[2].name
    let error = #expect(throws: BlobError.self) { try contents.bytes() }
    #expect(error == BlobError(.duplicateName, at: record + 2 * BlobLayout.recordSize + Field.name))
  }

  /// A vocabulary's or labels' section of the given parts.
  static func table(
    offsets: [UInt32], sorted: [UInt32], text: [UInt8], count: UInt32? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    let head: [UInt32] = [count ?? UInt32(offsets.count - 1), 0]
    for number in head + offsets + sorted {
      for shift in [0, 8, 16, 24] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    return bytes + text
  }

  /// Expects the embedding's file with these words to break `kind`, `place` bytes into the section.
  func expectWords(
    _ offsets: [UInt32], _ sorted: [UInt32], _ text: String, count: UInt32? = nil,
    _ kind: BlobError.Kind, at place: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let data = Self.table(offsets: offsets, sorted: sorted, text: Array(text.utf8), count: count)
    let file = try BlobFile(.embedding).replacing(.vocabulary, with: data)
    let start = try file.section(.vocabulary).lowerBound
    file.expect(kind, at: start + place, sourceLocation: sourceLocation)
  }

  @Test("vocabularies that lie")
  func vocabulary() throws {
    // Within the section: the count at 0, offsets from 8, sorted ids and then the text behind them.
    try expectWords([0, 1, 2], [1, 0], "b", .wrongTableOffset, at: 16)
    try expectWords([0, 2, 1], [1, 0], "b", .wrongTableOffset, at: 12)
    try expectWords([0, 1, 0], [1, 0], "b", .wrongTableOffset, at: 16)
    try expectWords([1, 1, 1], [1, 0], "b", .wrongTableOffset, at: 8)
    try expectWords([0, 1, 1], [1, 0], "bc", .wrongTableOffset, at: 16)
    try expectWords([0, 1, 1], [0, 1], "b", .wordsNotAscending, at: 24)
    try expectWords([0, 1, 2], [0, 1], "bb", .wordsNotAscending, at: 24)
    try expectWords([0, 1, 2], [0, 0], "bc", .wordsNotAscending, at: 24)
    try expectWords([0, 1, 2], [0, 2], "bc", .wordIDOutOfRange, at: 24)
    try expectWords([0, 1, 2], [.max, 1], "bc", .wordIDOutOfRange, at: 20)
    // A word must be UTF-8 by itself: these two share a code point.
    try expectWords([0, 2, 3], [0, 1], "aé", .wordNotUTF8, at: 29)
    try expectWords([0], [], "", .wrongWordCount, at: 0)
    try expectWords([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0], "", .wrongWordCount, at: 0)
    try expectWords([0], [], "", count: 1, .tableTruncated, at: 0)
    try expectWords([0], [], "", count: .max, .tableTruncated, at: 0)
    let short = [UInt8](repeating: 0, count: 11)
    let file = try BlobFile(.embedding).replacing(.vocabulary, with: short)
    file.expect(.tableTruncated, at: try file.section(.vocabulary).lowerBound)
  }

  @Test("a word of more than 65535 bytes")
  func longWord() throws {
    let long = [UInt8](repeating: 0x41, count: BlobLimits.wordLength + 1)
    let table = Self.table(offsets: [0, UInt32(long.count)], sorted: [0], text: long)
    let file = try BlobFile(.embedding).replacing(.vocabulary, with: table)
    file.expect(.wordTooLong, at: try file.section(.vocabulary).lowerBound + 12)
  }

  /// Expects the two outputs' file with these labels to break `kind`, `place` bytes into the section.
  func expectLabels(
    _ offsets: [UInt32], _ text: [UInt8], count: UInt32? = nil, _ kind: BlobError.Kind,
    at place: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let data = Self.table(offsets: offsets, sorted: [], text: text, count: count)
    let file = try BlobFile(.dense).replacing(.labels, with: data)
    let start = try file.section(.labels).lowerBound
    file.expect(kind, at: start + place, sourceLocation: sourceLocation)
  }

  @Test("labels that lie")
  func labels() throws {
    try expectLabels([0, 1], [0x62], .wrongLabelCount, at: 0)
    try expectLabels([0, 1, 2, 3], [0x62, 0x62, 0x62], .wrongLabelCount, at: 0)
    try expectLabels([0, 1, 1], [0x62], .emptyLabel, at: 16)
    let long = [UInt8](repeating: 0x41, count: 257)
    try expectLabels([0, 1, 257], long, .labelTooLong, at: 16)
    try expectLabels([0, 1, 2], [0x62, 0x80], .labelNotUTF8, at: 21)
    try expectLabels([0, 1, 2], [0x62, 0], .labelHasNUL, at: 21)
    try expectLabels([0, 1, 2], [0x62], .wrongTableOffset, at: 16)
    try expectLabels([0, 1], [0x62], count: 2, .tableTruncated, at: 0)
    // A single output may have one label or two.
    let one = Self.table(offsets: [0, 1], sorted: [], text: [0x62])
    try BlobFile(.chain).replacing(.labels, with: one).expectValid()
  }

  /// Expects the LSTM's file with this provenance to break `kind`, `place` bytes into it.
  func expectProvenance(
    _ text: String, _ kind: BlobError.Kind = .provenanceNotJSON, at place: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = try BlobFile(.lstm).replacing(.provenance, with: Array(text.utf8))
    let start = try file.section(.provenance).lowerBound
    file.expect(kind, at: start + place, sourceLocation: sourceLocation)
  }

  /// An object that holds arrays within arrays, `depth` levels in all.
  func nested(_ depth: Int) -> String {
    let open = String(repeating: "[", count: depth - 1)
    let close = String(repeating: "]", count: depth - 1)
    return #"{"a":"# + open + close + "}"
  }

  @Test("provenance that is not a JSON object")
  func provenance() throws {
    try expectProvenance("[]", at: 0)
    try expectProvenance(#""a""#, at: 0)
    try expectProvenance("{", at: 1)
    try expectProvenance("{}}", at: 2)
    try expectProvenance("{,}", at: 1)
    try expectProvenance(#"{"a"}"#, at: 4)
    try expectProvenance(#"{"a":}"#, at: 5)
    try expectProvenance(#"{"a" 1}"#, at: 5)
    try expectProvenance(#"{"a":1,}"#, at: 7)
    try expectProvenance(#"{"a":[1,]}"#, at: 8)
    try expectProvenance(#"{"a":[1}"#, at: 7)
    try expectProvenance(#"{"a":01}"#, at: 6)
    try expectProvenance(#"{"a":-}"#, at: 6)
    try expectProvenance(#"{"a":1.}"#, at: 7)
    try expectProvenance(#"{"a":1e}"#, at: 7)
    try expectProvenance(#"{"a":nul}"#, at: 8)
    try expectProvenance(#"{"a":NaN}"#, at: 5)
    try expectProvenance(#"{"a":"\x"}"#, at: 7)
    try expectProvenance(#"{"a":"\u12g4"}"#, at: 10)
    try expectProvenance("{\"a\":\"\n\"}", at: 6)
    try expectProvenance(#"{"a":"b"#, at: 7)
    let deep = BlobLimits.jsonDepth
    try expectProvenance(nested(deep + 1), .provenanceTooDeep, at: 5 + deep - 1)
    let bomb = #"{"a":"# + String(repeating: "[", count: 100_000)
    try expectProvenance(bomb, .provenanceTooDeep, at: 5 + deep - 1)
    for text in [
      "{}", " { } \n", nested(deep), #"{"a": [0, -1.5e+3, 2E-1, 10], "b": {"c": [[], {}]}}"#,
      #"{"": "\"\\\/\b\f\n\r\t\u00eF", "é": true, "f": false, "n": null}"#,
    ] {
      try BlobFile(.lstm).replacing(.provenance, with: Array(text.utf8)).expectValid()
    }
    for (text, wrong) in Self.texts where wrong != nil {
      let file = try BlobFile(.lstm).replacing(.provenance, with: Array("{\"".utf8) + text)
      let start = try file.section(.provenance).lowerBound + 2
      file.expect(.provenanceNotUTF8, at: start + (wrong ?? 0))
    }
  }
}
