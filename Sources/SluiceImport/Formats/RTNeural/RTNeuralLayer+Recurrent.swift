import SluiceNetwork

extension RTNeuralLayer {
  /// Kernel `[I, 4H]`, recurrent kernel `[H, 4H]` and bias `[4H]`, columns i, f, c, o.
  func lstm() throws(ConversionError) -> Network.Recurrent {
    try expectWeights(3)
    let columns = 4 * outputSize
    let why = "\(sizes), 4 gates"
    return Network.Recurrent(
      cell: .lstm, inputSize: inputSize, hiddenSize: outputSize,
      inputWeights: transposed(
        try weights[0].array(shape: [inputSize, columns], why), columns: columns),
      hiddenWeights: transposed(
        try weights[1].array(shape: [outputSize, columns], why), columns: columns),
      inputBias: try weights[2].array(shape: [columns], why))
  }

  /// Kernel `[I, 3H]`, recurrent kernel `[H, 3H]` and bias `[2, 3H]`, the input's row and the
  /// hidden state's, columns z, r, h.
  func gru() throws(ConversionError) -> Network.Recurrent {
    try expectWeights(3)
    let columns = 3 * outputSize
    let why = "\(sizes), 3 gates"
    let bias = try weights[2].array(shape: [2, columns], why)
    /// Rows z, r, h of `size` numbers each as rows r, z, n.
    func ordered(_ rows: [Float], _ size: Int) -> [Float] {
      let gate = outputSize * size
      return Array(rows[gate..<2 * gate] + rows[..<gate] + rows[(2 * gate)...])
    }
    return Network.Recurrent(
      cell: .gru(.resetAfter), inputSize: inputSize, hiddenSize: outputSize,
      inputWeights: ordered(
        transposed(try weights[0].array(shape: [inputSize, columns], why), columns: columns),
        inputSize),
      hiddenWeights: ordered(
        transposed(try weights[1].array(shape: [outputSize, columns], why), columns: columns),
        outputSize),
      inputBias: ordered(Array(bias[..<columns]), 1),
      hiddenBias: ordered(Array(bias[columns...]), 1))
  }
}
