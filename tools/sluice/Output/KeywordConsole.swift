import SluiceConversion

/// Words as they are told, for people and programs; places are samples of the source.
struct KeywordConsole {
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

  init(_ arguments: Arguments, source: String, rate: Int) {
    file = arguments[RunOptions.output]
    (self.source, self.rate, isForPrograms) = (source, rate, arguments.isForPrograms)
    showsFrames = arguments.has(RunOptions.frames)
    isSilent =
      file.map(OutputFile.isStandardOutput) == true
      || file != nil && arguments.isQuiet && !isForPrograms
  }

  /// A frame's best label, where they were asked for.
  func frame(_ index: Int, _ samples: Range<Int>, _ label: String, _ probability: Float) {
    guard showsFrames, !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object([
          ("frame", .integer(index)), ("start", .integer(samples.lowerBound)),
          ("end", .integer(samples.upperBound)), ("label", .string(label)),
          ("probability", .float(probability)),
        ]))
    }
    print("frame", samples.upperBound, probability, label)
  }

  /// A word that is known from the sample `end` on.
  mutating func word(_ word: String, _ label: Int, _ probability: Float, _ end: Int) {
    defer { count += 1 }
    guard !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object([
          ("word", .string(word)), ("label", .integer(label)), ("end", .integer(end)),
          ("probability", .float(probability)),
        ]))
    }
    if count == 0, !showsFrames { Console.print("   known s  probability  word") }
    print(showsFrames ? "word " : "", end, probability, word)
  }

  /// Ends a source of `count` samples of each channel.
  func finish(count samples: Int, missing: MissingCount) {
    guard !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object([
          ("file", .path(source)), ("sampleRate", .integer(rate)), ("samples", .integer(samples)),
          ("words", .integer(count)), ("missing", missing.json),
          ("output", file.map { .path($0) } ?? .null),
        ]))
    }
    Console.print(
      count == 0
        ? "no word in \(source.printable)"
        : "\(count.of("word")) in \((Double(samples) / Double(rate)).fixed(2)) s")
    if let note = missing.note { Console.print(note) }
    if let file { Console.print("probabilities written to \(file.printable)") }
  }

  private func print(_ kind: String, _ end: Int, _ probability: Float, _ word: String) {
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 1)) + text
    }
    let time = cell((Double(end) / Double(rate)).fixed(3), 10)
    let level = cell(Double(probability).fixed(3), 13)
    Console.print("\(kind)\(time)\(level)  \(word.printable)")
  }
}
