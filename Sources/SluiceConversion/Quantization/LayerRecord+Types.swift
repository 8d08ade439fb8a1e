import SluiceBlob

extension LayerRecord {
  /// Whether the layer's weights may be of every type.
  package var hasEveryType: Bool { kind.hasCompactWeights && isPlain }

  /// Why what the layer was trained to stays f32 whatever type is asked for; nil where its weights
  /// may be of every type, and where it has nothing that was trained.
  package var reasonForF32: String? {
    if hasEveryType { return nil }
    switch kind {
    case .embedding, .lstm, .gru, .rnn, .dense:
      return "a form beyond the plain one is f32 alone"
    case .convolution: return "convolutions are f32 alone"
    case .scale, .layerNorm, .prelu: return "a number or two for each channel, stored as biases are"
    case .activation, .add, .concatenate, .magnitude, .reflectPad, .slice: return nil
    }
  }
}

extension StorageType {
  /// The magnitude from which on a weight has no finite number of the type near it; integers have
  /// scales, of int4 as binary16.
  fileprivate var limit: Float {
    switch self {
    case .f32, .int8: .infinity
    case .f16: 65520
    case .bf16: 0x1.FFp127
    case .int4: 7 * 65520
    }
  }
}

extension BlobContents.Layer {
  /// Whether every weight that may be of `type` is within its range.
  func fits(_ type: StorageType) -> Bool {
    guard record.hasEveryType, type.limit < .infinity else { return true }
    return weightRows.allSatisfy { $0.magnitude < type.limit }
  }

  /// Types of ascending size, and so of ascending accuracy, f32 the last: those of the weights that
  /// a better or smaller one does not make pointless. The layer is f32 so far.
  var candidates: [BlobContents.Layer] {
    guard record.hasEveryType else { return [self] }
    var candidates = [self]
    for type in [StorageType.f16, .bf16, .int8, .int4] where fits(type) {
      let layer = stored(as: type)
      // Few columns fill up to whole words, which can cost more than the type saves.
      if layer.byteCount < candidates[0].byteCount { candidates.insert(layer, at: 0) }
    }
    return candidates
  }
}
