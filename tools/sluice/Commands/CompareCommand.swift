import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice compare`: a source at float32 against a blob of it.
enum CompareCommand {
  private static let input = Syntax.Option(
    "--input", value: "X.npy", file: .read,
    help: "what both read, as for run --input; seeded noise without it")
  private static let bound = Syntax.Option(
    "--max-error", value: "E",
    help: "the greatest error of the output that passes; by default 1e-5 of f32 weights and exact "
      + "activations, or ten times what the source itself errs by in float32, else any")
  private static let architecture = Syntax.Option(
    "--architecture", value: "A.json", file: .read, help: "as for convert")
  private static let graph = [
    Syntax.Option("--input-shape", value: "NAME=1,N", help: "as for convert"),
    Syntax.Option("--set", value: "NAME=X", help: "as for convert"),
  ]

  static let syntax = Syntax(
    name: "compare", summary: "Compares a source at float32 with a blob of it.",
    operands: "SOURCE FILE.sluice", operandCount: 2...2,
    options: [input, bound, architecture] + graph + [.json, .quiet],
    details: """
      The source's weights are taken as they are, at float32, and every sum and function is computed
      in float64. Exit status 1 where the output's error is above the bound. Where an error of f32 is
      conspicuous the source is run in float32 too: some networks amplify whatever rounding leaves.
      """,
    example: "sluice compare model.onnx model.sluice")

  static func run(_ arguments: Arguments) throws(ToolError) {
    let (source, path) = (arguments.operands[0], arguments.operands[1])
    guard !isBlob(source) else {
      throw ToolError(
        .badFile,
        "\(source): is a blob; expected the model that it was converted from, or 'sluice diff', which "
          + "compares two blobs")
    }
    let asked = try arguments.positive(bound)
    let contents = contents(of: try openModel(path))
    let usual = contents.layers.allSatisfy { $0.record.grade == .exact } ? contents.usualError : nil
    let given = try arguments[input].map { (path) throws(ToolError) in
      let tensor = try converting { () throws(ConversionError) in try NPY.read(path) }
      try checkFinite(tensor, path)
      return (path: path, tensor: tensor)
    }
    var settings = ConversionOptions()
    for option in [architecture] + graph {
      guard let value = arguments[option] else { continue }
      do throws(ConversionOptions.ArgumentError) { try settings.set(option.name, to: value) } catch
      {
        throw arguments.usage(error.reason)
      }
    }
    let options = settings.source
    var progress = Progress(quiet: arguments.isQuiet)
    var inferred: String?
    let report = try converting { () throws(ConversionError) in
      let model = try Converter.convert(source: source, options: options)
      var network = model.network
      // The blob's units are the source's then.
      if !contents.metadata.isEmpty {
        let metadata = try ModelMetadata(
          text: contents.metadata, file: path, allowingUnknown: true)
        network = try metadata.applied(to: network)
      }
      inferred = model.inferred
      let sequences: SequenceArray
      if let given {
        sequences = try SequenceArray(given.tensor, of: network, file: given.path)
      } else {
        sequences = try AccuracyReport.noise(for: network)
      }
      let comparison = try NetworkComparison(network, contents, over: sequences, file: path) {
        progress.report("step \($0) of \($1)")
      }
      var report = AccuracyReport(comparison, over: given?.path ?? AccuracyReport.noise)
      try report.measureStretches(
        network, contents, like: given == nil ? nil : sequences, file: path, instructionSet: nil)
      return report
    }
    progress.finish()
    if !arguments.isQuiet { inferred?.announce(of: source) }
    // What stands for a bound that nobody asks for is what f32 errs by over usual input.
    let error = asked == nil ? report.maximalError : report.greatestError
    let bound = asked ?? usual.map { max($0, report.limitOfSource) }
    if arguments.isForPrograms {
      Console.print(json(report, error: error, bound: bound, inferred))
    } else if !arguments.isQuiet {
      Console.print(AccuracyTable(report).text)
    }
    if let bound, !(error <= bound) {
      throw ToolError(
        .failed,
        "\(path): the output's error\(asked == nil ? "" : report.placeOfGreatest) is "
          + "\(error.scientific); expected at most \(bound)"
          + (report.ownPart.map { "; \($0)" } ?? ""), isReported: true)
    }
  }

  private static func contents(of model: borrowing Model) -> BlobContents {
    BlobContents(model.blob)
  }

  private static func json(
    _ report: AccuracyReport, error: Double, bound: Double?, _ inferred: String?
  ) -> JSON {
    let layers = report.layers.map { layer in
      JSON.object([
        ("name", .string(layer.name)), ("type", .string(layer.type)),
        ("maxError", .double(layer.maximalError)), ("atStep", .integer(layer.step)),
        ("rmsError", .double(layer.meanError)),
        ("weightsDecibels", layer.weights.map { .double($0) } ?? .null),
        ("outputsDecibels", layer.outputs.map { .double($0) } ?? .null),
        ("saturated", layer.saturated.map { .double($0) } ?? .null),
      ])
    }
    let moments = report.drift.map {
      JSON.object([
        ("steps", .integer($0.steps)), ("maxError", .double($0.maximalError)),
        ("rmsErrorSince", .double($0.meanError)),
        ("sourceMaxErrorAtF32", $0.sourceError.map { .double($0) } ?? .null),
      ])
    }
    let stretches = report.stretches.map {
      JSON.object([
        ("over", .string($0.kind.rawValue)), ("steps", .integer($0.steps)),
        ("maxError", .double($0.maximalError)), ("rmsError", .double($0.meanError)),
        ("lastingError", .double($0.lastingError)),
      ])
    }
    return .object([
      ("input", .path(report.input)), ("sequences", .integer(report.sequences)),
      ("steps", .integer(report.steps)), ("maxError", .double(report.maximalError)),
      ("rmsError", .double(report.meanError)),
      ("sourceMaxErrorAtF32", report.sourceError.map { .double($0) } ?? .null),
      ("worstOutput", .integer(report.worstChannel)),
      ("worstOutputRmsError", .double(report.worstChannelError)),
      ("bound", bound.map { .double($0) } ?? .null),
      ("passed", .bool(bound.map { error <= $0 } ?? true)),
      ("layers", .array(layers)), ("overTime", .array(moments)),
      ("stretches", .array(stretches)),
      ("inferred", inferred.map { .string($0) } ?? .null),
    ])
  }
}
