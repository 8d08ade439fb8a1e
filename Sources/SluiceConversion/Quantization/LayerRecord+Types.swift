import SluiceBlob

extension LayerRecord {
  /// Whether the layer's weights may be of every type.
  package var hasEveryType: Bool { kind.hasCompactWeights && isPlain }

  /// Why what the layer was trained to stays f32 whatever type is asked for; nil where its weights
  /// may be of every type, and where it has nothing that was trained.
  package var reasonForF32: String? {
    if hasEveryType { return nil }
    switch kind.traits.weights {
    case .table, .matrix, .cell: return "a form beyond the plain one is f32 alone"
    case .taps: return "convolutions are f32 alone"
    case .none:
      return biasRowCount > 0 ? "a number or two for each channel, stored as biases are" : nil
    }
  }
}

extension BlobContents.Layer {
  /// Whether every weight that may be of `type` is within its range.
  func fits(_ type: StorageType) -> Bool {
    let bound = type.traits.weightBound
    guard record.hasEveryType, bound < .infinity else { return true }
    return weightRows.allSatisfy { $0.magnitude < bound }
  }

  /// Types of ascending size, and so of ascending accuracy, f32 the last: those of the weights that
  /// a better or smaller one does not make pointless. The layer is f32 so far.
  var candidates: [BlobContents.Layer] {
    guard record.hasEveryType else { return [self] }
    var candidates = [self]
    for type in StorageType.allCases where type != .f32 && fits(type) {
      let layer = stored(as: type)
      // Few columns fill up to whole words, which can cost more than the type saves.
      if layer.byteCount < candidates[0].byteCount { candidates.insert(layer, at: 0) }
    }
    return candidates
  }
}
