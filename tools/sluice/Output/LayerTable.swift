import SluiceBlob
import SluiceNetwork

/// The layers of a blob, for people and programs.
struct LayerTable {
  /// One layer.
  struct Row {
    let name: String
    let record: LayerRecord
    /// Bytes of weights, scales, biases and initial state.
    let byteCount: Int
  }

  let rows: [Row]
  /// Whether some layer's weights are integers.
  private let hasIntegers: Bool
  /// The view's bytes must stay mapped meanwhile.
  init(_ blob: BlobView) {
    rows = (0..<blob.layerCount).map { index in
      let record = blob.record(at: index)
      let name = unsafe String(decoding: blob.name(of: record), as: UTF8.self)
      let bytes =
        record.weights.length + record.scales.length + record.biases.length
        + record.initialState.length
      return Row(name: name, record: record, byteCount: Int(bytes))
    }
    hasIntegers = rows.contains { $0.record.storage.isInteger }
  }

  var parameterCount: Int { rows.reduce(0) { $0 + $1.record.parameterCount } }
  var byteCount: Int { rows.reduce(0) { $0 + $1.byteCount } }
  var stateByteCount: Int { rows.reduce(0) { $0 + $1.record.stateByteCount } }

  /// The table, and where weights are compact a line for each layer that must be f32 still.
  var text: String {
    ([table] + kept.map { "\($0.name.printable) stays f32: \($0.reason)" } + sparse.map(\.line))
      .joined(separator: "\n")
  }

  /// Layers that stay f32 though others do not, and why.
  private var kept: [(name: String, reason: String)] {
    guard rows.contains(where: { $0.record.storage != .f32 }) else { return [] }
    return rows.compactMap { row in reasonForF32(row.record).map { (row.name, $0) } }
  }

  /// Why a layer is f32 in every blob, or in one of integers; nil where it need not be.
  private func reasonForF32(_ record: LayerRecord) -> String? {
    guard record.reasonForF32 == nil, record.storage == .f32, !record.takes(.int8) else {
      return record.reasonForF32
    }
    return hasIntegers
      ? "convolutions become integers with '--type auto' alone, which measures what that costs"
      : nil
  }

  /// Layers that leave zero blocks out.
  private var sparse: [SparseLayer] {
    rows.compactMap { row in
      row.record.keptBlocks.map { SparseLayer(row.name, kept: $0, row.record) }
    }
  }

  private var table: String {
    let total = ["total", "", "", "", parameterCount.grouped, byteCount.grouped]
    return Table(
      ["layer", "kind", "shape", "type", "parameters", "bytes", "state bytes"],
      rows: rows.map {
        [
          $0.name.printable,
          $0.record.title + ($0.record.grade == .fast ? ", fast" : "") + reads($0.record),
          "\($0.record.inputShape) -> \($0.record.outputShape)",
          "\($0.record.storage)", $0.record.parameterCount.grouped, $0.byteCount.grouped,
          $0.record.stateByteCount.grouped,
        ]
      } + [total + [stateByteCount.grouped]], numbers: [4, 5, 6]
    ).text
  }

  /// The layers that a layer reads, where it is not the one before.
  private func reads(_ record: LayerRecord) -> String {
    guard record.inputs.count > 0 else { return "" }
    return " of " + inputNames(record).map(\.printable).joined(separator: " and ")
  }

  private func inputNames(_ record: LayerRecord) -> [String] {
    (0..<record.inputs.count).map { position in
      let index = record.inputs[position]
      return index < 0 ? "the input" : rows[index].name
    }
  }

  var json: JSON {
    .array(
      rows.map { row in
        let record = row.record
        return .object([
          ("inputs", .array(inputNames(record).map { .string($0) })),
          ("name", .string(row.name)), ("kind", .string("\(record.kind)")),
          ("variant", record.variant.map { .string("\($0)") } ?? .null),
          ("inputSize", .integer(record.inputSize)), ("outputSize", .integer(record.outputSize)),
          ("type", .string("\(record.storage)")),
          ("keptBlocks", record.keptBlocks.map { .integer($0) } ?? .null),
          ("blocks", record.mayBeSparse ? .integer(record.blockCount) : .null),
          ("f32Because", reasonForF32(record).map { .string($0) } ?? .null),
          ("inputScale", record.inputScale == 0 ? .null : .double(Double(record.inputScale))),
          ("hiddenRounding", record.hiddenScale == 0 ? .null : .string("\(record.hiddenRounding)")),
          ("activation", .string("\(record.function)")), ("grade", .string("\(record.grade)")),
          ("parameters", .integer(record.parameterCount)), ("bytes", .integer(row.byteCount)),
          ("stateBytes", .integer(record.stateByteCount)),
        ])
      })
  }
}

