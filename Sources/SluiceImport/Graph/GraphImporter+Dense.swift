import SluiceNetwork

extension GraphImporter {
  /// `Gemm` and `MatMul`: a dense layer over rows of features.
  mutating func product(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let input = try resolved(features(node, 0), node)
    let rank = input.axes.count
    guard node.operation == "Gemm" ? rank == 2 : rank > 0 else {
      throw node.malformed("A has \(rank) axes, expected 2")
    }
    let dense = try folder.dense(node, &attributes)
    try bindFeatures(of: input, axis: rank - 1, size: dense.inputSize, node)
    let layer = try append(.dense(dense), reading: [input.layer], node)
    try define(node, .features(written(layer, like: input, axis: rank - 1)))
  }
}
