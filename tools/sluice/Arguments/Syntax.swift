/// What a command accepts, and its help.
struct Syntax: Sendable {
  /// An option, with a value or without.
  struct Option: Sendable {
    /// What a value that names a file is to the command.
    enum FileRole: Sendable {
      case read, written
    }

    /// Its names, `--long` first.
    let names: [String]
    /// What stands for the value in the help; nil for an option without one.
    let value: String?
    /// What the file is that the value names; nil where it names none.
    let file: FileRole?
    let help: String

    init(_ names: String..., value: String? = nil, file: FileRole? = nil, help: String) {
      self.names = names
      self.value = value
      self.file = file
      self.help = help
    }

    var name: String { names[0] }

    static let json = Option("--json", help: "print JSON for programs in place of a table")
    static let quiet = Option(
      "--quiet", "-q",
      help: "no progress and no remarks; no table where there is a file or a status")
    static let silent = Option("--quiet", "-q", help: "no progress")
    fileprivate static let usage = Option("--help", "-h", help: "print this")
  }

  let name: String
  let summary: String
  /// Operands as the usage line shows them; each names a file or a folder that is read.
  let operands: String
  /// How many operands there may be.
  let operandCount: ClosedRange<Int>
  let options: [Option]
  /// What else there is to say.
  let details: String
  /// A command line that works.
  let example: String

  var help: String {
    let rows = (options + [.usage]).map { option in
      [
        "  " + option.names.joined(separator: ", ") + (option.value.map { " \($0)" } ?? ""),
        option.help,
      ]
    }
    let operands = operands.isEmpty ? "" : " \(operands)"
    return """
      \(summary)

      Usage: sluice \(name)\(operands)\(options.isEmpty ? "" : " [options]")
      \(details.isEmpty ? "" : "\n\(details)\n")
      Options:
      \(Table(rows: rows).text)

      Example:
        \(example)
      """
  }
}

/// The candidate that differs from `word` in two letters at most, for a hint.
func nearest(to word: String, among candidates: [String]) -> String? {
  candidates.map { ($0, editDistance(Array(word), Array($0))) }
    .filter { $0.1 <= 2 && $0.1 < word.count }.min { $0.1 < $1.1 }?.0
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  guard a.count < 64 else { return a.count }
  var row = Array(0...b.count)
  for (i, character) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let replaced = diagonal + (character == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
