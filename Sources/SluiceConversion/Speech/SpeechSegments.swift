import Sluice
import SluiceImport
import SluiceNetwork

/// How speech probabilities become segments of speech.
public struct SpeechSettings: Sendable {
  /// Speech begins at this probability, and ends 0.15 below it (at least at 0.01).
  public var threshold: Float = 0.5
  /// Segments of less are dropped, in milliseconds.
  public var minimalSpeech = 250
  /// Silence of less does not end a segment, in milliseconds.
  public var minimalSilence = 100
  /// Put before and behind each segment, in milliseconds.
  public var padding = 30

  /// The usual settings.
  public init() {}
}

/// Finds speech in samples with a voice-activity model that reads frames: a context of samples that
/// the frame before ended with, then eight times as many new ones.
public enum SpeechSegments {
  /// New samples of each frame of `model`; nil where it does not read such frames.
  ///
  /// 16 kHz: 576 samples, 64 of them context. 8 kHz: half of both.
  public static func frame(
    of model: borrowing Model
  ) -> (rate: Int, context: Int, samples: Int)? {
    guard !model.readsTokens, model.outputSize == 1, model.output == .sequence else { return nil }
    switch model.inputSize {
    case 576: return (16000, 64, 512)
    case 288: return (8000, 32, 256)
    default: return nil
    }
  }

  /// The probability of speech in each frame, the last one filled up with silence.
  public static func probabilities(
    of samples: [Float], _ stream: inout ModelStream, context: Int, frame: Int
  ) -> [Float] {
    var input = [Float](repeating: 0, count: context + frame)
    var output: [Float] = [0]
    var probabilities: [Float] = []
    stream.reset()
    for start in stride(from: 0, to: samples.count, by: frame) {
      for index in 0..<context { input[index] = input[frame + index] }
      for index in 0..<frame {
        input[context + index] = start + index < samples.count ? samples[start + index] : 0
      }
      stream.step(input, into: &output)
      probabilities.append(output[0])
    }
    return probabilities
  }

  /// The segments in samples, by the rules of Silero's `get_speech_timestamps`.
  ///
  /// - Parameters:
  ///   - probabilities: of each frame.
  ///   - frame: samples of a frame.
  ///   - count: samples in all.
  ///   - rate: samples a second.
  ///   - settings: thresholds and shortest durations.
  public static func segments(
    _ probabilities: [Float], frame: Int, count: Int, rate: Int, _ settings: SpeechSettings
  ) -> [Range<Int>] {
    let shortest = rate * settings.minimalSpeech / 1000
    let silence = rate * settings.minimalSilence / 1000
    // Twice: speech does not end as easily as it begins.
    let end = max(settings.threshold - 0.15, 0.01)
    var found: [Range<Int>] = []
    var start: Int?
    var quiet: Int?
    for (index, probability) in probabilities.enumerated() {
      let at = index * frame
      if probability >= settings.threshold {
        quiet = nil
        if start == nil { start = at }
      } else if probability < end, let began = start {
        let paused = quiet ?? at
        quiet = paused
        if at - paused >= silence {
          if paused - began > shortest { found.append(began..<paused) }
          (start, quiet) = (nil, nil)
        }
      }
    }
    if let began = start, count - began > shortest { found.append(began..<count) }
    return padded(found, by: rate * settings.padding / 1000, count: count)
  }

  /// Segments made longer on both ends; two that would meet share what is between them.
  private static func padded(_ segments: [Range<Int>], by padding: Int, count: Int) -> [Range<Int>]
  {
    var bounds = segments.map { (start: $0.lowerBound, end: $0.upperBound) }
    for index in bounds.indices {
      if index == 0 { bounds[0].start = max(0, bounds[0].start - padding) }
      guard index + 1 < bounds.count else {
        bounds[index].end = min(count, bounds[index].end + padding)
        break
      }
      let gap = bounds[index + 1].start - bounds[index].end
      let share = gap < 2 * padding ? gap / 2 : padding
      bounds[index].end = min(count, bounds[index].end + share)
      bounds[index + 1].start = max(0, bounds[index + 1].start - share)
    }
    return bounds.map { $0.start..<$0.end }
  }
}
