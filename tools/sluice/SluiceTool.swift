import Glibc
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// The command-line tool: arguments in, exit status out.
@main enum SluiceTool {
  /// The commands in the order of the help.
  static let commands = [
    Command(syntax: ConvertCommand.syntax, run: ConvertCommand.run),
    Command(syntax: InspectCommand.syntax, run: InspectCommand.run),
    Command(syntax: RunCommand.syntax, run: RunCommand.run),
    Command(syntax: ExplainCommand.syntax, run: ExplainCommand.run),
    Command(syntax: GenerateCommand.syntax, run: GenerateCommand.run),
    Command(syntax: TranslateCommand.syntax, run: TranslateCommand.run),
    Command(syntax: CompareCommand.syntax, run: CompareCommand.run),
    Command(syntax: DiffCommand.syntax, run: DiffCommand.run),
    Command(syntax: ConformanceCommand.syntax, run: ConformanceCommand.run),
    Command(syntax: BenchCommand.syntax, run: BenchCommand.run),
    Command(syntax: ServeCommand.syntax, run: ServeCommand.run),
    Command(syntax: ISACommand.syntax, run: ISACommand.run),
  ]

  static func main() {
    // A reader that goes away, as `head` does, is no failure worth a signal's exit status.
    signal(SIGPIPE, SIG_IGN)
    // A file that grows too large is an error of the write, which then takes the file away.
    signal(SIGXFSZ, SIG_IGN)
    do throws(ToolError) {
      try run(words)
    } catch {
      if !error.message.isEmpty { Console.complain("sluice: \(error.message)") }
      exit(error.status.rawValue)
    }
  }

  /// The command line. A word may name a file, whose name need not be UTF-8.
  private static var words: [String] {
    (1..<max(Int(CommandLine.argc), 1)).compactMap { index in
      unsafe CommandLine.unsafeArgv[index].map { word in
        FileName.text(of: unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word))))
      }
    }
  }

  private static func run(_ words: [String]) throws(ToolError) {
    guard let name = words.first else {
      // Words that a script lost are no reason to go on.
      Console.writeError(help + "\n")
      throw ToolError(.usage)
    }
    if ["--version", "-V"].contains(name) {
      return Console.print("sluice \(Provenance.converterVersion)")
    }
    let asksForHelp = ["--help", "-h", "help"].contains(name)
    guard !asksForHelp || words.count > 1 else { return Console.print(help) }
    let command = try command(words[asksForHelp ? 1 : 0])
    let rest = Array(words.dropFirst())
    // Words behind `--` are operands, even a word that looks like a request for help.
    if asksForHelp || rest.prefix(while: { $0 != "--" }).contains(where: ["--help", "-h"].contains)
    {
      return Console.print(command.syntax.help)
    }
    let arguments = try Arguments(rest, for: command.syntax)
    do throws(ToolError) {
      try arguments.checkFiles()
      try command.run(arguments)
    } catch {
      if arguments.isForPrograms, !error.isReported { Console.print(error.json) }
      throw error
    }
  }

  private static func command(_ name: String) throws(ToolError) -> Command {
    if let command = commands.first(where: { $0.syntax.name == name }) { return command }
    let near = nearest(to: name, among: commands.map(\.syntax.name))
    let hint = near.map { "did you mean '\($0)'?" } ?? "'sluice --help' lists the commands"
    throw ToolError(.usage, "unknown command '\(name)'; \(hint)")
  }

  private static var help: String {
    let rows = commands.map { ["  " + $0.syntax.name, $0.syntax.summary] }
    return """
      Streams trained recurrent networks. Usage: sluice <command> [options]

      \(Table(rows: rows).text)

      'sluice help <command>' tells more, with an example; 'sluice --version' which version this is.
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
