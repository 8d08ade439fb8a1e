// f32 weights by a layer's sizes alone, where there is no record of it.
extension Packing {
  /// The f32 weights of a recurrent layer of 4 gates (LSTM), 3 (GRU) or 1 (RNN), as ``pack(_:as:)``
  /// packs them; `outputSize` is what h has behind a projection, nil for all units.
  public static func packRecurrent(
    input: [Float], hidden: [Float], gates: Int, inputSize: Int, hiddenSize: Int,
    outputSize: Int? = nil, variant: GRUVariant? = nil
  ) -> [UInt8] {
    pack(
      Matrices(input: input, hidden: hidden),
      as: record(gates, inputSize, hiddenSize, outputSize, variant)
    ).weights
  }

  /// The inverse of ``packRecurrent(input:hidden:gates:inputSize:hiddenSize:outputSize:variant:)``.
  public static func unpackRecurrent(
    _ bytes: [UInt8], gates: Int, inputSize: Int, hiddenSize: Int, outputSize: Int? = nil,
    variant: GRUVariant? = nil
  ) -> (input: [Float], hidden: [Float]) {
    let matrices = unpack(
      PackedWeights(weights: bytes), of: record(gates, inputSize, hiddenSize, outputSize, variant))
    return (matrices.input, matrices.hidden)
  }

  /// The f32 weights of a dense layer, `[outputSize, inputSize]` row-major.
  public static func packDense(_ weights: [Float], inputSize: Int, outputSize: Int) -> [UInt8] {
    pack(Matrices(input: weights), as: .dense(inputSize: inputSize, outputSize: outputSize)).weights
  }

  /// The inverse of ``packDense(_:inputSize:outputSize:)``.
  public static func unpackDense(_ bytes: [UInt8], inputSize: Int, outputSize: Int) -> [Float] {
    unpack(
      PackedWeights(weights: bytes), of: .dense(inputSize: inputSize, outputSize: outputSize)
    ).input
  }

  /// The f32 rows of an embedding's table, `[tokenCount, outputSize]`: as they are.
  public static func packEmbedding(_ table: [Float]) -> [UInt8] { bytes(of: table) }

  private static func record(
    _ gates: Int, _ inputSize: Int, _ hiddenSize: Int, _ outputSize: Int?, _ variant: GRUVariant?
  ) -> LayerRecord {
    var record: LayerRecord =
      switch gates {
      case 4: .lstm(inputSize: inputSize, hiddenSize: hiddenSize)
      case 3:
        .gru(inputSize: inputSize, hiddenSize: hiddenSize, variant: variant ?? .resetAfter)
      default: .rnn(inputSize: inputSize, hiddenSize: hiddenSize)
      }
    record.outputSize = outputSize ?? hiddenSize
    return record
  }
}
