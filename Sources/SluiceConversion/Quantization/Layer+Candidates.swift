import SluiceBlob
import SluiceImport
import SluiceNetwork

extension BlobContents.Layer {
  /// Types of ascending size, and so of ascending accuracy, f32 the last: those of the weights that
  /// a better or smaller one does not make pointless. The layer is f32 so far.
  ///
  /// - Parameter slower: whether types count whose step takes longer than that of f32.
  package func candidates(slower: Bool) -> [BlobContents.Layer] {
    guard record.hasEveryType else { return [self] }
    var candidates = [self]
    let matrices = self.matrices
    for type in StorageType.allCases
    where type != .f32 && matrices.fit(type)
      && (slower || record.isNoSlower(as: type))
    {
      let layer = BlobContents.Layer(
        rounding: matrices, to: type, record: record, name: name, biases: biases,
        initialState: initialState, hiddenRounding: .finer
      ).sparseWhereFaster
      // Few columns fill up to whole words, which can cost more than the type saves.
      if layer.byteCount < candidates[0].byteCount { candidates.insert(layer, at: 0) }
    }
    return candidates
  }

  /// Whether the layer has smaller types, each of which takes longer than f32.
  package var isHeldByTime: Bool {
    candidates(slower: true).count > 1 && candidates(slower: false).count == 1
  }
}
