import SluiceBlob

extension LayerRecord {
  /// Why what the layer was trained to stays f32 whatever type is asked for; nil where its weights
  /// may be of every type, and where it has nothing that was trained.
  package var reasonForF32: String? {
    if hasEveryType { return nil }
    switch kind.traits.weights {
    case .table, .matrix, .cell: return "a form beyond the plain one is f32 alone"
    case .indices: return nil
    case .taps:
      return isDepthwise
        ? "a convolution of which each channel sees itself alone is f32 alone"
        : "a form beyond the plain one is f32 alone"
    case .none:
      return biasRowCount > 0 ? "a number or two for each channel, stored as biases are" : nil
    }
  }
}
