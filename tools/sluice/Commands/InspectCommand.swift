import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice inspect`: what a blob holds.
enum InspectCommand {
  static let syntax = Syntax(
    name: "inspect", summary: "Shows a blob's layers, sizes, hash and origin.",
    operands: "FILE.sluice", operandCount: 1...1, options: [.json], details: "",
    example: "sluice inspect model.sluice")

  static func run(_ arguments: Arguments) throws(ToolError) {
    let path = arguments.operands[0]
    let model = try openModel(path)
    if arguments.isForPrograms { printJSON(model, path) } else { printTable(model, path) }
  }

  private static func printTable(_ model: borrowing Model, _ path: String) {
    let blob = model.blob
    let provenance = provenance(of: blob)
    let accuracy = AccuracyReport.split(provenance: provenance)
    let rows = [
      ["file", path.printable],
      ["bytes", unsafe blob.bytes.count.grouped],
      ["xxh64", hex(blob.hash)],
      [
        "reads",
        model.readsTokens ? "a token id, 0 to \(model.inputSize - 1)" : features(model.inputSize),
      ],
      [
        "writes",
        features(model.outputSize) + (model.output == .last ? ", the last step's alone" : ""),
      ],
      ["vocabulary", blob.vocabularyCount == 0 ? "none" : "\(blob.vocabularyCount.grouped) words"],
      [
        "labels",
        blob.labelCount == 0 ? "none" : (labels(of: blob).joined(separator: ", ")).printable,
      ],
      ["metadata", metadata(of: blob).map(\.printable) ?? "none"],
      ["provenance", (accuracy?.rest ?? provenance).printable],
    ]
    let report = accuracy.map { "\n\nmeasured at conversion over \(AccuracyTable($0.report).text)" }
    Console.print("\(Table(rows: rows).text)\n\n\(LayerTable(blob).text)\(report ?? "")")
  }

  private static func features(_ count: Int) -> String {
    count == 1 ? "1 feature" : "\(count) features"
  }

  private static func printJSON(_ model: borrowing Model, _ path: String) {
    let blob = model.blob
    let layers = LayerTable(blob)
    let provenance = provenance(of: blob)
    let isStrict = AccuracyReport.isStrict(provenance: provenance)
    Console.print(
      .object([
        ("file", .path(path)), ("bytes", .integer(unsafe blob.bytes.count)),
        ("xxh64", .string(hex(blob.hash))), ("readsTokens", .bool(model.readsTokens)),
        ("inputSize", .integer(model.inputSize)), ("outputSize", .integer(model.outputSize)),
        ("output", .string("\(model.output)")), ("layers", layers.json),
        ("parameters", .integer(layers.parameterCount)),
        ("stateBytes", .integer(layers.stateByteCount)),
        ("vocabularySize", .integer(blob.vocabularyCount)), ("labels", .strings(labels(of: blob))),
        ("metadata", metadata(of: blob).map { .verbatim($0) } ?? .null),
        ("provenance", isStrict ? .verbatim(provenance) : .string(provenance)),
      ]))
  }

  /// The labels; the blob's bytes must stay mapped meanwhile.
  static func labels(of blob: BlobView) -> [String] {
    (0..<blob.labelCount).map { unsafe String(decoding: blob.label(at: $0), as: UTF8.self) }
  }

  private static func provenance(of blob: BlobView) -> String {
    unsafe String(decoding: blob.provenance, as: UTF8.self)
  }

  /// JSON, as the validator has found; nil where there is none.
  private static func metadata(of blob: BlobView) -> String? {
    let text = unsafe String(decoding: blob.metadata, as: UTF8.self)
    return text.isEmpty ? nil : text
  }

  private static func hex(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
