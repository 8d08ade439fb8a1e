import SluiceSignal
import Testing

@Suite("Words, while they are said") struct KeywordDetectorTests {
  /// Label 0 is silence; frames of 10 ms.
  private func told(
    _ frames: [[Float]], _ change: (inout KeywordSettings) -> Void = { _ in }
  ) throws -> [[Int]] {
    var settings = KeywordSettings()
    change(&settings)
    guard
      var detector = KeywordDetector(
        labelCount: 3, background: 0, rate: 16000, hop: 160, settings)
    else { throw Missing() }
    return words(&detector, frames)
  }

  /// What a detector tells of frames: a label and a frame each.
  private func words(_ detector: inout KeywordDetector, _ frames: [[Float]]) -> [[Int]] {
    var found: [[Int]] = []
    for (index, frame) in frames.enumerated() {
      if let word = detector.append(frame) { found.append([word.label, index]) }
    }
    return found
  }

  private func frames(_ parts: [(label: Int, count: Int)]) -> [[Float]] {
    parts.flatMap { part in
      [[Float]](repeating: (0..<3).map { $0 == part.label ? 1 : 0 }, count: part.count)
    }
  }

  @Test("a word is told where the mean of its last frames reaches the threshold, once")
  func threshold() throws {
    let word = frames([(0, 10), (1, 20), (0, 10)])
    // Three of five frames.
    #expect(try told(word) == [[1, 12]])
    #expect(try told(word) { $0.threshold = 1 } == [[1, 14]])
    #expect(try told(word) { $0.smoothing = 0 } == [[1, 10]])
    #expect(try told(word) { $0.smoothing = 1000 }.isEmpty)
    // Zeros stand before the first frame.
    #expect(try told(frames([(2, 5)])) == [[2, 2]])
    // Silence is no word.
    #expect(try told(frames([(0, 50)])).isEmpty)
  }

  @Test("the same word comes again only after it fell, another one after the hold")
  func again() throws {
    #expect(try told(frames([(1, 40), (0, 3), (1, 40)])) == [[1, 2]])
    #expect(try told(frames([(1, 40), (0, 5), (1, 40)])) == [[1, 2], [1, 47]])
    #expect(try told(frames([(1, 6), (2, 40)])) == [[1, 2], [2, 17]])
    #expect(try told(frames([(1, 6), (2, 40)])) { $0.hold = 0 } == [[1, 2], [2, 8]])
    #expect(try told(frames([(1, 30), (0, 1), (2, 9)])) == [[1, 2], [2, 33]])
  }

  @Test("random probabilities: as the rule over the whole signal says", arguments: 0..<20)
  func oracle(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let labels = 2 + seed % 4
    let background = seed % 3 == 0 ? nil : seed % labels
    var settings = KeywordSettings()
    settings.threshold = 0.3 + 0.1 * Float(seed % 4)
    settings.smoothing = 10 * (seed % 7)
    settings.hold = 30 * (seed % 5)
    let rows = (0..<400).map { _ in (0..<labels).map { _ in random.next() } }
    guard
      var detector = KeywordDetector(
        labelCount: labels, background: background, rate: 8000, hop: 80, settings)
    else { throw Missing() }
    var found: [[Int]] = []
    for pass in 0..<2 {
      found = words(&detector, rows)
      #expect(found == expected(rows, background, settings), "pass \(pass)")
      detector.reset()
    }
    #expect(!found.isEmpty)
  }

  private func expected(
    _ rows: [[Float]], _ background: Int?, _ settings: KeywordSettings
  ) -> [[Int]] {
    let steps = max(settings.smoothing / 10, 1)
    let means = rows.indices.map { row in
      rows[row].indices.map { label in
        rows[max(0, row + 1 - steps)...row].map { Double($0[label]) }.reduce(0, +) / Double(steps)
      }
    }
    var found: [[Int]] = []
    for (row, mean) in means.enumerated() {
      let words = mean.indices.filter { $0 != background }
      guard let best = words.max(by: { mean[$0] < mean[$1] }),
        mean[best] >= Double(settings.threshold)
      else { continue }
      if let last = found.last {
        guard (row - last[1]) * 10 >= settings.hold else { continue }
        let fell = means[(last[1] + 1)..<(row + 1)].contains {
          $0[last[0]] < Double(settings.endThreshold)
        }
        guard best != last[0] || fell else { continue }
      }
      found.append([best, row])
    }
    return found
  }

  @Test("what would keep too much is none, and settings say whether they are usable")
  func limits() {
    var settings = KeywordSettings()
    settings.smoothing = 1000
    if KeywordDetector(labelCount: 1000, background: nil, rate: 16000, hop: 1, settings) != nil {
      Issue.record("16,000 frames of 1,000 labels are kept")
    }
    #expect(settings.isUsable)
    for wrong in [
      { $0.threshold = 0 }, { $0.endThreshold = 0.6 }, { $0.smoothing = 1001 }, { $0.hold = -1 },
    ] as [(inout KeywordSettings) -> Void] {
      var changed = KeywordSettings()
      wrong(&changed)
      #expect(!changed.isUsable)
    }
  }
}

/// There is no such detector.
private struct Missing: Error {}

/// Numbers from 0 to 1, the same at every run.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24)
  }
}
