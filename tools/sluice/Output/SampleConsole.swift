import SluiceConversion
import SluiceNetwork

/// What is said of samples that a model hears, whatever it hears in them; places are samples of the source.
struct SampleConsole {
  /// The source, as it was named.
  private let source: String
  private let rate: Int
  /// The file that receives the probabilities; nil for none.
  private let file: String?
  let isForPrograms: Bool
  let showsFrames: Bool
  /// Whether nothing is said: of a file for those who asked for quiet, or where that is the console.
  let isSilent: Bool

  init(_ arguments: Arguments, source: String, rate: Int) {
    file = arguments[RunOptions.output]
    (self.source, self.rate, isForPrograms) = (source, rate, arguments.isForPrograms)
    showsFrames = arguments.has(RunOptions.frames)
    isSilent =
      file.map(OutputFile.isStandardOutput) == true
      || file != nil && arguments.isQuiet && !isForPrograms
  }

  func seconds(_ samples: Int, digits: Int) -> String {
    (Double(samples) / Double(rate)).fixed(digits)
  }

  /// A frame, for programs: its samples, and what else there is of it.
  func frame(_ index: Int, _ samples: Range<Int>, _ more: [JSON.Member]) {
    Console.print(
      .object(
        [
          ("frame", .integer(index)), ("start", .integer(samples.lowerBound)),
          ("end", .integer(samples.upperBound)),
        ] + more))
  }

  /// Ends a source of `count` samples of each channel.
  ///
  /// - Parameters:
  ///   - found: what was heard, for programs.
  ///   - summary: the same for people; nil for nothing.
  ///   - what: what was listened for.
  func finish(
    count samples: Int, missing: MissingCount, found: [JSON.Member], summary: String?,
    of what: String
  ) {
    guard !isSilent else { return }
    if isForPrograms {
      return Console.print(
        .object(
          [
            ("file", .path(source)), ("sampleRate", .integer(rate)), ("samples", .integer(samples)),
          ] + found + [
            ("missing", missing.json), ("output", file.map { .path($0) } ?? .null),
          ]))
    }
    Console.print(summary ?? "no \(what) in \(source.printable)")
    if let note = missing.note { Console.print(note) }
    if let file { Console.print("probabilities written to \(file.printable)") }
  }
}
