import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice explain`: what the gates of a running stream did at every step.
enum ExplainCommand {
  private static let text = Syntax.Option(
    "--text", value: "TEXT", help: "a text, a step for each of its words or characters")
  private static let layer = Syntax.Option(
    "--layer", value: "NAME", help: "this recurrent layer alone; without it all")
  private static let signal = Syntax.Option(
    "--signal", value: "NAME",
    help: "what is shown: i, f, g, o or C of an LSTM, r, z or n of a GRU, h; f, z or h without it")
  private static let svg = Syntax.Option(
    "--svg", value: "FILE.svg", file: .written, help: "receives the picture, drawn")

  static let syntax = Syntax(
    name: "explain",
    summary: "Shows what the gates of a model did at every step of a text or array.",
    operands: "[FILE.sluice]", operandCount: 0...1,
    options: [
      text, RunOptions.input, RunOptions.format, RunOptions.missing, layer, signal, svg,
      TraceFile.option, .json, .quiet,
    ],
    details: """
      Without FILE, explains the model that ships with the tool: is a film review positive?
      A row stands for a word or a step, a column for some units: what the forget gate f of an LSTM, or
      the update gate z of a GRU, kept of the state before. Behind it stand the mean over all units,
      how much of the last C (of a GRU the last h) this step put there, and the answer so far.

      h and C are read from the running stream. The gates are those of a cell in float64 on the blob's
      weights, fed at each step with what the stream held; how far the stream's h and C are from that
      cell's is said below. --trace receives all numbers. Of g, n, C and h magnitudes are shown.
      """,
    example: "sluice explain --text \"I really enjoyed the movie\" --svg gates.svg")

  static func run(_ arguments: Arguments) throws(ToolError) {
    guard arguments.has(text) != arguments.has(RunOptions.input) else {
      throw arguments.usage("expected --text or --input")
    }
    guard arguments[text] != "-" else {
      throw arguments.usage("'-' is many texts", "expected one, as --text \"a fine film\"")
    }
    for option in [RunOptions.format, RunOptions.missing] where arguments.has(option) {
      guard arguments.has(RunOptions.input) else {
        throw arguments.usage("the option '\(option.name)' goes with --input")
      }
    }
    let missing = try RunOptions.missingPolicy(arguments)
    var file = try TraceFile(arguments)
    let path = if let named = arguments.file { named } else { try ShippedModel.path() }
    for option in [svg, TraceFile.option] { try arguments.check(option, isNot: path) }
    var drawing = try arguments[svg].map { (path) throws(ToolError) in try OutputFile(path) }
    let model = try openModel(path)
    let trace = try GateTrace(of: model, path)
    let shown = try shown(trace, path, arguments)
    let steps =
      if let text = arguments[text] {
        try ExplainedSteps(text: text, model, path, trace)
      } else {
        try ExplainedSteps(rows: arguments, model, path, missing, trace)
      }
    try file?.finish(steps.trace, quiet: true)
    func maps(rows: Int, columns: Int) -> [GateMap] {
      shown.map { place, signal in
        GateMap(
          signal, of: steps.trace.layers[place], in: steps.trace, labels: steps.labels,
          answers: steps.answers, rows: rows, columns: columns)
      }
    }
    if var drawing {
      let picture = GateMap.svg(maps(rows: GateMap.drawnRows, columns: GateMap.drawnColumns))
      try drawing.write(Array(picture.utf8))
      try drawing.finish()
    }
    drawing = nil
    if arguments.isForPrograms { return Console.print(steps.json(path)) }
    guard !arguments.isQuiet || (file == nil && !arguments.has(svg)) else { return }
    let rows = arguments.has(text) ? GateMap.drawnRows : GateMap.textRows
    let parts = maps(rows: rows, columns: GateMap.textColumns).map { map in
      "\(map.text)\n\n\(steps.trace.comparison(of: map.layer))"
    }
    Console.print((parts + [steps.trace.noteOfOthers].compactMap(\.self)).joined(separator: "\n\n"))
  }

  /// The layers and their signals that are shown, by their places in the trace.
  private static func shown(
    _ trace: GateTrace, _ path: String, _ arguments: Arguments
  ) throws(ToolError) -> [(place: Int, signal: GateTrace.Signal)] {
    let wanted = arguments[layer].map { Name($0) }
    let places = trace.layers.indices.filter {
      wanted == nil || Name(trace.layers[$0].name) == wanted
    }
    guard !places.isEmpty else {
      let names = trace.layers.map { "'\($0.name)'" }.joined(separator: ", ")
      throw arguments.usage(
        "\(path) has no recurrent layer '\(arguments[layer] ?? "")'", "expected one of \(names)")
    }
    return try places.map { (place) throws(ToolError) in
      let layer = trace.layers[place]
      guard let name = arguments[signal] else { return (place, layer.usualSignal) }
      guard let signal = layer.signal(name) else {
        let names = layer.signals.map(\.name).joined(separator: ", ")
        throw arguments.usage(
          "layer '\(layer.name)' has no signal '\(name)'", "expected one of \(names)")
      }
      return (place, signal)
    }
  }
}
