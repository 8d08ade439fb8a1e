import Sluice
import SluiceBlob
import SluiceConversion

/// `sluice run`: a text or an array through a model.
enum RunCommand {
  private static let text = Syntax.Option(
    "--text", value: "TEXT",
    help: "a sentence; '-' reads sentences from standard input, a line each")
  private static let input = Syntax.Option(
    "--input", value: "X.npy",
    help: "float32 [T, inputSize] or [B, T, inputSize]; ids [T] or [B, T] for an embedding")
  private static let output = Syntax.Option(
    "--output", value: "Y.npy",
    help:
      "receives float32 [T, outputSize] or [B, T, outputSize]; without T for a model of the last step"
  )

  static let syntax = Syntax(
    name: "run", summary: "Runs a text or an array through a model.", operands: "[FILE.sluice]",
    operandCount: 0...1, options: [text, input, output, .json],
    details: """
      Without FILE, runs the model that ships with the tool: is a film review positive?
      Every sequence starts from the model's initial state. The probability is the second label's where
      the model has one output.
      """,
    example: "sluice run --text \"I really enjoyed the movie\"")

  static func run(_ arguments: Arguments) throws(ToolError) {
    guard arguments.has(text) != arguments.has(input) else {
      throw arguments.usage("expected either --text or --input")
    }
    guard arguments.has(input) || !arguments.has(output) else {
      throw arguments.usage("the option '--output' goes with --input")
    }
    let path = if let file = arguments.file { file } else { try ShippedModel.path() }
    if let output = arguments[output]?.resolvedPath {
      guard output != arguments[input]?.resolvedPath, output != path.resolvedPath else {
        throw arguments.usage("--output names the input or the model itself, which would be lost")
      }
    }
    let model = try openModel(path)
    if let text = arguments[text] {
      try run(text: text, model, path, asJSON: arguments.has(.json))
    } else if let input = arguments[input] {
      try run(input: input, model, to: arguments[output], asJSON: arguments.has(.json))
    }
  }

  private static func run(
    text: String, _ model: borrowing Model, _ path: String, asJSON: Bool
  ) throws(ToolError) {
    guard model.readsTokens, model.blob.vocabularyCount > 0 else {
      throw ToolError(
        .badFile, "\(path): has no vocabulary; expected one for --text, or --input with an array")
    }
    let labels = InspectCommand.labels(of: model.blob)
    var stream = try openStream(model, path)
    guard text == "-" else {
      let sentence = Sentence(Array(text.utf8), model, &stream, labels: labels)
      return Console.print(asJSON ? sentence.json.text : sentence.table)
    }
    var lines = LineReader()
    while let line = try lines.next() {
      let sentence = Sentence(line, model, &stream, labels: labels)
      Console.print(asJSON ? sentence.json.text : sentence.line)
    }
  }

  private static func run(
    input: String, _ model: borrowing Model, to output: String?, asJSON: Bool
  ) throws(ToolError) {
    let x = try converting { () throws(ConversionError) in try NPY.read(input) }
    // Not within a closure: it cannot borrow the model.
    let y: Tensor
    do throws(ConversionError) { y = try ArrayRun.run(model, x, file: input) } catch {
      throw ToolError(error)
    }
    if let output { try converting { () throws(ConversionError) in try NPY.write(y, to: output) } }
    if asJSON {
      let values = JSON.array(y.floats.map { .float($0) })
      let members: [(String, JSON)] = [("input", .string(input)), ("shape", .integers(y.shape))]
      return Console.print(
        .object(members + [output.map { ("output", .string($0)) } ?? ("values", values)]))
    }
    Console.print(
      ArrayHead(y).text + (output.map { "\nwritten to \(Console.printable($0))" } ?? ""))
  }
}
