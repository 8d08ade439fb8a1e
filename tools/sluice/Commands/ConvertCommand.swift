import Foundation
import Sluice
import SluiceBlob
import SluiceConversion

/// `sluice convert`: a trained model in, a blob out.
enum ConvertCommand {
  static let version = Provenance.converterVersion

  private static let output = Syntax.Option(
    "--output", "-o", value: "OUT.sluice", help: "the blob to write; whole or not at all")
  private static let settings = [
    Syntax.Option("--type", value: "TYPE", help: "how weights are stored: f32 (the default)"),
    Syntax.Option(
      "--architecture", value: "A.json",
      help: "the layers of a source that holds tensors without a graph"),
    Syntax.Option("--activation", value: "GRADE", help: "tanh and sigmoid: exact (the default)"),
  ]

  private static let bound = Syntax.Option(
    "--max-error", value: "E",
    help: "write nothing where the output's measured error is greater")

  static let syntax = Syntax(
    name: "convert", summary: "Converts a trained model into a blob.", operands: "SOURCE",
    operandCount: 1...1, options: [output] + settings + [bound, .json],
    details: """
      SOURCE is a safetensors file with PyTorch's names, an ONNX file, or a model of RTNeural, AIDA-X,
      GuitarML or NAM. The scripts of tools/python make safetensors files of PyTorch modules, Keras
      and TensorFlow Lite models.
      """,
    example: "sluice convert model.onnx -o model.sluice")

  static func run(_ arguments: Arguments) throws(ToolError) {
    let source = arguments.operands[0]
    guard let path = arguments[output] else {
      throw arguments.usage("expected -o OUT.sluice")
    }
    guard path.resolvedPath != source.resolvedPath else {
      throw arguments.usage("-o names SOURCE itself, which would be lost")
    }
    let options = try options(arguments)
    let bound = try arguments.positive(bound)
    try checkInstructionSet()
    var progress = Progress()
    var report: AccuracyReport?
    var inferred: String?
    let contents = try converting { () throws(ConversionError) in
      let model = try Converter.convert(source: source, options: options)
      inferred = model.inferred
      progress.report("\(source): read, now packing")
      let contents = try model.network.blobContents(type: options.type, grade: options.grade)
      progress.report("\(source): packed, now measuring")
      let noise = try AccuracyReport.noise(for: model.network)
      let measured = try AccuracyReport(
        of: model.network, contents, over: (noise, AccuracyReport.noise)
      ) { progress.report("\(source): measuring, step \($0.grouped) of \($1.grouped)") }
      report = measured
      return contents.reporting(measured)
    }
    if let bound, let report, !(report.maximalError <= bound) {
      progress.finish()
      if !arguments.has(.json) { Console.print("measured over \(AccuracyTable(report).text)") }
      throw ToolError(
        .failed,
        "\(source): the output's error is \(report.maximalError.scientific); expected at most "
          + "\(bound); nothing is written")
    }
    let bytes: [UInt8]
    do throws(BlobError) { bytes = try contents.bytes() } catch {
      throw ToolError(.badFile, "\(source): as a blob: \(error)")
    }
    try converting { () throws(ConversionError) in try BlobFile.write(bytes, to: path) }
    progress.finish()
    inferred?.announce(of: source)
    show(
      try openModel(path), path, byteCount: bytes.count, report, inferred,
      asJSON: arguments.has(.json))
  }

  private static func options(_ arguments: Arguments) throws(ToolError) -> ConversionOptions {
    var options = ConversionOptions()
    for option in settings {
      guard let value = arguments[option] else { continue }
      do throws(ConversionOptions.ArgumentError) { try options.set(option.name, to: value) } catch {
        throw arguments.usage(error.reason)
      }
    }
    return options
  }

  private static func show(
    _ model: borrowing Model, _ path: String, byteCount: Int, _ report: AccuracyReport?,
    _ inferred: String?, asJSON: Bool
  ) {
    let layers = LayerTable(model.blob)
    guard asJSON else {
      let accuracy = report.map { "measured over \(AccuracyTable($0).text)\n\n" } ?? ""
      return Console.print(
        "\(layers.text)\n\n\(accuracy)\(Console.printable(path)): \(byteCount.grouped) bytes")
    }
    Console.print(
      .object([
        ("file", .string(path)), ("bytes", .integer(byteCount)),
        ("parameters", .integer(layers.parameterCount)), ("layers", layers.json),
        ("inferred", inferred.map { .string($0) } ?? .null),
        ("accuracy", report.map { .verbatim($0.json) } ?? .null),
      ]))
  }
}

extension String {
  /// Says on standard error what was inferred of `source`, which this is.
  func announce(of source: String) {
    Console.complain("sluice: \(source): inferred the layers \(self)")
  }
}
