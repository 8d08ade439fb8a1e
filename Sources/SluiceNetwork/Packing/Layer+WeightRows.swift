import SluiceBlob

extension Network.Layer {
  /// W (of an embedding its table), U and P, each row-major; nil for a layer without.
  package var weightRows: [Float]? {
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
  package var layerBytes: Int { layers.reduce(0) { $0 + $1.byteCount } }
}

extension BlobContents.Layer {
  /// Bytes of weights, scales, biases and initial state.
  package var byteCount: Int {
    weights.count + scales.count + 4 * (biases.count + initialState.count)
  }

  /// W (of an embedding its table), U and P as the blob holds them, each row-major.
  package var weightRows: [Float] { matrices.all }
}
