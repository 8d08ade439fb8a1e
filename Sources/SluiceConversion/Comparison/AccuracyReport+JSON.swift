import Foundation
import SluiceImport
import SluiceNetwork

extension AccuracyReport {
  /// Where the report begins in a provenance, of which it is the last member.
  static let key = ",\"accuracy\":"

  /// The report as JSON; a number that is not finite, or that was not measured, is null.
  package var json: JSON {
    var members: [JSON.Member] = [
      ("input", .string(input)), ("sequences", .integer(sequences)), ("steps", .integer(steps)),
      ("max_error", Self.error(maximalError)), ("rms_error", Self.error(meanError)),
      ("worst_channel", .integer(worstChannel)),
      ("worst_channel_rms_error", Self.error(worstChannelError)),
      ("layers", .array(layers.map(Self.json))), ("drift", .array(drift.map(Self.json))),
    ]
    if !stretches.isEmpty { members.append(("stretches", .array(stretches.map(Self.json)))) }
    return .object(members)
  }

  private static func json(_ layer: Layer) -> JSON {
    var members: [JSON.Member] = [("name", .string(layer.name)), ("type", .string(layer.type))]
    if let weights = layer.weights { members.append(("weights_db", decibels(weights))) }
    if let outputs = layer.outputs { members.append(("outputs_db", decibels(outputs))) }
    let isMeasured = layer.outputs != nil
    members += [
      ("max_error", isMeasured ? error(layer.maximalError) : .null),
      ("at_step", isMeasured ? .integer(layer.step) : .null),
      ("rms_error", isMeasured ? error(layer.meanError) : .null),
    ]
    if let share = layer.saturated { members.append(("saturated", error(share))) }
    return .object(members)
  }

  private static func json(_ moment: Moment) -> JSON {
    var members: [JSON.Member] = [
      ("steps", .integer(moment.steps)), ("max_error", error(moment.maximalError)),
      ("rms_error", error(moment.meanError)),
    ]
    if let source = moment.sourceError { members.append(("source_f32_max_error", error(source))) }
    return .object(members)
  }

  private static func json(_ stretch: Stretch) -> JSON {
    .object([
      ("kind", .string(stretch.kind.rawValue)), ("steps", .integer(stretch.steps)),
      ("max_error", error(stretch.maximalError)), ("rms_error", error(stretch.meanError)),
      ("lasting_error", error(stretch.lastingError)),
    ])
  }

  private static func error(_ error: Double) -> JSON {
    error.isFinite ? .verbatim(String(format: "%.1e", error)) : .null
  }

  private static func decibels(_ decibels: Double) -> JSON {
    decibels.isFinite ? .verbatim(String(format: "%.1f", decibels)) : .null
  }

  /// Whether every reader of JSON takes `provenance`: a blob's is JSON by its grammar, in which a key
  /// may stand twice, half a character may stand alone, and a number may be beyond any type.
  package static func isStrict(provenance: String) -> Bool {
    (try? JSONReader.parse(file: "provenance", Array(provenance.utf8))) != nil
  }

  /// The report in a blob's provenance, and the provenance without it; nil where there is none.
  package static func split(
    provenance: String
  ) -> (report: AccuracyReport, rest: String)? {
    guard let start = provenance.range(of: key, options: .backwards)?.lowerBound,
      let root = try? JSONReader.parse(file: "provenance", Array(provenance.utf8)),
      let report = try? AccuracyReport(root.member("accuracy"))
    else { return nil }
    return (report, provenance[..<start] + "}")
  }

  private init(_ node: JSONNode) throws(ConversionError) {
    let count = 0...Int.max
    input = try node.member("input").string()
    sequences = try node.member("sequences").integer(in: count)
    steps = try node.member("steps").integer(in: count)
    maximalError = try node.member("max_error").measured(else: .infinity)
    meanError = try node.member("rms_error").measured(else: .infinity)
    worstChannel = try node.member("worst_channel").integer(in: count)
    worstChannelError = try node.member("worst_channel_rms_error").measured(else: .infinity)
    layers = []
    for layer in try node.member("layers").elements() {
      let outputs = try layer.optional("outputs_db")?.measured(else: .infinity)
      let other = outputs == nil ? 0 : Double.infinity
      layers.append(
        Layer(
          name: try layer.member("name").string(), type: try layer.member("type").string(),
          weights: try layer.optional("weights_db")?.measured(else: .infinity),
          outputs: outputs,
          maximalError: try layer.member("max_error").measured(else: other),
          step: outputs == nil ? 1 : try layer.member("at_step").integer(in: count),
          meanError: try layer.member("rms_error").measured(else: other),
          saturated: try layer.optional("saturated")?.measured(else: 0)))
    }
    drift = []
    for moment in try node.member("drift").elements() {
      drift.append(
        Moment(
          steps: try moment.member("steps").integer(in: count),
          maximalError: try moment.member("max_error").measured(else: .infinity),
          meanError: try moment.member("rms_error").measured(else: .infinity),
          sourceError: try moment.optional("source_f32_max_error")?.measured(else: .infinity)))
    }
    stretches = []
    for stretch in try node.optional("stretches")?.elements() ?? [] {
      guard let kind = StretchKind(rawValue: try stretch.member("kind").string()) else { continue }
      stretches.append(
        Stretch(
          kind: kind, steps: try stretch.member("steps").integer(in: count),
          maximalError: try stretch.member("max_error").measured(else: .infinity),
          meanError: try stretch.member("rms_error").measured(else: .infinity),
          lastingError: try stretch.member("lasting_error").measured(else: .infinity)))
    }
  }
}

extension JSONNode {
  /// A number; `other` for null, which stands for one that is not finite.
  fileprivate func measured(else other: Double) throws(ConversionError) -> Double {
    if case .null = value { return other }
    return try double()
  }
}
