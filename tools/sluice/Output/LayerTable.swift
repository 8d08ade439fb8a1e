import SluiceBlob

/// The layers of a blob, for people and programs.
struct LayerTable {
  /// One layer.
  struct Row {
    let name: String
    let record: LayerRecord
    /// Bytes of weights, biases and initial state.
    let byteCount: Int
  }

  let rows: [Row]

  /// The view's bytes must stay mapped meanwhile.
  init(_ blob: BlobView) {
    rows = (0..<blob.layerCount).map { index in
      let record = blob.record(at: index)
      let name = unsafe String(decoding: blob.name(of: record), as: UTF8.self)
      let bytes = record.weights.length + record.biases.length + record.initialState.length
      return Row(name: name, record: record, byteCount: Int(bytes))
    }
  }

  var parameterCount: Int { rows.reduce(0) { $0 + $1.record.parameterCount } }
  var byteCount: Int { rows.reduce(0) { $0 + $1.byteCount } }
  var stateByteCount: Int { rows.reduce(0) { $0 + $1.record.stateByteCount } }

  var text: String {
    let total = ["total", "", "", "", parameterCount.grouped, byteCount.grouped]
    return Table(
      ["layer", "kind", "shape", "type", "parameters", "bytes", "state bytes"],
      rows: rows.map {
        [
          Console.printable($0.name), $0.record.title,
          "\($0.record.inputSize) -> \($0.record.outputSize)",
          "\($0.record.storage)", $0.record.parameterCount.grouped, $0.byteCount.grouped,
          $0.record.stateByteCount.grouped,
        ]
      } + [total + [stateByteCount.grouped]], numbers: [4, 5, 6]
    ).text
  }

  var json: JSON {
    .array(
      rows.map { row in
        let record = row.record
        return .object([
          ("name", .string(row.name)), ("kind", .string("\(record.kind)")),
          ("variant", record.variant.map { .string("\($0)") } ?? .null),
          ("inputSize", .integer(record.inputSize)), ("outputSize", .integer(record.outputSize)),
          ("type", .string("\(record.storage)")),
          ("activation", .string("\(record.function)")),
          ("parameters", .integer(record.parameterCount)), ("bytes", .integer(row.byteCount)),
          ("stateBytes", .integer(record.stateByteCount)),
        ])
      })
  }
}

extension LayerRecord {
  /// Trained numbers, without padding. The two biases of a gate are stored as their sum.
  var parameterCount: Int {
    switch kind {
    case .embedding: inputSize * outputSize
    case .lstm, .gru, .rnn, .dense:
      outputSize * (gateCount * (inputSize + hiddenSize) + biasRowCount)
    case .activation: 0
    }
  }

  /// The function that distinguishes layers of one kind.
  var function: Activation { kind == .rnn ? candidateActivation : outputActivation }

  /// The kind with what distinguishes it, for people.
  var title: String {
    switch kind {
    case .embedding: "embedding"
    case .lstm: "LSTM"
    case .gru: variant == .resetBefore ? "GRU, reset before" : "GRU, reset after"
    case .rnn: "RNN, \(function)"
    case .dense: function == .identity ? "dense" : "dense, \(function)"
    case .activation: "\(function)"
    }
  }
}
