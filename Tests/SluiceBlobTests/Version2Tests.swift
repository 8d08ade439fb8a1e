import SluiceBlob
import TestSupport
import Testing

@Suite("Version 2") struct Version2Tests {
  typealias Field = BlobLayout.Record

  /// The sample of version 2 with an id and data beside its sections.
  func file(adding id: UInt32, flags: UInt32, _ data: [UInt8] = [1, 2, 3]) throws -> BlobFile {
    BlobFile(
      sections: (try BlobFile(.limited).sections() + [(id, data)]).sorted { $0.id < $1.id },
      version: 2, flags: [id: flags])
  }

  @Test("version 1 is written where nothing new is used")
  func oldest() throws {
    for sample in SampleBlobs.Sample.allCases {
      let contents = SampleBlobs.contents(sample)
      let version: UInt32 = [.limited, .selection, .sparse, .bands].contains(sample) ? 2 : 1
      #expect(contents.version == version)
      let view = try AlignedBytes(try contents.bytes()).view()
      #expect(view.version == version)
    }
  }

  @Test("what version 2 adds comes back")
  func roundTrip() throws {
    let bytes = try SampleBlobs.bytes(.limited)
    let file = AlignedBytes(bytes)
    let contents = BlobContents(try file.view())
    #expect(contents.metadata == #"{"unit": "\u00b0C"}"#)
    #expect(contents.layers[0].record.cellClip == 0.5)
    #expect(contents.layers[0].record.projectionClip == 0.25)
    #expect(try contents.bytes() == bytes)
  }

  @Test("a skippable section that nobody knows is passed over")
  func skippable() throws {
    let known = AlignedBytes(try SampleBlobs.bytes(.limited))
    for id in [11, 1000, UInt32.max] {
      let file = try file(adding: id, flags: 1)
      file.expectValid()
      let memory = AlignedBytes(file.bytes)
      let (view, plain) = (try memory.view(), try known.view())
      #expect(view.topologyHash == plain.topologyHash)
      #expect(view.record(at: 0) == plain.record(at: 0))
      // It lies where the rules put it, and the hash covers it.
      let entry = BlobLayout.headerSize + BlobLayout.sectionEntrySize * 6
      var damaged = file
      damaged.bytes[Int(file.u64(entry + BlobLayout.Section.offset))] ^= 1
      #expect(AlignedBytes(damaged.bytes).error()?.kind == .hashMismatch)
      damaged = file
      damaged.put(file.u64(entry + 8) + 64, at: entry + BlobLayout.Section.offset)
      #expect(AlignedBytes(damaged.bytes).error(checkingHash: false) != nil)
    }
  }

  @Test("a required section that nobody knows is refused, named by its number")
  func required() throws {
    try file(adding: 0, flags: 1).expect(.unknownSection, at: BlobLayout.headerSize)
    let file = try file(adding: 11, flags: 0)
    let entry = BlobLayout.headerSize + 6 * BlobLayout.sectionEntrySize
    file.expect(.unknownSection, at: entry)
    let error = try #require(AlignedBytes(file.bytes).error())
    #expect(error.description.contains("found 11"))
  }

  @Test("flags of a section that are not the format's")
  func flags() throws {
    var file = try BlobFile(.limited)
    for (id, flags, kind) in [
      (SectionID.metadata, 0, .wrongSectionFlag), (.layers, 1, .wrongSectionFlag),
      (.metadata, 3, .unknownSectionFlag), (.weights, 1 << 31, .unknownSectionFlag),
    ] as [(SectionID, UInt32, BlobError.Kind)] {
      let place = try file.entry(id) + BlobLayout.Section.flags
      let before = file.u32(place)
      file.put(flags, at: place)
      file.expect(kind, at: place)
      file.put(before, at: place)
    }
  }

  @Test("a file of version 2 that needs none")
  func needless() throws {
    for sample in [SampleBlobs.Sample.lstm, .chain] {
      var file = try BlobFile(sample)
      file.put(2 as UInt32, at: BlobLayout.Header.version)
      file.put(UInt32(BlobLayout.recordSize), at: BlobLayout.Header.recordSize)
      file.expect(.needlessVersion, at: BlobLayout.Header.version)
    }
    // The other way round, what is new is not of version 1.
    var file = try BlobFile(.limited)
    file.put(1 as UInt32, at: BlobLayout.Header.version)
    file.put(0 as UInt32, at: BlobLayout.Header.recordSize)
    file.expect(.unknownSection, at: try file.entry(.metadata))
    file = try file.replacing(.metadata, with: nil)
    file.expect(.reservedNotZero, at: try file.record() + Field.cellClip + 3)
  }

