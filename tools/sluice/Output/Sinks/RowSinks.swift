import SluiceConversion
import SluiceNetwork

/// Where the rows of results go: a file, and the console where that is not the file.
struct RowSinks {
  private var file: RowFile?
  private var console: RowConsole?
  /// Whether standard error is told how many numbers were missing where the console is not.
  private let saysMissing: Bool

  init(file: RowFile?, console: RowConsole? = nil, saysMissing: Bool) {
    (self.file, self.console, self.saysMissing) = (file, console, saysMissing)
  }

  mutating func row(_ index: @autoclosure () -> [Int], _ values: [Float]) throws(ToolError) {
    try file?.row(values)
    console?.row(index(), values)
  }

  /// Ends the rows of an array of that shape.
  mutating func finish(shape: [Int], missing: MissingCount) throws(ToolError) {
    try file?.finish(shape: shape)
    if let console { return console.finish(shape: shape, missing: missing) }
    if saysMissing, let note = missing.note { Console.complain("sluice: \(note)") }
  }
}

/// Rows of results for people, the first few, or for programs, a line each.
struct RowConsole {
  private static let rowLimit = 10
  private static let columnLimit = 8
  /// A terminal's usual width: rows of numbers have no words to break at.
  private static let lineLimit = 80
  private static let labelLimit = 24

  /// The source, as it was named.
  let source: String
  /// The file that receives the rows; nil for none.
  let file: String?
  let isForPrograms: Bool
  /// What the model's outputs are called; empty where it does not say.
  private let labels: [String]
  private var count = 0
  /// The row that came last, where rows are labelled: that of a clip or a sentence that is its answer.
  private var last: (index: [Int], values: [Float])?

  /// Nil where nothing is to be said: of a file for those who asked for quiet, or where that is the console.
  init?(_ arguments: Arguments, source: String, labels: [String] = []) {
    self.labels = labels
    file = arguments[RunOptions.output]
    (self.source, isForPrograms) = (source, arguments.isForPrograms)
    guard file.map(OutputFile.isStandardOutput) != true,
      file == nil || !arguments.isQuiet || isForPrograms
    else { return nil }
  }

  mutating func row(_ index: [Int], _ values: [Float]) {
    defer { count += 1 }
    if isForPrograms {
      guard file == nil else { return }
      var members: [JSON.Member] = [
        ("row", .integers(index)), ("output", .array(values.map { .float($0) })),
      ]
      if let label = Sentence.verdict(values, labels).label {
        members.append(("label", .string(label)))
      }
      return Console.print(.object(members))
    }
    if !labels.isEmpty { last = (index, values) }
    guard count < Self.rowLimit else { return }
    if let line = labelled(index, values) { return Console.print(line) }
    let cells = values.prefix(Self.columnLimit).map {
      $0.magnitude < 1e4 ? Double($0).fixed(6) : "\($0)"
    }
    // As many columns as a line takes: numbers are not broken.
    var line = "[\(index.joined)]"
    for (column, cell) in cells.enumerated() {
      let space = String(repeating: " ", count: max(11 - cell.count, 2))
      guard line.count + space.count + cell.count + 5 <= Self.lineLimit else {
        line += "  ..."
        return Console.print(line)
      }
      line += space + cell
      if column == Self.columnLimit - 1, values.count > Self.columnLimit { line += "  ..." }
    }
    Console.print(line)
  }

  /// The row's winning label and what the model gives for it; nil where it has none.
  private func labelled(_ index: [Int], _ values: [Float]) -> String? {
    let verdict = Sentence.verdict(values, labels)
    guard let label = verdict.label else { return nil }
    let width = min(labels.map(\.count).max() ?? 0, Self.labelLimit)
    let space = String(repeating: " ", count: max(width - label.count, 0))
    return "[\(index.joined)]  \(label.printable)\(space)  \(Double(verdict.probability).fixed(3))"
  }

  func finish(shape: [Int], missing: MissingCount) {
    if isForPrograms {
      return Console.print(
        .object([
          ("input", .path(source)), ("shape", .integers(shape)), ("missing", missing.json),
          ("output", file.map { .path($0) } ?? .null),
        ]))
    }
    let line = last.flatMap { labelled($0.index, $0.values) }
    let hidden = count - Self.rowLimit - (line == nil ? 0 : 1)
    if hidden > 0 { Console.print("... \(hidden.of("more row"))") }
    if let line, count > Self.rowLimit { Console.print(line) }
    Console.print("float32 [\(shape.joined)]")
    if let note = missing.note { Console.print(note) }
    if let file { Console.print("written to \(file.printable)") }
  }
}

extension Int {
  /// The number and what it counts: "1 row", "2 rows".
  func of(_ thing: String) -> String { "\(self) \(thing)\(self == 1 ? "" : "s")" }
}

extension [Int] {
  /// The numbers with commas between them.
  var joined: String { map { "\($0)" }.joined(separator: ", ") }
}
