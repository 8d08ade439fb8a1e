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

  private static let wav = Syntax.Option(
    "--wav", value: "SPEECH.wav",
    help: "16-bit mono samples for a voice-activity model: prints the segments of speech")
  private static let threshold = Syntax.Option(
    "--threshold", value: "P", help: "speech begins at this probability (0.5)")
  private static let speech = Syntax.Option(
    "--min-speech", value: "MS", help: "drops segments of less, in milliseconds (250)")
  private static let silence = Syntax.Option(
    "--min-silence", value: "MS", help: "silence of less ends no segment (100)")
  private static let pad = Syntax.Option(
    "--pad", value: "MS", help: "put before and behind each segment (30)")

  static let syntax = Syntax(
    name: "run", summary: "Runs a text, an array or a recording through a model.",
    operands: "[FILE.sluice]", operandCount: 0...1,
    options: [text, input, output, wav, threshold, speech, silence, pad, .json],
    details: """
      Without FILE, runs the model that ships with the tool: is a film review positive?
      Every sequence starts from the model's initial state. The probability is the second label's where
      the model has one output.
      """,
    example: "sluice run --text \"I really enjoyed the movie\"")

  static func run(_ arguments: Arguments) throws(ToolError) {
    guard [text, input, wav].filter(arguments.has).count == 1 else {
      throw arguments.usage("expected one of --text, --input and --wav")
    }
    for option in [threshold, speech, silence, pad] {
      guard arguments.has(wav) || !arguments.has(option) else {
        throw arguments.usage("the option '\(option.name)' goes with --wav")
      }
    }
    if let recording = arguments[wav] {
      guard let file = arguments.file else {
        throw arguments.usage("--wav needs a voice-activity model, FILE.sluice")
      }
      return try run(
        wav: recording, try openModel(file), file, settings(arguments),
        asJSON: arguments.has(.json))
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

  private static func settings(
    _ arguments: Arguments
  ) throws(ToolError) -> SpeechSettings {
    var settings = SpeechSettings()
    if let value = arguments[threshold] {
      guard let probability = Float(value), probability > 0, probability <= 1 else {
        throw arguments.usage("the option '--threshold' is \(value); expected a number up to 1")
      }
      settings.threshold = probability
    }
    func milliseconds(_ option: Syntax.Option, or usual: Int) throws(ToolError) -> Int {
      guard let value = arguments[option] else { return usual }
      guard let number = Int(value), (0...3_600_000).contains(number) else {
        throw arguments.usage(
          "the option '\(option.name)' is \(value); expected milliseconds, up to an hour")
      }
      return number
    }
    settings.minimalSpeech = try milliseconds(speech, or: settings.minimalSpeech)
    settings.minimalSilence = try milliseconds(silence, or: settings.minimalSilence)
    settings.padding = try milliseconds(pad, or: settings.padding)
    return settings
  }

  private static func run(
    wav path: String, _ model: borrowing Model, _ file: String, _ settings: SpeechSettings,
    asJSON: Bool
  ) throws(ToolError) {
    guard let frame = SpeechSegments.frame(of: model) else {
      throw ToolError(
        .badFile,
        "\(file): reads \(model.inputSize) and writes \(model.outputSize) features; expected a "
          + "voice-activity model of 576 (16 kHz) or 288 samples (8 kHz) and one probability")
    }
    let recording = try converting { () throws(ConversionError) in try WAVFile(path: path) }
    guard recording.sampleRate == frame.rate else {
      throw ToolError(
        .badFile, "\(path): \(recording.sampleRate) samples a second; expected \(frame.rate)")
    }
    var stream = try openStream(model, file)
    let probabilities = SpeechSegments.probabilities(
      of: recording.samples, &stream, context: frame.context, frame: frame.samples)
    let segments = SpeechSegments.segments(
      probabilities, frame: frame.samples, count: recording.samples.count, rate: frame.rate,
      settings)
    SpeechOutput(segments, of: recording, path).print(asJSON: asJSON)
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
