import SluiceServing

/// `sluice serve`: the daemon, as `sluiced`.
enum ServeCommand {
  static let syntax = Syntax(
    name: "serve", summary: "Serves streams of models to local clients over a UNIX socket.",
    operands: "FILE.sluice|NAME=FILE.sluice...", operandCount: 1...16,
    options: ServingSettings.options.map { Syntax.Option($0.name, value: $0.value, help: $0.help) },
    details: """
      The same program as sluiced. SIGHUP, or a new file in the place of a model's, reloads it, and
      running streams are carried over. Under a service manager it takes sockets and states from it.
      """,
    example: "sluice serve --socket /run/user/1000/sluice vad=silero.sluice")

  static func run(_ arguments: Arguments) throws(ToolError) {
    var words: [String] = []
    for option in syntax.options {
      if let value = arguments[option] { words.append("\(option.name)=\(value)") }
    }
    let status = Serving.main(words + ["--"] + arguments.operands)
    // What is wrong was said.
    if status != 0 { throw ToolError(ToolError.Status(rawValue: status) ?? .failed) }
  }
}
