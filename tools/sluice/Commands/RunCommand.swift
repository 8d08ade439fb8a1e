import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice run`: a text or an array through a model.
enum RunCommand {
  private static let text = Syntax.Option(
    "--text", value: "TEXT",
    help: "a sentence; '-' reads sentences from standard input, a line each")
  private static let input = Syntax.Option(
    "--input", value: "X.npy", file: .read,
    help: "features [T, inputSize] or [B, T, inputSize]; ids [T] or [B, T] for an embedding")
  private static let output = Syntax.Option(
    "--output", "-o", value: "Y.npy", file: .written,
    help:
      "receives float32 [T, outputSize] or [B, T, outputSize], without T for a model of the last "
      + "step; of --wav the probability of each frame, [T, 1]")
  private static let wav = Syntax.Option(
    "--wav", value: "SPEECH.wav", file: .read,
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
    options: [text, input, output, wav, threshold, speech, silence, pad, .json, .quiet],
    details: """
      Without FILE, runs the model that ships with the tool: is a film review positive?
      Every sequence starts from the model's initial state. The probability is the second label's where
      the model has one output. A .npy file holds features as float16, float32 or float64, ids as int32
      or int64, in C order; what is not finite is refused.
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
    guard arguments.has(input) || arguments.has(wav) || !arguments.has(output) else {
      throw arguments.usage("the option '--output' goes with --input or --wav")
    }
    guard arguments.file != nil || !arguments.has(wav) else {
      throw arguments.usage("--wav needs a voice-activity model, FILE.sluice")
    }
    let path = if let file = arguments.file { file } else { try ShippedModel.path() }
    try arguments.check(output, isNot: path)
    let speech = try settings(arguments)
    let model = try openModel(path)
    if let text = arguments[text] {
      try run(text: text, model, path, asJSON: arguments.isForPrograms)
    } else if let recording = arguments[wav] {
      try run(wav: recording, model, path, speech, arguments)
    } else if let input = arguments[input] {
      try run(input: input, model, arguments)
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
    _ arguments: Arguments
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
    let output = arguments[output]
    try write(Tensor(shape: [probabilities.count, 1], probabilities), to: output)
    guard output == nil || !arguments.isQuiet || arguments.isForPrograms else { return }
    SpeechOutput(segments, of: recording, path, probabilities: output)
      .print(asJSON: arguments.isForPrograms)
  }

  private static func write(_ y: Tensor, to path: String?) throws(ToolError) {
    guard let path else { return }
    try converting { () throws(ConversionError) in try NPY.write(y, to: path) }
  }

  private static func run(
    input: String, _ model: borrowing Model, _ arguments: Arguments
  ) throws(ToolError) {
    let x = try converting { () throws(ConversionError) in try NPY.read(input) }
    try checkFinite(x, input)
    // Not within a closure: it cannot borrow the model.
    let y: Tensor
    do throws(ConversionError) { y = try ArrayRun.run(model, x, file: input) } catch {
      throw ToolError(error)
    }
    let output = arguments[output]
    try write(y, to: output)
    if arguments.isForPrograms {
      let values = JSON.array(y.floats.map { .float($0) })
      let members: [(String, JSON)] = [("input", .path(input)), ("shape", .integers(y.shape))]
      Console.print(
        .object(members + [output.map { ("output", .path($0)) } ?? ("values", values)]))
    } else if output == nil || !arguments.isQuiet {
      Console.print(
        ArrayHead(y).text + (output.map { "\nwritten to \($0.printable)" } ?? ""))
    }
    // Finite numbers went in: the model itself leaves the range of float32.
    if let wrong = y.firstNotFinite {
      throw ToolError(
        .failed, "\(input): the model's output is \(wrong.value) at \(wrong.place)",
        isReported: true)
    }
  }
}
