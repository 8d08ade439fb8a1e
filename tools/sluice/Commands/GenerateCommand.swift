import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice generate`: goes on with a text, a step a token, each out as soon as it is drawn.
enum GenerateCommand {
  private static let seed = Syntax.Option(
    "--seed", value: "TEXT", help: "what the text begins with, which the model reads first")
  private static let temperature = Syntax.Option(
    "--temperature", value: "T",
    help: "below 1 the likely becomes likelier, above 1 less so; 0 takes the likeliest (0.7)")
  private static let length = Syntax.Option(
    "--length", value: "N", help: "tokens behind the seed, characters of the model that ships (400)"
  )
  private static let randomSeed = Syntax.Option(
    "--random-seed", value: "K", help: "of what is drawn: the same text for the same number (1)")
  private static let quiet = Syntax.Option(
    "--quiet", "-q", help: "the text alone, without a word on the time of a step")
  private static let lengthLimit = 100_000_000

  static let syntax = Syntax(
    name: "generate", summary: "Goes on with a text, a character or word a step.",
    operands: "[FILE.sluice]", operandCount: 0...1,
    options: [seed, temperature, length, randomSeed, .json, quiet],
    details: """
      Without FILE, goes on in the manner of Jane Austen: a model of characters ships with the tool.
      The model reads the seed token by token, then each token that was drawn from its last answer: a
      text of any length takes the same memory. It has a score for every word of its vocabulary: logits,
      softmax or its logarithm. A word that the vocabulary lacks is read as unknown, and never drawn.
      --json prints a line a token with the probability with which it was drawn, and a line for the sum.
      """,
    example: "sluice generate --seed \"It is a truth \" --temperature 0.5")

  static func run(_ arguments: Arguments) throws(ToolError) {
    guard let text = arguments[seed] else {
      throw arguments.usage("expected --seed, what the text begins with")
    }
    let random = try whole(randomSeed, arguments) ?? 1
    let heat = try degrees(arguments) ?? 0.7
    let count = try arguments.positiveCount(length, upTo: lengthLimit) ?? 400
    let path =
      if let file = arguments.file { file } else {
        try ShippedModel.path(of: ShippedModel.characters)
      }
    let model = try openModel(path)
    let head = try converting { () throws(ConversionError) in
      try VocabularyHead(of: model, file: path)
    }
    var sampler = TokenSampler(
      head.scores, temperature: heat, seed: random, excluding: head.unknown.map { [$0] } ?? [])
    var generation = try Generation(model, path, asJSON: arguments.isForPrograms)
    guard try generation.read(Array(text.utf8), model) else {
      throw arguments.usage("the seed holds no token", "expected one at least, as --seed \"The \"")
    }
    for _ in 0..<count { try generation.step(&sampler, model) }
    generation.finish(arguments.isForPrograms, quiet: arguments.isQuiet)
  }

  private static func whole(
    _ option: Syntax.Option, _ arguments: Arguments
  ) throws(ToolError) -> UInt64? {
    guard let value = arguments[option] else { return nil }
    guard let number = UInt64(value) else {
      throw arguments.usage(
        "the option '\(option.name)' is '\(value)'", "expected a whole number from 0 to 2^64 - 1")
    }
    return number
  }

  private static func degrees(_ arguments: Arguments) throws(ToolError) -> Double? {
    guard let value = arguments[temperature] else { return nil }
    guard let number = Double(value), number >= 0, number.isFinite else {
      throw arguments.usage(
        "the option '\(temperature.name)' is '\(value)'", "expected a number from 0 on, as 0.7")
    }
    return number
  }
}
