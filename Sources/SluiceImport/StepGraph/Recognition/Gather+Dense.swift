import SluiceNetwork

extension Network.Gather {
  /// A dense layer with a single 1 in each row; nil where it would be a large one.
  var asDense: Network.Dense? {
    guard indices.count * inputSize <= 1 << 20 else { return nil }
    var weights = [Float](repeating: 0, count: indices.count * inputSize)
    for (row, index) in indices.enumerated() where index >= 0 {
      weights[row * inputSize + index] = 1
    }
    return Network.Dense(
      inputSize: inputSize, outputSize: indices.count, weights: weights, bias: nil)
  }
}