extension LayerRecord {
  /// Trained numbers, without padding. The two biases of a gate are stored as their sum.
  var parameterCount: Int {
    switch kind.traits.weights {
    case .table: inputSize * outputSize
    case .matrix, .cell:
      laneCount * (gateCount * (matrixColumns.input + matrixColumns.hidden) + biasRowCount)
        + (cellFlags.contains(.projection) ? outputChannels * hiddenSize : 0)
    case .taps: laneCount * (matrixColumns.input + 1)
    case .none, .indices: laneCount * biasRowCount
    }
  }

  /// Features read, of columns as columns x channels.
  var inputShape: String { shape(columns.length, inputSize) }
  /// Features written, likewise.
  var outputShape: String { shape(outputLength, outputSize) }

  private func shape(_ length: Int, _ size: Int) -> String {
    length > 1 ? "\(length)x\(size / length)" : "\(size)"
  }

  /// The function that distinguishes layers of one kind.
  var function: Activation { (kind == .rnn ? candidateActivation : outputActivation).kind }

  /// The kind with what distinguishes it, for people.
  var title: String {
    if kind.isRecurrent {
      var parts = [kind.name.uppercased()]
      if let variant { parts.append(variant == .resetBefore ? "reset before" : "reset after") }
      if kind == .rnn { parts.append("\(function)") }
      return parts.joined(separator: ", ") + form
    }
    return switch kind {
    case .dense: function == .identity ? "dense" : "dense, \(function)"
    case .activation: "\(function)"
    case .convolution:
      [
        (isDepthwise ? "depthwise convolution" : "convolution") + " of \(columns.kernelSize)",
        columns.stride == 1 ? nil : "stride \(columns.stride)",
        columns.dilation == 1 ? nil : "dilation \(columns.dilation)",
        columns.padding == .past ? "causal" : nil,
        function == .identity ? nil : "\(function)",
      ].compactMap { $0 }.joined(separator: ", ")
    case .scale: "scale and shift"
    case .prelu: "PReLU"
    case .add: "sum"
    case .multiply: "product"
    case .maxPool: "greatest of \(columns.kernelSize), stride \(columns.stride)"
    case .argMax: "index of the greatest"
    case .concatenate: "concatenation"
    case .delay: "delay of \(delay)"
    case .reflectPad: "reflecting pad"
    // Whose name says it: embedding, gather, layer norm, magnitude, slice.
    default: kind.name.split(separator: "_").joined(separator: " ")
    }
  }

  /// What distinguishes a recurrent layer from the plain one.
  private var form: String {
    var parts: [String] = []
    if direction == .reverse { parts.append("reverse") }
    if direction == .reverseFinal { parts.append("reverse, its final state") }
    if direction == .forwardFinal { parts.append("its final state") }
    switch columns.recurrence {
    case .none: break
    case .along: parts.append("along \(columns.length) columns")
    case .each: parts.append("each of \(columns.length) columns")
    }
    if cellFlags.contains(.masked) { parts.append("masked") }
    if cellFlags.contains(.peepholes) { parts.append("peepholes") }
    if cellFlags.contains(.coupled) { parts.append("coupled") }
    if cellFlags.contains(.projection) { parts.append("\(hiddenSize) units projected") }
    if clip > 0 { parts.append("clip \(clip)") }
    if cellClip > 0 { parts.append("cell clip \(cellClip)") }
    if projectionClip > 0 { parts.append("projection clip \(projectionClip)") }
    if kind != .rnn, !isPlain {
      let functions = [gateActivation.kind, candidateActivation.kind]
      let all = kind == .lstm ? functions + [outputActivation.kind] : functions
      if all != (kind == .lstm ? [.sigmoid, .tanh, .tanh] : [.sigmoid, .tanh]) {
        parts.append(all.map { "\($0)" }.joined(separator: "/"))
      }
    }
    return parts.map { ", " + $0 }.joined()
  }
}
