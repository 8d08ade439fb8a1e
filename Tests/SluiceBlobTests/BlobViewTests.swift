import SluiceBlob
import TestSupport
import Testing

@Suite struct BlobViewTests {
  @Test("what a view gives of a whole chain")
  func chain() throws {
    let contents = SampleBlobs.contents(.chain)
    let file = AlignedBytes(try contents.bytes())
    let view = try file.view()
    #expect(view.layerCount == 7)
    #expect(view.output == .last)
    let count = unsafe view.bytes.count
    let hash = unsafe XXH64.hash(ofBlob: file.raw)
    #expect(count == file.count)
    #expect(view.hash == hash)
    #expect(view.range(of: .scales) == nil)
    let layers = try #require(view.range(of: .layers))
    #expect(layers == ByteRange(offset: 320, length: UInt64(7 * BlobLayout.recordSize)))
    for index in 0..<view.layerCount {
      let record = view.record(at: index)
      #expect(record.kind == contents.layers[index].record.kind)
      let weights = unsafe view.weights(of: record)
      if let address = weights.baseAddress { #expect(UInt(bitPattern: address) % 64 == 0) }
      let biases = unsafe view.biases(of: record)
      #expect(biases.count == record.paddedLaneCount * record.biasRowCount)
      let state = unsafe view.initialState(of: record)
      #expect(state.count == record.stateVectorCount * record.stateStride)
    }
  }

  @Test("every word is found, and no other")
  func tokens() throws {
    let words = (0..<300).map { "w\($0)" } + ["", "w", "W", "é", "日本語", "😀"]
    var random = SeededRandom(seed: 9)
    var contents = SampleBlobs.contents(
      of: [.embedding(tokenCount: 400, outputSize: 1)], &random)
    contents.vocabulary = words
    let file = AlignedBytes(try contents.bytes())
    let view = try file.view()
    #expect(view.vocabularyCount == words.count)
    for (id, word) in words.enumerated() {
      #expect(Self.id(of: word, in: view) == id)
      let found = unsafe String(decoding: view.word(at: id), as: UTF8.self)
      #expect(found == word)
    }
    for absent in ["x", "w300", "w00", "e\u{301}", "日本", "\u{0}"] {
      #expect(Self.id(of: absent, in: view) == nil)
    }
  }

  @Test("a vocabulary rewritten after its validation leads to other words or none, never outside")
  func rewrittenVocabulary() throws {
    let words = ["<unk>", "a", "film", "of", "some", "length"]
    var random = SeededRandom(seed: 10)
    var contents = SampleBlobs.contents(of: [.embedding(tokenCount: 8, outputSize: 1)], &random)
    contents.vocabulary = words
    let file = AlignedBytes(try contents.bytes())
    let view = try file.view()
    let section = try #require(view.range(of: .vocabulary))
    // Lookups that found their word all the same, and that did not.
    var (same, missed) = (0, 0)
    for offset in Int(section.offset)..<Int(section.offset + section.length) {
      let original = file[offset]
      for byte: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        file[offset] = byte
        for (id, word) in words.enumerated() {
          let found = Self.id(of: word, in: view)
          #expect(found.map { (0..<words.count).contains($0) } ?? true)
          if found == id { same += 1 } else { missed += 1 }
        }
      }
      file[offset] = original
    }
    #expect(same > 0 && missed > 0)
    for (id, word) in words.enumerated() { #expect(Self.id(of: word, in: view) == id) }
  }

  @Test("without a vocabulary no word is found")
  func noVocabulary() throws {
    let file = AlignedBytes(try SampleBlobs.bytes(.lstm))
    let view = try file.view()
    #expect(view.vocabularyCount == 0)
    #expect(view.labelCount == 0)
    #expect(Self.id(of: "a", in: view) == nil)
  }

  static func id(of word: String, in view: BlobView) -> Int? {
    unsafe Array(word.utf8).withUnsafeBytes { unsafe view.tokenID(of: $0) }
  }

  @Test("the workspace that a record declares")
  func workspace() {
    let lstm = LayerRecord.lstm(inputSize: 3, hiddenSize: 17)
    #expect(lstm.stateByteCount == 4 * 32 * 2)
    #expect(lstm.scratchByteCount == 4 * 32)
    let before = LayerRecord.gru(inputSize: 3, hiddenSize: 16, variant: .resetBefore)
    #expect(before.stateByteCount == 4 * 16)
    #expect(before.scratchByteCount == 4 * 16 + 2 * 4 * 16)
    let dense = LayerRecord.dense(inputSize: 3, outputSize: 1)
    #expect(dense.stateByteCount == 0)
    #expect(dense.scratchByteCount == 64)
  }

  @Test("each error says where and what")
  func descriptions() {
    var sentences: Set<String> = []
    var raw: UInt8 = 0
    while let kind = BlobError.Kind(rawValue: raw) {
      let text = BlobError(kind, at: 12).description
      #expect(text.hasPrefix("Byte 12: ") && text.hasSuffix("."))
      #expect(sentences.insert(text).inserted)
      raw += 1
    }
    #expect(raw > 100)
  }
}
