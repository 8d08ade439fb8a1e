import SluiceSignal
import Testing

@Suite("Segments of speech, while they go on") struct SpeechDetectorTests {
  /// What a detector settles, with the number of frames that it had seen.
  private func settled(
    _ probabilities: [Float], count: Int, _ settings: SpeechSettings
  ) -> [(segment: Range<Int>, frames: Int)] {
    var detector = SpeechDetector(rate: 16000, hop: 512, settings)
    var found: [(Range<Int>, Int)] = []
    for (index, probability) in probabilities.enumerated() {
      if let segment = detector.append(probability) { found.append((segment, index + 1)) }
    }
    while let segment = detector.finish(count: count) { found.append((segment, .max)) }
    return found
  }

  private func segments(
    _ probabilities: [(Float, Int)], _ change: (inout SpeechSettings) -> Void = { _ in }
  ) -> [Range<Int>] {
    var settings = SpeechSettings()
    change(&settings)
    let all = probabilities.flatMap { Array(repeating: $0.0, count: $0.1) }
    return settled(all, count: all.count * 512, settings).map(\.segment)
  }

  /// The rules over a whole recording, as Silero's Python has them.
  private func oracle(_ probabilities: [Float], count: Int, _ settings: SpeechSettings) -> [Range<
    Int
  >] {
    let (rate, hop) = (16000, 512)
    let end = max(settings.threshold - 0.15, 0.01)
    var found: [(start: Int, end: Int)] = []
    var start: Int?
    var quiet: Int?
    for (index, probability) in probabilities.enumerated() {
      let at = index * hop
      if probability >= settings.threshold {
        quiet = nil
        start = start ?? at
      } else if probability < end, let began = start {
        let paused = quiet ?? at
        quiet = paused
        guard at - paused >= rate * settings.minimalSilence / 1000 else { continue }
        if paused - began > rate * settings.minimalSpeech / 1000 { found.append((began, paused)) }
        (start, quiet) = (nil, nil)
      }
    }
    if let began = start, count - began > rate * settings.minimalSpeech / 1000 {
      found.append((began, count))
    }
    let padding = rate * settings.padding / 1000
    var result = found
    for index in found.indices {
      if index == 0 { result[0].start = max(0, found[0].start - padding) }
      guard index + 1 < found.count else {
        result[index].end = min(count, found[index].end + padding)
        break
      }
      let gap = found[index + 1].start - found[index].end
      let share = gap < 2 * padding ? gap / 2 : padding
      result[index].end = found[index].end + share
      result[index + 1].start = max(0, found[index + 1].start - share)
    }
    return result.map { $0.start..<$0.end }
  }

  @Test("begin at the threshold, end below it after a silence, and are padded")
  func hysteresis() {
    #expect(segments([(0.1, 10), (0.9, 20), (0.1, 10)]) == [10 * 512 - 480..<30 * 512 + 480])
    // Between the two thresholds nothing changes.
    #expect(segments([(0.4, 10), (0.9, 20), (0.4, 10)]) == [10 * 512 - 480..<40 * 512])
    // 3 frames are 96 ms: less than the silence that ends a segment. 4 are more.
    #expect(segments([(0.9, 20), (0.1, 3), (0.9, 20), (0.1, 9)]).count == 1)
    #expect(segments([(0.9, 20), (0.1, 5), (0.9, 20), (0.1, 9)]).count == 2)
    // 7 frames are 224 ms, 8 are 256.
    #expect(segments([(0.1, 4), (0.9, 7), (0.1, 9)]).isEmpty)
    #expect(segments([(0.1, 4), (0.9, 8), (0.1, 9)]).count == 1)
    #expect(segments([(0.1, 4), (0.9, 7), (0.1, 9)]) { $0.minimalSpeech = 200 }.count == 1)
    #expect(segments([(0.6, 20), (0.1, 9)]) { $0.threshold = 0.7 }.isEmpty)
    #expect(segments([]).isEmpty)
  }

  @Test("share what lies between two of them")
  func padding() {
    let both = segments([(0.9, 20), (0.1, 5), (0.9, 20), (0.1, 9)]) { $0.padding = 100 }
    #expect(both == [0..<20 * 512 + 1280, 25 * 512 - 1280..<45 * 512 + 1600])
    #expect(segments([(0.1, 5), (0.9, 20)]) == [5 * 512 - 480..<25 * 512])
  }

  @Test("are told with the frame that ends their silence")
  func promptness() {
    let probabilities = [Float](repeating: 0.9, count: 20) + [Float](repeating: 0.1, count: 30)
    let found = settled(probabilities, count: 50 * 512, SpeechSettings())
    // 100 ms are 3.1 frames: the fifth silent one begins 4 frames behind the first.
    #expect(found.map(\.frames) == [25])
  }

  @Test("are those of the rules over all of a recording, whatever the settings")
  func streamed() {
    var random = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &random)
    var state = seed
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var (several, met) = (0, 0)
    for round in 0..<3000 {
      var settings = SpeechSettings()
      settings.minimalSpeech = [0, 30, 64, 250][next(4)]
      settings.minimalSilence = [0, 20, 64, 100, 400][next(5)]
      settings.padding = [0, 16, 30, 100, 500][next(5)]
      settings.threshold = [0.5, 0.1, 0.9][next(3)]
      var probabilities: [Float] = []
      while probabilities.count < 60 {
        let value: Float = [0, 0.05, 0.4, 0.6, 0.95][next(5)]
        probabilities += [Float](repeating: value, count: 1 + next(8))
      }
      let count = probabilities.count * 512 - next(512)
      let found = settled(probabilities, count: count, settings).map(\.segment)
      let expected = oracle(probabilities, count: count, settings)
      #expect(found == expected, "round \(round) of seed \(seed)")
      if expected.count > 1 { several += 1 }
      if zip(expected, expected.dropFirst()).contains(where: { $1.lowerBound - $0.upperBound <= 1 })
      {
        met += 1
      }
    }
    #expect(several > 300 && met > 100, "several: \(several), met: \(met)")
  }
}