  @Test("sizes of a record that are not the format's", arguments: [0, 256, 319, 321, 1088, .max])
  func recordSize(_ size: UInt32) throws {
    var file = try BlobFile(.limited)
    file.put(size, at: BlobLayout.Header.recordSize)
    file.expect(.wrongRecordSize, at: BlobLayout.Header.recordSize)
  }

  @Test("records that are longer than this reader knows", arguments: [384, 1024])
  func longer(_ size: Int) throws {
    let file = try BlobFile(.limited)
    let record = Array(file.bytes[try file.section(.layers)])
    let padding = [UInt8](repeating: 0, count: size - record.count)
    // Empty, they would be a second way to write the same.
    var longer = try file.replacing(.layers, with: record + padding)
    longer.put(UInt32(size), at: BlobLayout.Header.recordSize)
    longer.expect(.wrongRecordSize, at: BlobLayout.Header.recordSize)
    for place in [BlobLayout.recordSize, size - 1] {
      var unknown = longer
      unknown.bytes[try longer.record() + place] = 1
      unknown.expect(.unknownField, at: try longer.record() + place)
    }
  }

  @Test(
    "limits of C and of a projection that are not",
    arguments: [-1, -0.0, Float.infinity, Float.nan])
  func limits(_ limit: Float) throws {
    for (field, kind) in [
      (Field.cellClip, .wrongCellClip), (Field.projectionClip, .wrongProjectionClip),
    ] as [(Int, BlobError.Kind)] {
      var file = try BlobFile(.limited)
      let place = try file.record() + field
      file.put(limit.bitPattern, at: place)
      file.expect(kind, at: place)
    }
  }

  @Test("limits of layers that have neither C nor a projection")
  func limitsElsewhere() throws {
    for record in [
      LayerRecord.gru(inputSize: 1, hiddenSize: 2, variant: .resetAfter),
      .rnn(inputSize: 1, hiddenSize: 2), .dense(inputSize: 1, outputSize: 2),
      .lstm(inputSize: 1, hiddenSize: 2),
    ] {
      for (path, kind) in [
        (\LayerRecord.cellClip, .wrongCellClip), (\.projectionClip, .wrongProjectionClip),
      ] as [(WritableKeyPath<LayerRecord, Float>, BlobError.Kind)] {
        var random = SeededRandom(seed: 3)
        var contents = SampleBlobs.contents(of: [record], &random)
        contents.layers[0].record[keyPath: path] = 1
        let isAllowed = record.kind == .lstm && kind == .wrongCellClip
        #expect(contents.refusal == (isAllowed ? nil : kind), "\(record.kind)")
      }
    }
  }

  @Test("a limited cell is no plain one: f32 alone, exact alone")
  func notPlain() {
    var record = LayerRecord.lstm(inputSize: 1, hiddenSize: 2)
    #expect(record.isPlain && record.hasFastGrade)
    record.cellClip = 10
    #expect(!record.isPlain && !record.hasFastGrade)
  }

  @Test("metadata that are not a JSON object in UTF-8 of at most 64 KiB")
  func metadata() throws {
    func expect(_ text: [UInt8], _ kind: BlobError.Kind, at place: Int) throws {
      let file = try BlobFile(.limited).replacing(.metadata, with: text)
      file.expect(kind, at: try file.section(.metadata).lowerBound + place)
    }
    for (text, place) in [
      ("[]", 0), (#"{"a":}"#, 5), (#"{"a":1}x"#, 7), (#"{"a":"\ud800"}"#, 7),
      (#"{"a":"\udc00\ud800"}"#, 7), (#"{"a":"\ud800\u0041"}"#, 7), (#"{"\udFFF":1}"#, 3),
    ] {
      try expect(Array(text.utf8), .metadataNotJSON, at: place)
    }
    try expect(Array("{\"a\":\"".utf8) + [0xC3, 0x22, 0x7D], .metadataNotUTF8, at: 6)
    let bomb = #"{"a":"# + String(repeating: "[", count: 60_000)
    try expect(Array(bomb.utf8), .metadataTooDeep, at: 5 + BlobLimits.jsonDepth - 1)
    let limit = BlobLimits.metadataLength
    let long = Array("{}".utf8) + [UInt8](repeating: 0x20, count: limit - 1)
    let file = try BlobFile(.limited).replacing(.metadata, with: long)
    file.expect(
      .metadataTooLong, at: try file.entry(.metadata) + BlobLayout.Section.length)
    for text in [
      Array("{}".utf8), Array(long.prefix(limit)), Array(#"{"a":"\uD83D\ude00é"}"#.utf8),
    ] {
      try BlobFile(.limited).replacing(.metadata, with: text).expectValid()
    }
  }
}

extension BlobContents {
  /// The rule that the contents break.
  var refusal: BlobError.Kind? {
    do throws(BlobError) {
      _ = try bytes()
      return nil
    } catch {
      return error.kind
    }
  }
}
