import SluiceBlob

extension NetworkComparison.Layer {
  /// A layer of a blob before any step, its weights compared with those of the source's.
  init(_ packed: BlobContents.Layer, of source: Network.Layer) {
    name = packed.name
    kind = packed.record.kind
    storage = packed.record.storage
    size = packed.record.outputSize
    byteCount = packed.byteCount
    guard let wanted = source.weightRows else { return }
    var statistics = ErrorStatistics()
    for (value, wanted) in zip(packed.weightRows, wanted) {
      statistics.note(Double(value), Double(wanted))
    }
    weights = statistics
  }
}

extension Network.Layer {
  /// W (of an embedding its table), U and P, each row-major; nil for a layer without.
  var weightRows: [Float]? {
    switch operation {
    case .embedding(let table): table.weights
    case .recurrent(let cell):
      cell.inputWeights + cell.hiddenWeights + (cell.form.projection ?? [])
    case .dense(let dense): dense.weights
    default: nil
    }
  }
}

extension BlobContents {
  /// Bytes of all layers' arrays.
  var layerBytes: Int { layers.reduce(0) { $0 + $1.byteCount } }
}

extension BlobContents.Layer {
  /// Bytes of weights, scales, biases and initial state.
  var byteCount: Int { weights.count + scales.count + 4 * (biases.count + initialState.count) }

  /// W (of an embedding its table), U and P as the blob holds them, each row-major.
  var weightRows: [Float] {
    guard record.kind.hasCompactWeights else { return [] }
    return Packing.unpack(
      Packing.PackedWeights(weights: weights, scales: scales), of: record
    ).all
  }
}
