import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// What a conversion says of itself.
extension ConvertCommand {
  /// The ratio of times above which a type is called slower: below it may be the measurement's own.
  private static let slower = 1.05

  /// The time of a step beside that of f32 weights; nil where all are, or nothing is measured.
  static func stepRatio(
    of model: borrowing Model, _ conversion: Conversion, _ source: String,
    _ options: ConversionOptions
  ) throws(ToolError) -> StepRatio? {
    let isWhole = conversion.contents.layers.allSatisfy {
      $0.record.storage == .f32 && !$0.record.isSparse
    }
    guard options.measurement != .none, !isWhole else { return nil }
    let whole = try converting { () throws(ConversionError) in
      try conversion.contentsAsFloats(grade: options.grade)
    }
    guard
      whole.layers.map(\.record.storage) != conversion.contents.layers.map(\.record.storage)
        || whole.layerBytes != conversion.layerBytes
    else { return nil }
    let floats = try openModel(whole.unvalidatedBytes(), source)
    do throws(ModelError) { return try StepRatio(model, floats) } catch {
      throw ToolError(error, file: source)
    }
  }

  /// Says on standard error what a user may not expect of the conversion.
  static func remark(
    _ conversion: Conversion, _ ratio: StepRatio?, _ source: String, _ options: ConversionOptions
  ) {
    conversion.model.inferred?.announce(of: source)
    if case .one(let type) = options.type, let smaller = conversion.smallerType(than: type) {
      let why =
        conversion.contents.layers.allSatisfy { $0.record.takes(type) }
        ? "few columns fill up words" : "convolutions stay f32"
      Console.complain(
        "sluice: \(source): \(smaller.type) is smaller, \(smaller.byteCount.grouped) bytes of layers"
          + " against \(conversion.layerBytes.grouped) with \(type), as \(why)")
    }
    if let ratio, ratio.ratio > slower {
      Console.complain(
        "sluice: \(source): these weights are smaller, but a step takes \(ratio.ratio.fixed(2)) of the time "
          + "that it takes with f32 weights on this machine (\(ratio.instructionSet))")
    }
    if let report = conversion.report, let error = report.errorThatStays {
      Console.complain(
        "sluice: \(source): in silence an error of \(error.scientific(digits: 2)) stays for ever, which the "
          + "error over what was measured, \(report.maximalError.scientific(digits: 2)), does not "
          + "show: a state that decays beside louder ones stops above zero. A --type of more bits lets it "
          + "fall silent; --max-error refuses it")
    }
  }

  /// What is said as JSON of every blob.
  static func described(
    _ layers: LayerTable, _ byteCount: Int, _ files: [ConvertOutputs.File]
  ) -> [JSON.Member] {
    [
      ("file", files.first { $0.symbol == nil }.map { .path($0.path) } ?? .null),
      ("bytes", .integer(byteCount)),
      ("linked", .array(files.filter { $0.symbol != nil }.map(\.json))),
      ("parameters", .integer(layers.parameterCount)), ("layers", layers.json),
    ]
  }

  /// Prints the layers, the report and the files.
  static func show(
    _ model: borrowing Model, _ files: [ConvertOutputs.File], _ conversion: Conversion,
    _ ratio: StepRatio?, _ explanation: Explanation?, asJSON: Bool
  ) {
    let layers = LayerTable(model.blob)
    guard asJSON else {
      if let explanation { Console.print(explanation.text + "\n") }
      return Console.print(
        """
        \(layers.text)\(conversion.storedZeros)

        \(conversion.report.map { "measured over \(AccuracyTable($0).text)" } ?? "not measured")

        \(ratio.map { $0.text(of: conversion.typeNames) + "\n" } ?? "")\
        \(conversion.mix.map { $0.text + "\n" } ?? "")\(files.map(\.line).joined(separator: "\n"))
        """)
    }
    Console.print(
      .object(
        described(layers, unsafe model.blob.bytes.count, files) + [
          ("inferred", conversion.model.inferred.map { .string($0) } ?? .null),
          ("accuracy", conversion.report?.json ?? .null), ("step", ratio?.json ?? .null),
          ("auto", conversion.mix?.json ?? .null),
          ("explained", explanation.map { .object($0.json) } ?? .null),
        ]))
  }
}
