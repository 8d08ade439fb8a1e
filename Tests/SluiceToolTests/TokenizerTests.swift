import Foundation
import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite struct TokenizerTests {
  /// The tokens of `text` with `words` as the vocabulary.
  private func tokens(
    of text: [UInt8], _ words: [String]
  ) throws -> [(text: String, id: Int, isKnown: Bool)] {
    let table = BlobContents.Layer(
      record: .embedding(tokenCount: words.count, outputSize: 1), name: "e",
      weights: [UInt8](repeating: 0, count: 4 * words.count), biases: [])
    let blob = try OpenBlob(BlobContents(layers: [table], vocabulary: words), file: "test")
    var tokenizer = Tokenizer(blob.model.blob)
    var result: [(text: String, id: Int, isKnown: Bool)] = []
    while let token = tokenizer.next(in: text.span) {
      let bytes = text[token.range]
      result.append((String(decoding: bytes, as: UTF8.self), token.id, token.isKnown))
    }
    #expect(tokenizer.next(in: text.span) == nil, "the end is the end")
    withExtendedLifetime(blob) {}
    return result
  }

  private let words = ["<unk>", "it's", "a", "film", "!", "42", "caf\u{E9}", "<"]

  @Test func wordsAndMarksAreTokens() throws {
    let found = try tokens(of: Array(" It's A\tFILM!! 42, caf\u{E9}\u{7F}x<unk>".utf8), words)
    #expect(
      found.map(\.text)
        == ["It's", "A", "FILM", "!", "!", "42", ",", "caf\u{E9}", "x", "<", "unk", ">"])
    #expect(found.map(\.id) == [1, 2, 3, 4, 4, 5, 0, 6, 0, 7, 0, 0])
    #expect(found.map(\.isKnown) == found.map { $0.id != 0 })
  }

  @Test func onlyASCIILettersAreLowered() throws {
    let found = try tokens(of: Array("CAF\u{C9} CAF\u{E9}".utf8), words)
    #expect(found.map(\.id) == [0, 6])
  }

  @Test func anyBytesAreAText() throws {
    let found = try tokens(of: Array(0...255), words)
    #expect(!found.isEmpty)
    #expect(try tokens(of: [], words).isEmpty)
    #expect(try tokens(of: [0x20, 0x00, 0x7F, 0x0A], words).isEmpty)
  }

  @Test func aVocabularyWithASpaceIsOfPieces() throws {
    let pieces = ["<unk>", " ", "a", "ab", "abcd", "b", "B", "\n", "caf\u{E9}", "\u{E9}"]
    let found = try tokens(of: Array("abc abcdaB\n caf\u{E9}caf\u{E9}s\u{65E5}\u{E9}".utf8), pieces)
    #expect(
      found.map(\.text) == [
        "ab", "c", " ", "abcd", "a", "B", "\n", " ", "caf\u{E9}", "caf\u{E9}", "s", "\u{65E5}",
        "\u{E9}",
      ])
    #expect(found.map(\.id) == [3, 0, 1, 4, 2, 6, 7, 1, 8, 8, 0, 0, 9])
    #expect(found.map(\.isKnown) == found.map { $0.id != 0 })
    // Any bytes are a text, and none is left out.
    let bytes: [UInt8] = Array(0...255)
    let all = try tokens(of: bytes, pieces)
    #expect(all.count < 256 && all.count { $0.isKnown } == 4)
    #expect(try tokens(of: [], pieces).isEmpty)
  }

  @Test func piecesAreTheLongestThatFit() throws {
    var random = SplitMix64(state: 21)
    func text(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(0x61 + random.next() % 3) } }
    let words = (0..<60).map { _ in
      String(decoding: text(1 + Int(random.next() % 6)), as: UTF8.self)
    }
    var seen: Set<String> = []
    let pieces = ["<unk>", " "] + words.filter { seen.insert($0).inserted }
    let all = text(2000)
    var at = 0
    for token in try tokens(of: all, pieces) {
      let rest = String(decoding: all[at...], as: UTF8.self)
      let longest = pieces.filter { rest.hasPrefix($0) }.max { $0.count < $1.count }
      #expect(token.text == longest ?? String(rest.prefix(1)))
      #expect(token.isKnown == (longest != nil))
      at += token.text.utf8.count
    }
    #expect(at == 2000)
  }

  @Test func aWordOf256BytesIsUnknown() throws {
    let (longest, longer) = (String(repeating: "a", count: 255), String(repeating: "b", count: 256))
    let found = try tokens(of: Array("\(longest) \(longer)".utf8), ["<unk>", longest, longer])
    #expect(found.map(\.id) == [1, 0])
    #expect(found.map(\.isKnown) == [true, false])
  }
}
