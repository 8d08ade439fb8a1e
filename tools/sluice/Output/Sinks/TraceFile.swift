import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork

/// The file that receives gates, C and h of every step.
struct TraceFile {
  static let option = Syntax.Option(
    "--trace", value: "FILE.npy", file: .written,
    help: "receives all gates, C and h of every step: a field for each, as 'lstm.f'")

  private var file: OutputFile

  /// The file that `--trace` names; nil for none.
  init?(_ arguments: Arguments) throws(ToolError) {
    guard let path = arguments[Self.option] else { return nil }
    guard RowFormat(path: path) == .npy else {
      throw arguments.usage(
        "a trace is an array of NumPy's, and '\(path)' does not end in .npy",
        "expected a name as gates.npy")
    }
    file = try OutputFile(path)
  }

  /// Puts the file in place; `sequences` is nil for one that stands for itself.
  mutating func finish(
    _ trace: GateTrace, sequences: Int? = nil, quiet: Bool
  ) throws(ToolError) {
    try file.finish(head: trace.npy(sequences: sequences))
    guard !quiet else { return }
    for layer in trace.layers {
      Console.complain(
        "sluice: \(file.path): layer '\(layer.name)': "
          + trace.comparison(of: layer).replacing("\n", with: " "))
    }
    if let note = trace.noteOfOthers { Console.complain("sluice: \(file.path): \(note)") }
  }
}

extension GateTrace {
  /// A trace of `model`, which came from `path`.
  init(of model: borrowing Model, _ path: String) throws(ToolError) {
    let contents = BlobContents(model.blob)
    self = try converting { () throws(ConversionError) in
      try GateTrace(contents, file: path)
    }
  }

  /// How far the stream's states are from those of the cell in float64.
  func comparison(of layer: Layer) -> String {
    let cell =
      layer.cell.isEmpty ? "" : " and C within \(layer.cell.maximalError.scientific)"
    let (type, grade) = (layer.record.storage, layer.record.grade)
    let note =
      type.isInteger
      ? ",\nwhich has the \(type) weights as they are, but x and h unrounded"
      : grade == .fast ? ",\nwhich has exact functions in place of fast ones" : ""
    return "h is within \(layer.hidden.maximalError.scientific)\(cell) of float64 in "
      + "\(steps.of("step"))\(note)"
  }

  /// What is not in the trace; nil for nothing.
  var noteOfOthers: String? {
    guard !others.isEmpty else { return nil }
    let names = others.map { "'\($0.printable)'" }.joined(separator: ", ")
    return "not traced, as they run over the columns of a step: \(names)"
  }
}
