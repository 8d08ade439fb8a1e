/// A command's words, taken apart by its syntax.
struct Arguments {
  /// The operands in order.
  private(set) var operands: [String] = []
  private var values: [String: String] = [:]
  let syntax: Syntax

  /// Every option at most once, `--name value` or `--name=value`; `--` ends the options.
  init(_ words: [String], for syntax: Syntax) throws(ToolError) {
    self.syntax = syntax
    var rest = words[...]
    var optionsEnded = false
    while let word = rest.popFirst() {
      if optionsEnded || !word.hasPrefix("-") || word == "-" {
        operands.append(word)
      } else if word == "--" {
        optionsEnded = true
      } else {
        try option(word, &rest)
      }
    }
    guard operands.count <= syntax.operandCount.upperBound else {
      throw usage("an operand too many: '\(operands[syntax.operandCount.upperBound])'")
    }
    guard operands.count >= syntax.operandCount.lowerBound else {
      throw usage("expected \(syntax.operands)")
    }
  }

  private mutating func option(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(ToolError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = syntax.options.first(where: { $0.names.contains(name) }) else {
      let near = nearest(to: name, among: syntax.options.flatMap(\.names))
      throw usage("unknown option '\(name)'", near.map { "did you mean '\($0)'?" })
    }
    guard values[option.name] == nil else { throw usage("the option '\(name)' stands twice") }
    guard let value = option.value else {
      guard parts.count == 1 else { throw usage("the option '\(name)' takes no value") }
      values[option.name] = ""
      return
    }
    if parts.count == 2 {
      values[option.name] = String(parts[1])
    } else if let next = rest.first, !next.hasPrefix("--") {
      values[option.name] = rest.removeFirst()
    } else {
      throw usage(
        "the option '\(name)' needs a value",
        "'\(name)=\(value)' also takes one that begins with --")
    }
  }

  /// The value of an option, nil where it was not given.
  subscript(option: Syntax.Option) -> String? { values[option.name] }

  /// Whether an option was given.
  func has(_ option: Syntax.Option) -> Bool { values[option.name] != nil }

  /// Whether nothing is to be said but errors and what was asked for.
  var isQuiet: Bool { has(.quiet) }

  /// Whether programs read the output.
  var isForPrograms: Bool { has(.json) }

  /// The first operand.
  var file: String? { operands.first }

  /// The option's value as a number greater than zero.
  func positive(_ option: Syntax.Option) throws(ToolError) -> Double? {
    guard let text = self[option] else { return nil }
    guard let number = Double(text), number > 0, number.isFinite else {
      throw usage("'\(text)' after '\(option.name)' is no number greater than zero")
    }
    return number
  }

  /// The option's value as a whole number from 1 to `most`.
  func positiveCount(_ option: Syntax.Option, upTo most: Int) throws(ToolError) -> Int? {
    guard let text = self[option] else { return nil }
    guard let number = Int(text), (1...most).contains(number) else {
      throw usage("'\(text)' after '\(option.name)' is no whole number from 1 to \(most.grouped)")
    }
    return number
  }

  /// An error in the arguments, with a hint what to do.
  func usage(_ problem: String, _ hint: String? = nil) -> ToolError {
    ToolError(
      .usage, "\(syntax.name): \(problem); \(hint ?? "see 'sluice \(syntax.name) --help'")")
  }
}
