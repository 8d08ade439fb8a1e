import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork

/// A text that was run through a model, token by token.
struct Sentence {
  /// One token and what the model said after it.
  struct Word {
    let text: String
    let token: Token
    let probability: Float
  }

  let text: String
  private(set) var words: [Word] = []
  /// The probability after the last token; the model's last label's, where there are two.
  private(set) var probability: Float?
  private(set) var label: String?
  /// What is called the output where there is no label.
  let outputName: String
  /// The median over the tokens of what one `step` took, with the clock's own time.
  private(set) var nanosecondsPerStep: Int?
  /// Gates and states of every step; nil where nobody asks for them.
  private(set) var trace: GateTrace?

  /// Runs `bytes` from the initial state.
  init(
    _ bytes: [UInt8], _ model: borrowing Model, _ stream: inout ModelStream, labels: [String],
    trace: GateTrace? = nil
  ) {
    text = String(decoding: bytes, as: UTF8.self)
    outputName = model.outputSize == 1 ? "output" : "the greatest of \(model.outputSize) outputs"
    self.trace = trace
    var output = [Float](repeating: 0, count: model.outputSize)
    var times: [UInt64] = []
    var tokenizer = Tokenizer(model.blob)
    stream.reset()
    while let token = tokenizer.next(in: bytes.span) {
      self.trace?.willStep(stream)
      let start = Clock.nanoseconds
      stream.step(token: token.id, into: &output)
      times.append(Clock.nanoseconds - start)
      self.trace?.didStep(stream, token: token.id, output: output)
      let word = tokenizer.isOfPieces ? Array(bytes[token.range]) : bytes[token.range].lowered
      let verdict = Sentence.verdict(output, labels)
      words.append(
        Word(
          text: String(decoding: word, as: UTF8.self), token: token,
          probability: verdict.probability))
      (probability, label) = verdict
    }
    times.sort()
    nanosecondsPerStep = times.isEmpty ? nil : Int(times[times.count / 2])
  }

  /// One output tells two labels apart at 1/2; several have a label each, and the greatest counts.
  static func verdict(
    _ output: [Float], _ labels: [String]
  ) -> (probability: Float, label: String?) {
    if output.count == 1 {
      return (output[0], labels.count == 2 ? labels[output[0] >= 0.5 ? 1 : 0] : nil)
    }
    let best = output.indices.max { output[$0] < output[$1] } ?? 0
    return (output[best], best < labels.count ? labels[best] : nil)
  }

  var json: JSON {
    .object([
      ("text", .string(text)), ("probability", probability.map { .float($0) } ?? .null),
      ("label", label.map { .string($0) } ?? .null),
      (
        "tokens",
        .array(
          words.map { word in
            .object([
              ("token", .string(word.text)), ("id", .integer(word.token.id)),
              ("known", .bool(word.token.isKnown)), ("probability", .float(word.probability)),
            ])
          })
      ),
      ("nanosecondsPerStep", nanosecondsPerStep.map { .integer($0) } ?? .null),
    ])
  }
}

extension ArraySlice<UInt8> {
  /// The bytes with ASCII's letters small, as a tokenizer looks words up.
  fileprivate var lowered: [UInt8] { map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
}
