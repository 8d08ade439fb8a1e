import Glibc

/// The command-line tool: arguments in, exit status out.
@main enum SluiceTool {
  /// The commands in the order of the help.
  static let commands = [
    Command(syntax: ConvertCommand.syntax, run: ConvertCommand.run),
    Command(syntax: InspectCommand.syntax, run: InspectCommand.run),
    Command(syntax: RunCommand.syntax, run: RunCommand.run),
    Command(syntax: CompareCommand.syntax, run: CompareCommand.run),
    Command(syntax: DiffCommand.syntax, run: DiffCommand.run),
    Command(syntax: ConformanceCommand.syntax, run: ConformanceCommand.run),
    Command(syntax: BenchCommand.syntax, run: BenchCommand.run),
    Command(syntax: ISACommand.syntax, run: ISACommand.run),
  ]

  static func main() {
    // A reader that goes away, as `head` does, is no failure worth a signal's exit status.
    signal(SIGPIPE, SIG_IGN)
    // A file that grows too large is an error of the write, which then takes the file away.
    signal(SIGXFSZ, SIG_IGN)
    do throws(ToolError) {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      if !error.message.isEmpty { Console.complain("sluice: \(error.message)") }
      exit(error.status.rawValue)
    }
  }

  private static func run(_ words: [String]) throws(ToolError) {
    guard let name = words.first else {
      throw ToolError(.usage, "expected a command; 'sluice --help' lists them")
    }
    if ["--help", "-h", "help"].contains(name) { return Console.print(help) }
    if name == "--version" { return Console.print("sluice \(ConvertCommand.version)") }
    guard let command = commands.first(where: { $0.syntax.name == name }) else {
      let near = nearest(to: name, among: commands.map(\.syntax.name))
      let hint = near.map { "did you mean '\($0)'?" } ?? "'sluice --help' lists the commands"
      throw ToolError(.usage, "unknown command '\(name)'; \(hint)")
    }
    let rest = Array(words.dropFirst())
    // Words behind `--` are operands, even a word that looks like a request for help.
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      return Console.print(command.syntax.help)
    }
    try command.run(Arguments(rest, for: command.syntax))
  }

  private static var help: String {
    let rows = commands.map { ["  " + $0.syntax.name, $0.syntax.summary] }
    return """
      Streams trained recurrent networks. Usage: sluice <command> [options]

      \(Table(rows: rows).text)

      'sluice <command> --help' tells more, with an example.
      Exit status: 0 done, 1 the work failed, 2 unusable arguments, 3 a bad or unsupported file.
      """
  }
}

/// One command of the tool.
struct Command: Sendable {
  /// Its name, operands and options.
  let syntax: Syntax
  /// Does the work.
  let run: @Sendable (Arguments) throws(ToolError) -> Void
}
