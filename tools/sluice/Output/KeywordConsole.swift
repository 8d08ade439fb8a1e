import SluiceConversion
import SluiceNetwork

/// Words as they are told, for people and programs.
struct KeywordConsole {
  private let samples: SampleConsole
  private var count = 0

  init(_ arguments: Arguments, source: String, rate: Int) {
    samples = SampleConsole(arguments, source: source, rate: rate)
  }

  /// Whether nothing is said.
  var isSilent: Bool { samples.isSilent }

  /// A frame's best label, where they were asked for.
  func frame(_ index: Int, _ place: Range<Int>, _ label: String, _ probability: Float) {
    guard samples.showsFrames, !isSilent else { return }
    guard !samples.isForPrograms else {
      return samples.frame(
        index, place, [("label", .string(label)), ("probability", .float(probability))])
    }
    print("frame", place.upperBound, probability, label)
  }

  /// A word that is known from the sample `end` on.
  mutating func word(_ word: String, _ label: Int, _ probability: Float, _ end: Int) {
    defer { count += 1 }
    guard !isSilent else { return }
    if samples.isForPrograms {
      return Console.print(
        .object([
          ("word", .string(word)), ("label", .integer(label)), ("end", .integer(end)),
          ("probability", .float(probability)),
        ]))
    }
    if count == 0, !samples.showsFrames { Console.print("   known s  probability  word") }
    print(samples.showsFrames ? "word " : "", end, probability, word)
  }

  /// Ends a source of `count` samples of each channel.
  func finish(count length: Int, missing: MissingCount) {
    let summary = "\(count.of("word")) in \(samples.seconds(length, digits: 2)) s"
    samples.finish(
      count: length, missing: missing, found: [("words", .integer(count))],
      summary: count == 0 ? nil : summary, of: "word")
  }

  private func print(_ kind: String, _ end: Int, _ probability: Float, _ word: String) {
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 1)) + text
    }
    let time = cell(samples.seconds(end, digits: 3), 10)
    let level = cell(Double(probability).fixed(3), 13)
    Console.print("\(kind)\(time)\(level)  \(word.printable)")
  }
}
