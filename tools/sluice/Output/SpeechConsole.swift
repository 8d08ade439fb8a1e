import SluiceConversion

/// Segments of speech as they are found, for people and programs; places are samples of the source.
struct SpeechConsole {
  /// The source, as it was named.
  private let source: String
  private let rate: Int
  /// The file that receives the probabilities; nil for none.
  private let file: String?
  private let isForPrograms: Bool
  private let showsFrames: Bool
  /// Whether nothing is said: of a file for those who asked for quiet, or where that is the console.
  let isSilent: Bool
  private var count = 0
  private var total = 0

  init(_ arguments: Arguments, source: String, rate: Int) {
    file = arguments[RunOptions.output]
    (self.source, self.rate, isForPrograms) = (source, rate, arguments.isForPrograms)
    showsFrames = arguments.has(RunOptions.frames)
    isSilent =
      file.map(OutputFile.isStandardOutput) == true
      || file != nil && arguments.isQuiet && !isForPrograms
  }

  /// A frame's probability, where they were asked for.
  mutating func frame(_ index: Int, _ samples: Range<Int>, _ probability: Float) {
    guard showsFrames, !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object([
          ("frame", .integer(index)), ("start", .integer(samples.lowerBound)),
          ("end", .integer(samples.upperBound)), ("probability", .float(probability)),
        ]))
    }
    print("frame", samples, Double(probability).fixed(3))
  }

  /// A segment.
  mutating func segment(_ samples: Range<Int>) {
    defer { (count, total) = (count + 1, total + samples.count) }
    guard !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object([
          ("start", .integer(samples.lowerBound)), ("end", .integer(samples.upperBound)),
        ]))
    }
    if count == 0, !showsFrames { Console.print(line("", ["start s", "end s", "length s"])) }
    print(showsFrames ? "speech" : "", samples, seconds(samples.count, digits: 3))
  }

  /// Ends a source of `count` samples of each channel.
  func finish(count samples: Int, missing: MissingCount) {
    guard !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object([
          ("file", .path(source)), ("sampleRate", .integer(rate)), ("samples", .integer(samples)),
          ("segments", .integer(count)), ("speech", .integer(total)), ("missing", missing.json),
          ("output", file.map { .path($0) } ?? .null),
        ]))
    }
    Console.print(
      count == 0
        ? "no speech in \(source.printable)"
        : "\(count.of("segment")), \(seconds(total, digits: 2)) s of \(seconds(samples, digits: 2)) s"
    )
    if let note = missing.note { Console.print(note) }
    if let file { Console.print("probabilities written to \(file.printable)") }
  }

  private func print(_ word: String, _ samples: Range<Int>, _ last: String) {
    let ends = [samples.lowerBound, samples.upperBound].map { seconds($0, digits: 3) }
    Console.print(line(word, ends + [last]))
  }

  private func line(_ word: String, _ cells: [String]) -> String {
    let columns = cells.map { String(repeating: " ", count: max(9 - $0.count, 1)) + $0 }
    return word + columns.joined()
  }

  private func seconds(_ samples: Int, digits: Int) -> String {
    (Double(samples) / Double(rate)).fixed(digits)
  }
}
