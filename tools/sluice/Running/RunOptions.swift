import SluiceConversion
import SluiceImport

/// The options of `sluice run`, by where they belong: sources, the model, sinks.
enum RunOptions {
  typealias Option = Syntax.Option

  static let text = Option(
    "--text", value: "TEXT",
    help: "a sentence; '-' reads sentences from standard input, a line each")
  static let input = Option(
    "--input", value: "FILE|-", file: .read,
    help: "rows of numbers; of a .npy file [T, inputSize] or [B, T, inputSize], ids [T] or [B, T]; "
      + "or a folder of such files")
  static let format = Option(
    "--format", value: "FORMAT",
    help: "of --input: npy, csv or jsonl (a row a line); what the name says, else npy")
  static let wav = Option(
    "--wav", value: "FILE|-", file: .read,
    help: "a recording: 8, 16, 24 or 32 bits or float, any rate; the length need not be known")
  static let raw = Option(
    "--raw", value: "FORMAT",
    help: "samples without a header, s16le or f32le, from --input or else standard input")
  static let rate = Option(
    "--rate", value: "HZ", help: "samples a second, of --raw and of a WAV file that is written")
  static let channels = Option("--channels", value: "N", help: "of --raw (1)")
  static let missing = Option(
    "--missing", value: "hold|X",
    help: "for numbers that are missing: the one before, or X; they are counted, else an error")

  static let threshold = Option(
    "--threshold", value: "P",
    help: "speech begins, or a word is told, at this probability (0.5, or what the metadata say)")
  static let end = Option(
    "--neg-threshold", value: "P",
    help: "and ends below this one (0.15 less, at least 0.01; of words 0.2 or the metadata's)")
  static let speech = Option(
    "--min-speech", value: "MS", help: "drops segments of less, in milliseconds (250)")
  static let silence = Option(
    "--min-silence", value: "MS", help: "silence of less ends no segment (100)")
  static let pad = Option(
    "--pad", value: "MS", help: "put before and behind each segment (30)")
  static let frames = Option(
    "--frames", help: "prints the probability of each frame too, of words that of its best label")

  static let output = Option(
    "--output", "-o", value: "FILE|-", file: .written,
    help:
      "receives a row a step, or the last step's alone; of speech the probability of each frame; "
      + "a folder where --input is one"
  )
  static let outputFormat = Option(
    "--output-format", value: "FORMAT",
    help: "npy, csv, jsonl or wav; what the name says, else npy, and csv for '-'")

  static let threads = Option(
    "--threads", value: "N", help: "of a folder as --input: so many files at a time (1)")

  static let all = [
    text, input, threads, format, wav, raw, rate, channels, missing, threshold, end, speech,
    silence, pad,
    frames, output, outputFormat, TraceFile.option, .json, .quiet,
  ]

  /// Whether samples are the source.
  static func readsSamples(_ arguments: Arguments) -> Bool {
    arguments.has(wav) || arguments.has(raw)
  }

  /// Whether rows of all files of a folder are the source.
  static func readsFolder(_ arguments: Arguments) -> Bool {
    !arguments.has(raw) && arguments[input].map { Folder.isThere($0) } == true
  }

  /// Refuses options that do not go together, before any work.
  static func check(_ arguments: Arguments) throws(ToolError) {
    let isRows = arguments.has(input) && !arguments.has(raw)
    let sources = [arguments.has(text), arguments.has(wav), arguments.has(raw), isRows]
    guard sources.count(where: { $0 }) == 1, !arguments.has(wav) || !arguments.has(input) else {
      throw arguments.usage("expected one of --text, --input, --wav and --raw")
    }
    func need(_ options: [Option], _ holds: Bool, _ with: String) throws(ToolError) {
      for option in options where !holds && arguments.has(option) {
        throw arguments.usage("the option '\(option.name)' goes with \(with)")
      }
    }
    try need(speechOptions, readsSamples(arguments), "--wav or --raw")
    try need([output, missing], !arguments.has(text), "--input, --wav or --raw")
    guard arguments[text] != "-" || !arguments.has(TraceFile.option) else {
      throw arguments.usage(
        "'--text -' is many texts", "expected one for --trace, as --text \"a fine film\"")
    }
    let isFolder = readsFolder(arguments)
    guard !isFolder || arguments.has(output), !isFolder || arguments[output] != "-" else {
      throw arguments.usage("a folder as --input needs another one as --output")
    }
    try need([threads], isFolder, "a folder as --input")
    try need([format], !isFolder, "a file as --input: names say it of the files of a folder")
    try need([TraceFile.option], !isFolder, "a file as --input: one for each of a folder's")
    try need([format], isRows, "--input, and not with --raw, which says it itself")
    try need([channels], arguments.has(raw), "--raw")
    // A WAV file says its own, which is then that of the one that is written.
    try need(
      [rate], arguments.has(raw) || (arguments.has(output) && !arguments.has(wav) && !isFolder),
      "--raw or --output, and not with --wav or a folder")
    try need([outputFormat], arguments.has(output), "--output")
    guard arguments.has(rate) || !arguments.has(raw) else {
      throw arguments.usage("--raw needs --rate, in samples a second")
    }
    guard arguments.file != nil || !readsSamples(arguments) else {
      throw arguments.usage("--wav and --raw need a model of samples, FILE.sluice")
    }
    guard arguments[output].map(OutputFile.isStandardOutput) != true || !arguments.isForPrograms
    else { throw arguments.usage("--json and '--output -' both go to standard output") }
  }

  /// Those that a voice-activity model alone knows.
  private static let speechOptions = [threshold, end, speech, silence, pad, frames]

  /// Refuses options of speech for the model at `path`, which is none for it.
  static func needSpeech(_ arguments: Arguments, _ path: String) throws(ToolError) {
    guard let option = speechOptions.first(where: { arguments.has($0) }) else { return }
    throw arguments.usage(
      "the option '\(option.name)' goes with a voice-activity model; the metadata of \(path) do not "
        + "say that it is one")
  }

  /// The option's value as a whole number of `range`; nil where it was not given.
  static func integer(
    _ option: Option, _ range: ClosedRange<Int>, _ arguments: Arguments
  ) throws(ToolError) -> Int? {
    guard let value = arguments[option] else { return nil }
    guard let number = Int(value), range.contains(number) else {
      throw arguments.usage(
        "the option '\(option.name)' is \(value); expected \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }

  /// The option's value as one of `choices`, by name; nil where it was not given.
  static func choice<Choice: RawRepresentable<String>>(
    _ option: Option, _ choices: [Choice], _ arguments: Arguments
  ) throws(ToolError) -> Choice? {
    guard let value = arguments[option] else { return nil }
    guard let choice = choices.first(where: { $0.rawValue == value }) else {
      let names = choices.map(\.rawValue).joined(separator: ", ")
      throw arguments.usage("the option '\(option.name)' is '\(value)'; expected one of \(names)")
    }
    return choice
  }

  /// What is said of missing numbers; nil for nothing.
  static func missingPolicy(_ arguments: Arguments) throws(ToolError) -> MissingPolicy? {
    guard let value = arguments[missing] else { return nil }
    if value == "hold" { return .hold }
    guard let number = Float(value), number.isFinite else {
      throw arguments.usage("the option '--missing' is '\(value)'; expected hold or a number")
    }
    return .value(Double(number))
  }
}
