import SluiceConversion
import SluiceNetwork

/// Segments of speech as they are found, for people and programs.
struct SpeechConsole {
  private let samples: SampleConsole
  private var count = 0
  private var total = 0

  init(_ arguments: Arguments, source: String, rate: Int) {
    samples = SampleConsole(arguments, source: source, rate: rate)
  }

  /// Whether nothing is said.
  var isSilent: Bool { samples.isSilent }

  /// A frame's probability, where they were asked for.
  mutating func frame(_ index: Int, _ place: Range<Int>, _ probability: Float) {
    guard samples.showsFrames, !isSilent else { return }
    guard !samples.isForPrograms else {
      return samples.frame(index, place, [("probability", .float(probability))])
    }
    print("frame", place, Double(probability).fixed(3))
  }

  /// A segment.
  mutating func segment(_ place: Range<Int>) {
    defer { (count, total) = (count + 1, total + place.count) }
    guard !isSilent else { return }
    if samples.isForPrograms {
      return Console.print(
        .object([
          ("start", .integer(place.lowerBound)), ("end", .integer(place.upperBound)),
        ]))
    }
    if count == 0, !samples.showsFrames {
      Console.print(line("", ["start s", "end s", "length s"]))
    }
    print(samples.showsFrames ? "speech" : "", place, samples.seconds(place.count, digits: 3))
  }

  /// Ends a source of `count` samples of each channel.
  func finish(count length: Int, missing: MissingCount) {
    let (spoken, all) = (samples.seconds(total, digits: 2), samples.seconds(length, digits: 2))
    samples.finish(
      count: length, missing: missing,
      found: [("segments", .integer(count)), ("speech", .integer(total))],
      summary: count == 0 ? nil : "\(count.of("segment")), \(spoken) s of \(all) s", of: "speech")
  }

  private func print(_ word: String, _ place: Range<Int>, _ last: String) {
    let ends = [place.lowerBound, place.upperBound].map { samples.seconds($0, digits: 3) }
    Console.print(line(word, ends + [last]))
  }

  private func line(_ word: String, _ cells: [String]) -> String {
    let columns = cells.map { String(repeating: " ", count: max(9 - $0.count, 1)) + $0 }
    return word + columns.joined()
  }
}
