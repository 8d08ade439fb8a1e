import SluiceBlob

extension NetworkComparison.Layer {
  /// A layer of a blob before any step, its weights compared with those of the source's.
  init(_ packed: BlobContents.Layer, of source: Network.Layer) {
    name = packed.name
    kind = packed.record.kind
    storage = packed.record.storage
    size = packed.record.outputSize
    byteCount = packed.byteCount
    guard let wanted = source.weightMatrices else { return }
    let held = packed.weightMatrices
    var statistics = ErrorStatistics()
    for (value, wanted) in zip(held.input + held.hidden, wanted.input + wanted.hidden) {
      statistics.note(Double(value), Double(wanted))
    }
    weights = statistics
  }
}

extension Network.Layer {
  /// W (of an embedding its table) and U, row-major; nil for a layer without.
  var weightMatrices: (input: [Float], hidden: [Float])? {
    switch operation {
    case .embedding(let table): (table.weights, [])
    case .recurrent(let cell): (cell.inputWeights, cell.hiddenWeights)
    case .dense(let dense): (dense.weights, [])
    default: nil
    }
  }
}

extension BlobContents.Layer {
  /// Bytes of weights, scales, biases and initial state.
  var byteCount: Int { weights.count + scales.count + 4 * (biases.count + initialState.count) }

  /// W (of an embedding its table) and U as the blob holds them, row-major.
  var weightMatrices: (input: [Float], hidden: [Float]) {
    guard record.kind.hasCompactWeights else { return ([], []) }
    return Packing.unpack(Packing.Packed(weights: weights, scales: scales), of: record)
  }
}
