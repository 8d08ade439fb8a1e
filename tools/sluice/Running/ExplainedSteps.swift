import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// A sequence that was run with a trace: what its steps are called, and what the model answered.
struct ExplainedSteps {
  let trace: GateTrace
  /// One a step.
  let labels: [String]
  /// The answer behind each step; nil of a model with several outputs that have no labels.
  let answers: [Double]?

  /// Runs a text.
  init(
    text: String, _ model: borrowing Model, _ path: String, _ trace: GateTrace
  ) throws(ToolError) {
    try RunCommand.checkVocabulary(of: model, path)
    let labels = InspectCommand.labels(of: model.blob)
    var stream = try openStream(model, path)
    let sentence = Sentence(Array(text.utf8), model, &stream, labels: labels, trace: trace)
    guard let traced = sentence.trace, traced.steps > 0 else {
      throw ToolError(.usage, "explain: the text holds no word; expected one at least")
    }
    self.trace = traced
    self.labels = sentence.words.map {
      ($0.text == "\n" ? "\\n" : $0.text == " " ? "␣" : $0.text) + ($0.token.isKnown ? "" : " (?)")
    }
    answers =
      model.outputSize == 1 || !labels.isEmpty
      ? sentence.words.map { Double($0.probability) } : nil
  }

  /// Runs the rows that `--input` names.
  init(
    rows arguments: Arguments, _ model: borrowing Model, _ path: String,
    _ missing: MissingPolicy?, _ trace: GateTrace
  ) throws(ToolError) {
    let metadata = try converting { () throws(ConversionError) in
      try ModelMetadata(of: model.blob, file: path)
    }
    let policies = MissingPolicy.each(missing, metadata, columns: model.inputSize)
    let source = try RowSource(
      rows: arguments, model, names: metadata?.inputNames ?? [],
      mayMiss: policies.contains { $0 != .refuse })
    guard (source.batch ?? 1) == 1 else {
      throw ToolError(
        .badFile,
        "\(source.reader.file): holds \(source.batch ?? 0) sequences; expected one, or 'sluice run --trace' "
          + "for all")
    }
    let sinks = RowSinks(file: nil, saysMissing: !arguments.isQuiet)
    var run = RowRun(source, policies, sinks, trace: trace)
    try run.run(model, path)
    let traced = run.trace ?? trace
    self.trace = traced
    labels = (0..<traced.steps).map { "step \($0)" }
    answers = model.outputSize == 1 ? traced.outputs.map { Double($0[0]) } : nil
  }

  /// For programs: the mean over the units of every signal at each step.
  func json(_ path: String) -> JSON {
    .object([
      ("file", .path(path)), ("steps", .strings(labels)),
      ("answers", answers.map { .array($0.map { .float(Float($0)) }) } ?? .null),
      ("layers", .array(trace.layers.map(json))), ("notTraced", .strings(trace.others)),
    ])
  }

  private func json(_ layer: GateTrace.Layer) -> JSON {
    func compared(_ statistics: ErrorStatistics) -> JSON {
      guard !statistics.isEmpty else { return .null }
      return .object([
        ("max", .double(statistics.maximalError)), ("step", .integer(statistics.step - 1)),
      ])
    }
    let means = layer.signals.map { signal -> JSON.Member in
      let map = GateMap(
        signal, of: layer, in: trace, labels: labels, answers: nil, rows: trace.steps,
        columns: signal.size)
      return (signal.name, .array(map.means.map { .double($0) }))
    }
    return .object([
      ("name", .string(layer.name)), ("kind", .string(layer.record.title)),
      ("type", .string("\(layer.record.storage)")), ("units", .integer(layer.record.hiddenSize)),
      ("equations", .strings(layer.equations)),
      (
        "fromFloat64",
        .object([("h", compared(layer.hidden)), ("C", compared(layer.cell))])
      ),
      ("means", .object(means)),
      ("shares", trace.shares(of: layer).map { .array($0.map { .double($0) }) } ?? .null),
    ])
  }
}

extension GateTrace.Layer {
  /// What is shown where nobody says: the gate that keeps, of an Elman network h.
  var usualSignal: GateTrace.Signal { keeping ?? signals[signals.count - 1] }
}
