import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork

/// A text that a model goes on with.
struct Generation: ~Copyable {
  private let path: String
  private let asJSON: Bool
  private let hasPieces: Bool
  private var stream: ModelStream
  private var output: [Float]
  private var times: [UInt64] = []
  /// What was read and drawn so far.
  private var text = ""
  private var (read, drawn, unknown) = (0, 0, 0)

  init(_ model: borrowing Model, _ path: String, asJSON: Bool) throws(ToolError) {
    (self.path, self.asJSON) = (path, asJSON)
    hasPieces = model.blob.hasPieces
    stream = try openStream(model, path)
    output = [Float](repeating: 0, count: model.outputSize)
  }

  /// Reads a seed and prints it; false where it holds no token.
  mutating func read(
    _ seed: [UInt8], _ model: borrowing Model
  ) throws(ToolError) -> Bool {
    var tokenizer = Tokenizer(model.blob)
    while let token = tokenizer.next(in: seed.span) {
      stream.step(token: token.id, into: &output)
      read += 1
      if !token.isKnown { unknown += 1 }
    }
    guard read > 0 else { return false }
    put(String(decoding: seed, as: UTF8.self))
    return true
  }

  /// Draws a token, prints it, and lets the model read it.
  mutating func step(
    _ sampler: inout TokenSampler, _ model: borrowing Model
  ) throws(ToolError) {
    guard let (token, probability) = sampler.next(output) else {
      throw ToolError(
        .failed,
        "\(path): behind \(drawn.of("token")) the model gives no finite score; is it damaged?")
    }
    drawn += 1
    let word = unsafe String(decoding: model.blob.word(at: token), as: UTF8.self)
    if asJSON {
      Console.print(
        .object([
          ("token", .string(word)), ("id", .integer(token)), ("probability", .double(probability)),
        ]))
    }
    put(word.behindOthers(ofPieces: hasPieces))
    let start = Clock.nanoseconds
    stream.step(token: token, into: &output)
    let time = Clock.nanoseconds - start
    if times.count < 100_000 { times.append(time) }
  }

  /// Ends the line, and tells what a step took.
  mutating func finish(_ asJSON: Bool, quiet: Bool) {
    times.sort()
    let median = times.isEmpty ? 0 : Int(times[times.count / 2])
    guard !asJSON else {
      return Console.print(
        .object([
          ("text", .string(text)), ("read", .integer(read)), ("unknown", .integer(unknown)),
          ("drawn", .integer(drawn)), ("nanosecondsPerStep", .integer(median)),
        ]))
    }
    Console.print("")
    guard !quiet else { return }
    let note = unknown == 0 ? "" : "; \(unknown) of \(read.of("token")) of the seed unknown"
    Console.complain(
      "sluice: \(drawn.of("token")); a step took \(median.grouped) ns (median)\(note)")
  }

  /// A piece of the text; of its controls only ends of lines reach a terminal.
  private mutating func put(_ piece: String) {
    guard !asJSON else {
      text += piece
      return
    }
    let lines = piece.split(separator: "\n", omittingEmptySubsequences: false)
    Console.write(Array(lines.map { String($0).printable }.joined(separator: "\n").utf8))
  }
}

extension String {
  /// The word of a vocabulary as it follows others in a text: pieces and marks at once, words behind a space.
  func behindOthers(ofPieces hasPieces: Bool) -> String {
    let isMark = utf8.count == 1 && utf8.allSatisfy { !$0.isOfWord }
    return hasPieces || isMark ? self : " " + self
  }
}

extension UInt8 {
  /// Whether the byte is of a word, and no mark.
  fileprivate var isOfWord: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
    default: false
    }
  }
}
