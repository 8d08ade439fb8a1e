import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice diff`: two blobs, layer by layer.
enum DiffCommand {
  private static let bound = Syntax.Option(
    "--max-error", value: "E",
    help: "the greatest difference of the outputs that passes; any does without it")

  static let syntax = Syntax(
    name: "diff", summary: "Compares two blobs layer by layer.",
    operands: "A.sluice B.sluice", operandCount: 2...2, options: [bound, .json, .quiet],
    details: """
      Shapes, types, bytes, scales and weights of every layer, and the outputs of both over the same
      noise. B is measured against A. Exit status 1 where the outputs differ by more than the bound, or
      cannot be compared under one.
      """,
    example: "sluice diff f32.sluice int8.sluice --max-error 0.05")

  static func run(_ arguments: Arguments) throws(ToolError) {
    let (a, b) = (arguments.operands[0], arguments.operands[1])
    let bound = try arguments.positive(bound)
    let (first, second) = (contents(of: try openModel(a)), contents(of: try openModel(b)))
    var progress = Progress(quiet: arguments.isQuiet)
    let difference = try converting { () throws(ConversionError) in
      try BlobDifference(first, second, files: (a, b)) {
        progress.report("step \($0.grouped) of \($1.grouped)")
      }
    }
    progress.finish()
    if arguments.isForPrograms {
      Console.print(json(difference, a, b, bound: bound))
    } else if !arguments.isQuiet {
      Console.print(text(difference, a, b))
    }
    guard let bound else { return }
    guard let outputs = difference.outputs else {
      throw ToolError(
        .failed, "\(b): reads or writes other features than \(a)", isReported: true)
    }
    guard outputs.maximalError <= bound else {
      throw ToolError(
        .failed,
        "\(b): the output differs from \(a) by \(outputs.maximalError.scientific); expected at most \(bound)",
        isReported: true)
    }
  }

  private static func contents(of model: borrowing Model) -> BlobContents {
    BlobContents(model.blob)
  }

  private static func text(_ difference: BlobDifference, _ a: String, _ b: String) -> String {
    let rows = difference.layers.map { layer in
      let (before, after) = (layer.before, layer.after)
      return [
        layer.name.printable, change(before?.kind, after?.kind),
        change(before?.shape, after?.shape), change(before?.type, after?.type),
        before?.byteCount.grouped ?? "-", after?.byteCount.grouped ?? "-",
        layer.weights.map { $0.maximalError.scientific } ?? "-",
        layer.weights.map { $0.meanError.scientific } ?? "-",
        layer.weights.map { decibels($0.decibels) } ?? "-",
      ]
    }
    let layers = Table(
      ["layer", "kind", "shape", "type", "bytes", "bytes of B", "max", "rms", "weights dB"],
      rows: rows, numbers: [4, 5, 6, 7, 8]
    ).text
    let scales = difference.layers.compactMap(scales)
    let table = ([layers] + scales).joined(separator: "\n")
    guard let outputs = difference.outputs else {
      return "\(table)\n\nThe outputs cannot be compared: they read or write other features."
    }
    let moments = difference.moments.map {
      [$0.steps.grouped, $0.maximalError.scientific, $0.meanError.scientific]
    }
    return """
      \(table)

      outputs over noise of seed \(AccuracyReport.seed): \(difference.steps.grouped) steps: max \(outputs.maximalError.scientific) at step \(outputs.step.grouped), rms \(outputs.meanError.scientific), \(decibels(outputs.decibels)) dB

      \(Table(["within steps", "max", "rms since"], rows: moments, numbers: [0, 1, 2]).text)
      """
  }

  private static func change(_ before: String?, _ after: String?) -> String {
    before == after ? before ?? "" : "\(before ?? "none") -> \(after ?? "none")"
  }

  /// The stored scales of a layer's inputs and states where one of the two has any; nil where none.
  private static func scales(_ layer: BlobDifference.Layer) -> String? {
    let parts = [
      (
        "inputs", layer.before.map { scale($0.inputScale) },
        layer.after.map { scale($0.inputScale) }
      ),
      ("states", layer.before.map(hiddenScale), layer.after.map(hiddenScale)),
    ].compactMap { name, before, after -> String? in
      guard (before ?? noScale) != noScale || (after ?? noScale) != noScale else { return nil }
      return "\(name) at \(change(before, after))"
    }
    return parts.isEmpty ? nil : "\(layer.name.printable) reads \(parts.joined(separator: ", "))"
  }

  private static let noScale = "no stored scale"

  private static func hiddenScale(_ side: BlobDifference.Side) -> String {
    scale(side.hiddenScale) + (side.hiddenRounding == .finer ? ", finer where quiet" : "")
  }

  private static func scale(_ scale: Float) -> String {
    scale == 0 ? noScale : "scale \(Double(scale).scientific)"
  }

  private static func decibels(_ decibels: Double) -> String {
    decibels == .infinity ? "equal" : decibels.fixed(1)
  }

  private static func json(
    _ difference: BlobDifference, _ a: String, _ b: String, bound: Double?
  ) -> JSON {
    func side(_ side: BlobDifference.Side?) -> JSON {
      guard let side else { return .null }
      return .object([
        ("kind", .string(side.kind)), ("shape", .string(side.shape)),
        ("type", .string(side.type)), ("bytes", .integer(side.byteCount)),
        ("inputScale", side.inputScale == 0 ? .null : .double(Double(side.inputScale))),
        ("hiddenRounding", side.hiddenScale == 0 ? .null : .string("\(side.hiddenRounding)")),
        ("hiddenScale", side.hiddenScale == 0 ? .null : .double(Double(side.hiddenScale))),
      ])
    }
    func statistics(_ statistics: ErrorStatistics?) -> JSON {
      guard let statistics else { return .null }
      return .object([
        ("max", .double(statistics.maximalError)), ("rms", .double(statistics.meanError)),
        ("decibels", .double(statistics.decibels)),
      ])
    }
    return .object([
      ("a", .path(a)), ("b", .path(b)),
      (
        "layers",
        .array(
          difference.layers.map { layer in
            .object([
              ("name", .string(layer.name)), ("a", side(layer.before)), ("b", side(layer.after)),
              ("weights", statistics(layer.weights)),
            ])
          })
      ),
      ("steps", .integer(difference.steps)), ("outputs", statistics(difference.outputs)),
      (
        "overTime",
        .array(
          difference.moments.map {
            .object([
              ("steps", .integer($0.steps)), ("max", .double($0.maximalError)),
              ("rmsSince", .double($0.meanError)),
            ])
          })
      ),
      ("bound", bound.map { .double($0) } ?? .null),
      (
        "passed",
        .bool(bound.map { (difference.outputs?.maximalError ?? .infinity) <= $0 } ?? true)
      ),
    ])
  }
}
