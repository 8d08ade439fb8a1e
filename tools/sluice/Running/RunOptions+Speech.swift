import SluiceConversion
import SluiceImport
import SluiceSignal

extension RunOptions {
  /// What is said of segments of speech.
  static func speechSettings(_ arguments: Arguments) throws(ToolError) -> SpeechSettings {
    var settings = SpeechSettings()
    settings.threshold = try probability(threshold, arguments) ?? settings.threshold
    settings.endThreshold = try probability(end, arguments)
    // Of one alone the other is known with the model.
    if arguments.has(threshold) { try check(settings, arguments) }
    func milliseconds(_ option: Option, or usual: Int) throws(ToolError) -> Int {
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

  /// Refuses speech that would end before it begins.
  static func check(_ settings: SpeechSettings, _ arguments: Arguments) throws(ToolError) {
    guard let end = settings.endThreshold, end > settings.threshold else { return }
    throw arguments.usage(
      "speech would end at \(end) and begin at \(settings.threshold); expected no more")
  }

  /// How words are told: what the metadata say, and the options before them.
  static func keywordSettings(
    _ keywords: ModelMetadata.Keywords, _ arguments: Arguments
  ) throws(ToolError) -> KeywordSettings {
    for option in [speech, silence, pad] where arguments.has(option) {
      throw arguments.usage(
        "the option '\(option.name)' goes with a voice-activity model, and this one spots keywords")
    }
    var settings = KeywordSettings()
    settings.smoothing = keywords.smoothing ?? settings.smoothing
    settings.hold = keywords.hold ?? settings.hold
    let stated = try probability(threshold, arguments)
    settings.threshold = stated ?? keywords.threshold.map { Float($0) } ?? settings.threshold
    if let end = try probability(end, arguments) {
      guard end <= settings.threshold else {
        throw arguments.usage(
          "a word would end at \(end) and be told at \(settings.threshold); expected no more")
      }
      settings.endThreshold = end
    } else {
      settings.endThreshold = min(
        keywords.endThreshold.map { Float($0) } ?? settings.endThreshold, settings.threshold)
    }
    return settings
  }

  private static func probability(
    _ option: Option, _ arguments: Arguments
  ) throws(ToolError) -> Float? {
    guard let value = arguments[option] else { return nil }
    guard let probability = Float(value), probability > 0, probability <= 1 else {
      throw arguments.usage(
        "the option '\(option.name)' is \(value); expected a number above 0, up to 1")
    }
    return probability
  }
}
