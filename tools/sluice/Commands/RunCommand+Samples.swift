import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import SluiceSignal

extension RunCommand {
  /// Runs a recording or raw samples; tells the trace of a model of one sample a step that was to be traced.
  static func run(
    samples model: borrowing Model, _ path: String, _ settings: SpeechSettings,
    _ keywords: ModelMetadata.Keywords?, _ missing: [MissingPolicy], _ trace: GateTrace?,
    _ arguments: Arguments
  ) throws(ToolError) -> GateTrace? {
    let isSpeech = SpeechFrame(of: model) != nil
    let denoising = DenoisingFrame(of: model)
    guard trace == nil || !isSpeech && denoising == nil && keywords == nil else {
      throw arguments.usage(
        "the option '\(TraceFile.option.name)' goes with a sample a step, and \(path) reads frames",
        "expected --input with an array of them")
    }
    if let keywords {
      try run(keywords: keywords, model, path, missing, arguments)
      return nil
    }
    if isSpeech {
      try RunOptions.check(settings, arguments)
    } else {
      try RunOptions.needSpeech(arguments, path)
    }
    let samples = try RowSource.samples(arguments)
    if let frame = denoising {
      let sinks = RowSinks(
        file: try RowFile(arguments, rate: frame.rate),
        console: RowConsole(arguments, source: samples.file), saysMissing: !arguments.isQuiet)
      var run = try DenoisingRun(samples, missing, frame, openStream(model, path), sinks)
      try run.run()
      return nil
    }
    guard isSpeech || !model.readsTokens && model.inputSize == samples.channels else {
      throw ToolError(
        .badFile,
        "\(path): reads \(model.readsTokens ? "tokens" : "\(model.inputSize) features") and writes "
          + "\(model.outputSize); expected a voice-activity model, whose metadata say so "
          + "(\"task\": \"\(ModelTask.voiceActivity)\", as convert writes of Silero VAD), one of keywords "
          + "(\"task\": \"\(ModelTask.keywordSpotting)\", by convert --meta), or one that "
          + "reads a step of \(samples.file): \(samples.channels.of("channel"))")
    }
    let activity: VoiceActivity?
    do throws(ModelError) { activity = try VoiceActivity(model, settings) } catch {
      throw ToolError(error, file: path)
    }
    guard let activity else {
      let sinks = RowSinks(
        file: try RowFile(arguments, rate: samples.rate),
        console: RowConsole(
          arguments, source: samples.file, labels: InspectCommand.labels(of: model.blob)),
        saysMissing: !arguments.isQuiet)
      var run = RowRun(RowSource(samples: samples), missing, sinks, trace: trace)
      try run.run(model, path)
      return run.trace
    }
    let console = SpeechConsole(arguments, source: samples.file, rate: samples.rate)
    var run = try SpeechRun(
      samples, missing, activity, console,
      RowSinks(
        file: try RowFile(arguments, rate: nil, holdsFrames: true),
        saysMissing: console.isSilent && !arguments.isQuiet))
    try run.run()
    return nil
  }

  /// Words as they are said.
  private static func run(
    keywords: ModelMetadata.Keywords, _ model: borrowing Model, _ path: String,
    _ missing: [MissingPolicy], _ arguments: Arguments
  ) throws(ToolError) {
    let settings = try RunOptions.keywordSettings(keywords, arguments)
    let misfit = keywords.misfit(
      inputs: model.inputSize, outputs: model.outputSize, readsTokens: model.readsTokens,
      isSequence: model.output == .sequence)
    if let misfit {
      throw ToolError(
        ConversionError(
          .malformed, file: path, place: misfit.place,
          reason: misfit.reason + "; convert its source again, with --meta"))
    }
    guard model.isStreamable else {
      throw ToolError(
        .badFile,
        "\(path): a layer reads backwards, so that no word is known before the end; "
          + "expected a model that reads forwards")
    }
    guard
      let detector = KeywordDetector(
        labelCount: keywords.labels.count, background: keywords.background, rate: keywords.rate,
        hop: keywords.hop, settings)
    else {
      throw ToolError(
        .badFile,
        "\(path): \(keywords.labels.count) labels smoothed over \(settings.smoothing) ms are too many "
          + "numbers; expected a shorter \"smoothing\" in its metadata, by convert --meta")
    }
    let samples = try RowSource.samples(arguments)
    let console = KeywordConsole(arguments, source: samples.file, rate: samples.rate)
    var run = try KeywordRun(
      samples, missing, keywords, detector, openStream(model, path), console,
      RowSinks(
        file: try RowFile(arguments, rate: nil, holdsFrames: true),
        saysMissing: console.isSilent && !arguments.isQuiet))
    try run.run()
  }
}
