import Sluice
import SluiceBlob
import SluiceConversion

/// `sluice compare`: a source at float32 against a blob of it.
enum CompareCommand {
  private static let input = Syntax.Option(
    "--input", value: "X.npy", help: "what both read; seeded noise without it")
  private static let bound = Syntax.Option(
    "--max-error", value: "E", help: "the greatest error of the output that passes (1e-5)")
  private static let architecture = Syntax.Option(
    "--architecture", value: "A.json", help: "as for convert")
  private static let noiseSteps = 1000
  private static let seed: UInt64 = 1

  static let syntax = Syntax(
    name: "compare", summary: "Compares a source at float32 with a blob of it.",
    operands: "SOURCE FILE.sluice", operandCount: 2...2,
    options: [input, bound, architecture, .json],
    details: """
      The source's weights are taken as they are, at float32, and every sum and function is computed in
      float64. Exit status 1 where the output's error is above the bound.
      """,
    example: "sluice compare model.onnx model.sluice")

  static func run(_ arguments: Arguments) throws(ToolError) {
    let (source, path) = (arguments.operands[0], arguments.operands[1])
    let bound = try arguments.positive(bound) ?? 1e-5
    let contents = contents(of: try openModel(path))
    var progress = Progress()
    var inferred: String?
    let comparison = try converting { () throws(ConversionError) in
      let options = ConversionOptions(architecture: arguments[architecture])
      let model = try Converter.convert(source: source, options: options)
      let network = model.network
      inferred = model.inferred
      let sequences: SequenceArray
      if let file = arguments[input] {
        sequences = try SequenceArray(
          NPY.read(file), axes: network.readsIDs ? [.time] : [.time, .feature],
          inputSize: network.rangeOfInput, readsIDs: network.readsIDs, file: file)
      } else {
        sequences = try NetworkComparison.noise(for: network, steps: noiseSteps, seed: seed)
      }
      return try NetworkComparison(network, contents, over: sequences, file: path) {
        progress.report("step \($0) of \($1)")
      }
    }
    progress.finish()
    inferred?.announce(of: source)
    let over = arguments[input] ?? "noise of seed \(seed)"
    if arguments.has(.json) {
      Console.print(json(comparison, over: over, bound: bound, inferred))
    } else {
      Console.print(table(comparison, over: over))
    }
    guard comparison.maximalError <= bound else {
      throw ToolError(
        .failed,
        "\(path): the output's error is \(comparison.maximalError.scientific); expected at most \(bound)"
      )
    }
  }

  private static func contents(of model: borrowing Model) -> BlobContents {
    BlobContents(model.blob)
  }

  private static func table(_ comparison: NetworkComparison, over input: String) -> String {
    let layers = comparison.layers.map { layer in
      [
        Console.printable(layer.name), "\(layer.kind)", "\(layer.size)",
        layer.maximalError.scientific, layer.step.grouped, layer.meanError.scientific,
      ]
    }
    let moments = comparison.moments.map { [$0.steps.grouped, $0.maximalError.scientific] }
    let batch = comparison.sequences == 1 ? "" : "\(comparison.sequences) sequences of "
    return """
      \(Console.printable(input)): \(batch)\(comparison.steps.grouped) steps

      \(Table(["layer", "kind", "size", "max error", "at step", "rms error"], rows: layers, numbers: [2, 3, 4, 5]).text)

      \(Table(["within steps", "max error"], rows: moments, numbers: [0, 1]).text)
      """
  }

  private static func json(
    _ comparison: NetworkComparison, over input: String, bound: Double, _ inferred: String?
  ) -> JSON {
    let layers = comparison.layers.map { layer in
      JSON.object([
        ("name", .string(layer.name)), ("kind", .string("\(layer.kind)")),
        ("maxError", .double(layer.maximalError)), ("atStep", .integer(layer.step)),
        ("rmsError", .double(layer.meanError)),
      ])
    }
    let moments = comparison.moments.map {
      JSON.object([("steps", .integer($0.steps)), ("maxError", .double($0.maximalError))])
    }
    return .object([
      ("input", .string(input)), ("sequences", .integer(comparison.sequences)),
      ("steps", .integer(comparison.steps)), ("maxError", .double(comparison.maximalError)),
      ("bound", .double(bound)), ("passed", .bool(comparison.maximalError <= bound)),
      ("layers", .array(layers)), ("overTime", .array(moments)),
      ("inferred", inferred.map { .string($0) } ?? .null),
    ])
  }
}
