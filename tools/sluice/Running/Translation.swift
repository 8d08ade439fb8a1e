import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork

/// A decoder that writes what its encoder has read, the likeliest token at each step.
struct Translation: ~Copyable {
  /// What became of one text.
  struct Result {
    let text: String
    let translation: String
    /// Tokens that were read.
    let read: Int
    /// Tokens that were written, without the mark at the end.
    let written: Int
  }

  private let pair: TranslationPair
  private let handover: StateHandover
  private let begin: Int
  private let limit: Int
  private let hasPieces: Bool
  private var encoder: ModelStream
  private var decoder: ModelStream
  private var sampler: TokenSampler
  private var features: [Float]
  private var scores: [Float]
  private var times: [UInt64] = []

  /// - Parameters:
  ///   - begin: the mark that the decoder reads first.
  ///   - limit: the most tokens that are written of one text.
  init(
    _ source: borrowing Model, _ target: borrowing Model, _ pair: TranslationPair, begin: Int,
    limit: Int
  ) throws(ToolError) {
    (self.pair, self.begin, self.limit) = (pair, begin, limit)
    hasPieces = target.blob.hasPieces
    let encoder = try openStream(source, pair.files.encoder)
    let decoder = try openStream(target, pair.files.decoder)
    do throws(ConversionError) {
      handover = try StateHandover(
        from: encoder, of: source, to: decoder, of: target, files: pair.files)
    } catch { throw ToolError(error) }
    self.encoder = encoder
    self.decoder = decoder
    sampler = TokenSampler(pair.scores, temperature: 0, seed: 0, excluding: pair.unwritten)
    features = [Float](repeating: 0, count: source.outputSize)
    scores = [Float](repeating: 0, count: target.outputSize)
  }

  /// The translation of a text.
  ///
  /// - Parameter place: where the text stands, as errors say it.
  mutating func translate(
    _ text: [UInt8], _ source: borrowing Model, _ target: borrowing Model, place: String
  ) throws(ToolError) -> Result {
    let tokens = try tokens(of: text, source, place)
    encoder.reset()
    decoder.reset()
    for token in tokens { encoder.step(token: token, into: &features) }
    handover.hand(encoder, to: &decoder)
    var (last, written, words) = (begin, 0, "")
    while true {
      let start = Clock.nanoseconds
      decoder.step(token: last, into: &scores)
      let time = Clock.nanoseconds - start
      if times.count < 100_000 { times.append(time) }
      guard let (token, _) = sampler.next(scores) else {
        throw ToolError(
          .failed,
          "\(pair.files.decoder): behind \(written.of("token")) the model gives no finite score; "
            + "is it damaged?")
      }
      guard token != pair.end else { break }
      guard written < limit else {
        throw ToolError(
          .failed,
          "\(place): no \(TranslationPair.end) within \(limit.of("token")), which begin "
            + "\"\(words.prefix(40).trimmed)\"; a greater --limit allows more, where the text is of "
            + "the kind that the model was trained on")
      }
      let word = unsafe String(decoding: target.blob.word(at: token), as: UTF8.self)
      words += word.behindOthers(ofPieces: hasPieces)
      (last, written) = (token, written + 1)
    }
    return Result(
      text: String(decoding: text, as: UTF8.self),
      translation: hasPieces ? words : words.trimmed, read: tokens.count, written: written)
  }

  /// The text's ids, each of them known: a translation of something else would be none.
  private func tokens(
    of text: [UInt8], _ source: borrowing Model, _ place: String
  ) throws(ToolError) -> [Int] {
    var ids: [Int] = []
    var tokenizer = Tokenizer(source.blob)
    while let token = tokenizer.next(in: text.span) {
      guard token.isKnown else {
        let word = String(decoding: text[token.range], as: UTF8.self)
        throw ToolError(
          .usage,
          "\(place): '\(word.printable)' at byte \(token.range.lowerBound) is not in the vocabulary of "
            + "\(pair.files.encoder), which reads \(Self.words(of: source.blob))")
      }
      ids.append(token.id)
    }
    // A space may be a token of its own, and is no text.
    guard text.contains(where: { !(9...13).contains($0) && $0 != 32 }), !ids.isEmpty else {
      throw ToolError(
        .usage,
        "\(place): holds no token; \(pair.files.encoder) reads \(Self.words(of: source.blob))")
    }
    if let longest = pair.longestText, ids.count > longest {
      throw ToolError(
        .usage,
        "\(place): \(ids.count.of("token")); \(pair.files.encoder) was trained on texts of at most "
          + "\(longest), so shorten the text or translate it in parts")
    }
    return ids
  }

  /// The first words of a vocabulary, without the unknown one.
  private static func words(of blob: BlobView) -> String {
    let count = blob.vocabularyCount
    let shown = (1..<max(min(count, 17), 1)).map { id in
      "'" + (unsafe String(decoding: blob.word(at: id), as: UTF8.self)) + "'"
    }
    return shown.joined(separator: " ") + (count > 17 ? " and \(count - 17) more" : "")
  }

  /// The median of what a step of the decoder took.
  var nanosecondsPerStep: Int {
    times.isEmpty ? 0 : Int(times.sorted()[times.count / 2])
  }
}

extension StringProtocol {
  /// Without the space that stands before a first word.
  fileprivate var trimmed: String { String(first == " " ? dropFirst() : self[...]) }
}
