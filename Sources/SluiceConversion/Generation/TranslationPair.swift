import Sluice
import SluiceBlob
import SluiceNetwork

/// What an encoder and a decoder say of each other: that they belong together, and which words of the decoder's
/// vocabulary are marks, as `<end>`, and no text.
package struct TranslationPair: Sendable {
  /// The word behind which nothing follows.
  package static let end = "<end>"

  /// Files, as errors call them.
  package let files: (encoder: String, decoder: String)
  /// What the decoder's outputs are.
  package let scores: TokenSampler.Scores
  /// The id of ``end``.
  package let end: Int
  /// The language of each mark that a translation may begin with, and the mark's id, in the vocabulary's order.
  package let languages: [(name: String, id: Int)]
  /// Ids that are never written: the unknown word and the marks, but ``end``.
  package let unwritten: [Int]
  /// The most tokens of a text that the encoder was trained on; nil where its metadata do not say.
  package let longestText: Int?

  /// - Throws: `ConversionError` that says what one of them lacks, or why they are no pair.
  package init(
    encoder: borrowing Model, decoder: borrowing Model, files: (encoder: String, decoder: String)
  ) throws(ConversionError) {
    self.files = files
    guard encoder.readsTokens, encoder.blob.vocabularyCount > 0, encoder.isStreamable else {
      throw .unsupported(
        files.encoder, "",
        encoder.isStreamable
          ? "has no vocabulary; expected an encoder that reads text, named before its decoder"
          : "reads whole sequences; expected an encoder that reads a token a step")
    }
    let (one, other) = (
      encoder.metadataString(at: "/pair"), decoder.metadataString(at: "/pair")
    )
    guard one == other else {
      func said(_ pair: String?) -> String { pair.map { "\"\($0)\"" } ?? "none" }
      throw .unsupported(
        files.decoder, "",
        "its metadata name the pair \(said(other)), those of \(files.encoder) \(said(one)); expected an encoder "
          + "and a decoder that were trained together")
    }
    let head = try VocabularyHead(
      of: decoder, file: files.decoder, trainer: "train_translation.py")
    scores = head.scores
    longestText = encoder.metadataCount(at: "/longest_text")
    var (marks, end): ([(name: String, id: Int)], Int?) = ([], nil)
    for id in 0..<decoder.blob.vocabularyCount where id != head.unknown {
      let word = unsafe String(decoding: decoder.blob.word(at: id), as: UTF8.self)
      if word == Self.end {
        end = id
      } else if word.utf8.count > 2, word.first == "<", word.last == ">" {
        marks.append((String(word.dropFirst().dropLast()), id))
      }
    }
    guard let end, !marks.isEmpty else {
      throw .unsupported(
        files.decoder, "",
        "its vocabulary lacks \(end == nil ? Self.end : "a mark of a language, as <de>"); expected one that holds "
          + "a mark to begin with for each language, and \(Self.end), as "
          + "tools/python/training/train_translation.py trains")
    }
    (languages, self.end) = (marks, end)
    unwritten = (head.unknown.map { [$0] } ?? []) + marks.map(\.id)
  }
}
