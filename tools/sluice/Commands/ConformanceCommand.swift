import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice conformance`: case folders, converted, run and compared.
enum ConformanceCommand {
  static let syntax = Syntax(
    name: "conformance", summary: "Runs every case folder found below the given ones.",
    operands: "DIR...", operandCount: 1...(.max), options: [.json, .quiet],
    details: """
      A case folder holds a model (model.onnx, model.safetensors with model.json, ...), folders
      test_data_set_0, ... with input_0.npy or .pb, ... and output_0.npy or .pb, ..., and perhaps
      convert.json or expect_error.txt. Exit status 1 where a case fails; with --quiet those alone
      are said. The model is converted and run as convert and run do. Where a case has values for weights,
      lengths or states that are inputs of the graph, these are given as well, and the line says so.
      """,
    example: "sluice conformance Tests/Fixtures/Conversion/onnx_*")

  static func run(_ arguments: Arguments) throws(ToolError) {
    // A wrong SLUICE_ISA is no case's fault.
    try checkInstructionSet()
    let asJSON = arguments.isForPrograms
    var results: [ConformanceResult] = []
    var progress = Progress(quiet: arguments.isQuiet)
    for folder in arguments.operands {
      let cases = try converting { () throws(ConversionError) in
        try ConformanceCase.find(in: folder)
      }
      guard !cases.isEmpty else {
        throw ToolError(.badFile, "\(folder): expected at least one case folder in it or below it")
      }
      for testCase in cases {
        progress.report("\(results.count) cases, now \(testCase.name)")
        let result = testCase.run()
        progress.finish()
        if !asJSON, !result.passed || !arguments.isQuiet { Console.print(line(result)) }
        results.append(result)
      }
    }
    let passed = results.count(where: \.passed)
    let failed = results.count - passed
    if asJSON {
      Console.print(
        .object([
          ("cases", .array(results.map(json))), ("passed", .integer(passed)),
          ("failed", .integer(failed)),
        ]))
    } else if failed > 0 || !arguments.isQuiet {
      Console.print("\(passed) passed, \(failed) failed")
    }
    if failed > 0 { throw ToolError(.failed, isReported: true) }
  }

  private static func line(_ result: ConformanceResult) -> String {
    let error = result.maximalError.map { "  max error \($0.scientific)" } ?? ""
    let message = result.message.isEmpty ? "" : "  \(result.message.printable)"
    let given =
      result.given.isEmpty
      ? ""
      : "  with values for \(result.given.map(\.text).joined(separator: ", ").printable), "
        + "which convert and run do not take"
    let kept =
      result.kept.isEmpty
      ? ""
      : "  with \(result.kept.map(\.text).joined(separator: ", ").printable) from the stream's state, "
        + "which run does not write"
    return
      "\(result.passed ? "passed" : "FAILED")  \(result.name.printable)\(error)\(message)"
      + given + kept
  }

  private static func json(_ result: ConformanceResult) -> JSON {
    .object([
      ("name", .string(result.name)), ("passed", .bool(result.passed)),
      ("maxError", result.maximalError.map { .double($0) } ?? .null),
      ("message", .string(result.message)),
      ("given", .array(result.given.map { .string($0.text) })),
      ("kept", .array(result.kept.map { .string($0.text) })),
    ])
  }
}
