import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice translate`: an encoder reads a text, a decoder that starts from its state writes another.
enum TranslateCommand {
  private static let text = Syntax.Option(
    "--text", value: "TEXT", help: "what is translated; '-' takes standard input, a text a line")
  private static let language = Syntax.Option(
    "--to", value: "LANGUAGE",
    help: "de, say, where the decoder's vocabulary has <de>; needed where it has several")
  private static let limit = Syntax.Option(
    "--limit", value: "N", help: "the most tokens that a translation may have (1,000)")
  private static let quiet = Syntax.Option(
    "--quiet", "-q", help: "the translation alone, without a word on the time of a step")

  static let syntax = Syntax(
    name: "translate", summary: "Translates a text by an encoder and a decoder.",
    operands: "ENCODER.sluice DECODER.sluice", operandCount: 2...2,
    options: [text, language, limit, .json, quiet],
    details: """
      The encoder reads the text token by token. h and C of its recurrent layers become those of the
      decoder's, which have the same kinds and sizes; nothing else passes from one to the other. The
      decoder reads the mark of a language, <de>, then each token that it wrote, the likeliest at each
      step, until it writes <end>.

      Both are models of tokens, each with a vocabulary of its own; the decoder has a score for every
      word of its own. A text with a word or character that the encoder does not know is refused. So is
      one that is longer than "longest_text" of the encoder's metadata, and two blobs whose metadata
      have another "pair": they were not trained together. --json prints a line a text.
      """,
    example:
      "sluice translate tools/gallery/translation-{encoder,decoder}.sluice --text 4711 --to de")

  static func run(_ arguments: Arguments) throws(ToolError) {
    guard let text = arguments[text] else {
      throw arguments.usage("expected --text, what is translated")
    }
    let limit = try arguments.positiveCount(limit, upTo: 1_000_000) ?? 1000
    let files = (encoder: arguments.operands[0], decoder: arguments.operands[1])
    let encoder = try openModel(files.encoder)
    let decoder = try openModel(files.decoder)
    let pair = try converting { () throws(ConversionError) in
      try TranslationPair(encoder: encoder, decoder: decoder, files: files)
    }
    var translation = try Translation(
      encoder, decoder, pair, begin: begin(pair, arguments), limit: limit)
    guard text == "-" else {
      let result = try translation.translate(
        Array(text.utf8), encoder, decoder, place: "the text")
      show(result, arguments)
      if !arguments.isForPrograms, !arguments.isQuiet {
        Console.complain(
          "sluice: read \(result.read.of("token")), wrote \(result.written); "
            + "a step took \(translation.nanosecondsPerStep.grouped) ns (median)")
      }
      return
    }
    let lines = try converting { () throws(ConversionError) in try ByteStream(path: text) }
    var number = 0
    while let line = try converting({ () throws(ConversionError) in
      try lines.line(limit: 1 << 30)
    }) {
      number += 1
      show(
        try translation.translate(line, encoder, decoder, place: "line \(number)"), arguments)
    }
  }

  private static func show(_ result: Translation.Result, _ arguments: Arguments) {
    guard arguments.isForPrograms else { return Console.print(result.translation.printable) }
    Console.print(
      .object([
        ("text", .string(result.text)), ("translation", .string(result.translation)),
        ("read", .integer(result.read)), ("written", .integer(result.written)),
      ]))
  }

  /// The mark that the decoder begins with.
  private static func begin(
    _ pair: TranslationPair, _ arguments: Arguments
  ) throws(ToolError) -> Int {
    let names = pair.languages.map(\.name).joined(separator: ", ")
    guard let wanted = arguments[language] else {
      guard pair.languages.count == 1 else {
        throw arguments.usage(
          "\(pair.files.decoder) writes several languages", "expected --to with one of \(names)")
      }
      return pair.languages[0].id
    }
    guard let found = pair.languages.first(where: { $0.name == wanted }) else {
      throw arguments.usage(
        "\(pair.files.decoder) has no mark <\(wanted)>", "expected --to with one of \(names)")
    }
    return found.id
  }
}
