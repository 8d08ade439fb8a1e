import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice run`: a source, frames or rows of it, a model, and sinks; each result out as soon as it is known.
enum RunCommand {
  static let syntax = Syntax(
    name: "run", summary: "Runs a text, an array, a recording or a stream through a model.",
    operands: "[FILE.sluice]", operandCount: 0...1, options: RunOptions.all,
    details: """
      Without FILE, runs the model that ships with the tool: is a film review positive?
      Every sequence starts from the model's initial state. The probability is the second label's where
      the model has one output.

      A source is a file, a FIFO, a device, or '-', standard input; it may go on for ever: a result is
      printed, with --json as a line, as soon as it is known. A .npy file holds features as float16,
      float32 or float64, ids as int32 or int64, in C order; CSV and JSON lines hold a row a line.
      NaN, null, an empty field or line are missing: an error with its row, unless --missing, or else the
      model's metadata, say what stands for them. What is infinite is refused. Names in a first line of
      CSV are those of the model's inputs where its metadata name them, in any order.

      A recording goes frame by frame through a voice-activity model, one whose metadata say so, as
      convert writes of Silero VAD: segments of speech are printed; channels are mixed, and other rates
      brought to the model's. A denoising model, as convert writes of GTCRN, gets the spectrum of each
      frame, and what it makes of them becomes a recording as long as the source's, of one channel at the
      model's rate. Another model takes one sample of each channel a step, at any rate.

      Of a model that spots keywords, as tools/gallery/digits.sluice, a word is printed as soon as it is
      known: where its probability, the mean of some frames, reaches the threshold. It comes again only
      after that fell below the second threshold, and no word within a hold behind another. All of these
      stand in the model's metadata.

      Where a model has labels, a row is told by the greatest one and what the model gives for it, of
      one output with two labels by that; the last row is shown too. --json has both, and --output the
      numbers.

      A folder is read file by file, those below it too, each as if it were alone: .npy, .csv and .jsonl.
      --output is a folder then, with the same names in it. A file that cannot be scored is named, has
      no output, and ends with status 1 when the others are done. The same command again goes on where
      the last one ended: what has its output and has not changed since is left, what has changed is
      scored anew, and outputs of another model or --missing are refused.

      The output of --output is a file that comes into being whole, at the end; standard output ('-'), a
      FIFO or a device gets rows as they come, a .npy file when all is known.

      --trace writes what 'sluice explain' shows: an array [T], or [B, T], whose fields have the names of
      a layer and one of its signals, as x['lstm.f'], [T, units]. h and C are the stream's own, the gates
      those of a cell in float64 that was fed with what the stream held. All steps are kept until then.
      """,
    example: "arecord -t raw -f S16_LE -r 16000 | sluice run silero.sluice --raw s16le --rate 16000"
  )

  static func run(_ arguments: Arguments) throws(ToolError) {
    try RunOptions.check(arguments)
    let path = if let file = arguments.file { file } else { try ShippedModel.path() }
    for option in [RunOptions.output, TraceFile.option] { try arguments.check(option, isNot: path) }
    var file = try TraceFile(arguments)
    let speech = try RunOptions.speechSettings(arguments)
    let stated = try RunOptions.missingPolicy(arguments)
    let model = try openModel(path)
    let metadata: ModelMetadata?
    do throws(ConversionError) { metadata = try ModelMetadata(of: model.blob, file: path) } catch {
      throw ToolError(error)
    }
    let missing = MissingPolicy.each(stated, metadata, columns: model.inputSize)
    let trace = file == nil ? nil : try GateTrace(of: model, path)
    var traced: GateTrace?
    var sequences: Int?
    if let text = arguments[RunOptions.text] {
      traced = try run(text: text, model, path, trace, asJSON: arguments.isForPrograms)
    } else if RunOptions.readsSamples(arguments) {
      traced = try run(
        samples: model, path, speech, metadata?.keywords, missing, trace, arguments)
    } else if RunOptions.readsFolder(arguments) {
      let threads = try arguments.positiveCount(RunOptions.threads, upTo: 1024) ?? 1
      try ArchiveRun(
        Archive(arguments), model, path, names: metadata?.inputNames ?? [], missing, arguments
      ).run(threads: threads)
    } else {
      try RunOptions.needSpeech(arguments, path)
      let source = try RowSource(
        rows: arguments, model, names: metadata?.inputNames ?? [],
        mayMiss: missing.contains { $0 != .refuse })
      let sinks = RowSinks(
        file: try RowFile(arguments, rate: nil),
        console: RowConsole(
          arguments, source: source.reader.file, labels: InspectCommand.labels(of: model.blob)),
        saysMissing: !arguments.isQuiet)
      var run = RowRun(source, missing, sinks, trace: trace)
      try run.run(model, path)
      (traced, sequences) = (run.trace, run.sequences)
    }
    if let traced { try file?.finish(traced, sequences: sequences, quiet: arguments.isQuiet) }
  }

  /// Refuses a model that reads no text.
  static func checkVocabulary(
    of model: borrowing Model, _ path: String
  ) throws(ToolError) {
    guard model.readsTokens, model.blob.vocabularyCount > 0 else {
      throw ToolError(
        .badFile, "\(path): has no vocabulary; expected one for --text, or --input with an array")
    }
  }

  /// Runs a text, or those of standard input; tells the trace of one that was to be traced.
  private static func run(
    text: String, _ model: borrowing Model, _ path: String, _ trace: GateTrace?, asJSON: Bool
  ) throws(ToolError) -> GateTrace? {
    try checkVocabulary(of: model, path)
    let labels = InspectCommand.labels(of: model.blob)
    var stream = try openStream(model, path)
    guard text == "-" else {
      let sentence = Sentence(Array(text.utf8), model, &stream, labels: labels, trace: trace)
      Console.print(asJSON ? sentence.json.printable : sentence.table)
      return sentence.trace
    }
    let lines = try converting { () throws(ConversionError) in try ByteStream(path: text) }
    while let line = try converting({ () throws(ConversionError) in
      try lines.line(limit: 1 << 30)
    }) {
      let sentence = Sentence(line, model, &stream, labels: labels)
      Console.print(asJSON ? sentence.json.printable : sentence.line)
    }
    return nil
  }
}
