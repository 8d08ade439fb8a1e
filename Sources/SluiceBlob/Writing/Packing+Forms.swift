extension Packing {
  /// To be migrated.
  public typealias Packed = PackedWeights

  public static func pack(
    _ input: [Float], hidden: [Float] = [], as record: LayerRecord
  ) -> PackedWeights {
    pack(Matrices(input: input, hidden: hidden), as: record)
  }

  public static func packRecurrent(
    input: [Float], hidden: [Float], gates: Int, inputSize: Int, hiddenSize: Int,
    outputSize: Int? = nil, variant: GRUVariant? = nil
  ) -> [UInt8] {
    pack(
      Matrices(input: input, hidden: hidden),
      as: record(gates, inputSize, hiddenSize, outputSize, variant)
    ).weights
  }

  public static func unpackRecurrent(
    _ bytes: [UInt8], gates: Int, inputSize: Int, hiddenSize: Int, outputSize: Int? = nil,
    variant: GRUVariant? = nil
  ) -> (input: [Float], hidden: [Float]) {
    let matrices = unpack(
      PackedWeights(weights: bytes), of: record(gates, inputSize, hiddenSize, outputSize, variant))
    return (matrices.input, matrices.hidden)
  }

  public static func packDense(_ weights: [Float], inputSize: Int, outputSize: Int) -> [UInt8] {
    pack(Matrices(input: weights), as: .dense(inputSize: inputSize, outputSize: outputSize)).weights
  }

  public static func unpackDense(_ bytes: [UInt8], inputSize: Int, outputSize: Int) -> [Float] {
    unpack(
      PackedWeights(weights: bytes), of: .dense(inputSize: inputSize, outputSize: outputSize)
    ).input
  }

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
