/// The order of weights in the file, there and back.
///
/// A tile is two neighbouring panels, 16 output lanes; an odd last panel is a tile of 8. Rows run
/// within a tile: for each column, for each gate, the tile's lanes. Lanes beyond the size are zero.
public enum Packing {
  /// Packs a recurrent layer's weights.
  ///
  /// - Parameters:
  ///   - input: `[gates * hiddenSize, inputSize]`, row-major, gates in the order of the file.
  ///   - hidden: `[gates * hiddenSize, outputSize]`, likewise.
  ///   - gates: 4 for the LSTM, 3 for the GRU, 1 for the Elman network.
  ///   - inputSize: features read at a step.
  ///   - hiddenSize: units.
  ///   - outputSize: what h has of them behind a projection; nil for all.
  ///   - variant: the GRU's form: one that resets before has its candidate in a pass of its own.
  /// - Returns: `4 * roundUp8(hiddenSize) * gates * (inputSize + outputSize)` bytes.
  public static func packRecurrent(
    input: [Float], hidden: [Float], gates: Int, inputSize: Int, hiddenSize: Int,
    outputSize: Int? = nil, variant: GRUVariant? = nil
  ) -> [UInt8] {
    let outputSize = outputSize ?? hiddenSize
    precondition(input.count == gates * hiddenSize * inputSize, "input is not [G*H, I]")
    precondition(hidden.count == gates * hiddenSize * outputSize, "hidden is not [G*H, O]")
    let order = PackedOrder(
      gates: gates, columns: inputSize + outputSize, outputs: hiddenSize, variant: variant)
    var packed = [Float](repeating: 0, count: order.count)
    order.forEachLane { index, gate, column, lane in
      let row = gate * hiddenSize + lane
      packed[index] =
        column < inputSize
        ? input[row * inputSize + column] : hidden[row * outputSize + column - inputSize]
    }
    return bytes(of: packed)
  }

  /// The inverse of ``packRecurrent(input:hidden:gates:inputSize:hiddenSize:outputSize:variant:)``.
  public static func unpackRecurrent(
    _ bytes: [UInt8], gates: Int, inputSize: Int, hiddenSize: Int, outputSize: Int? = nil,
    variant: GRUVariant? = nil
  ) -> (input: [Float], hidden: [Float]) {
    let outputSize = outputSize ?? hiddenSize
    let packed = floats(of: bytes)
    let order = PackedOrder(
      gates: gates, columns: inputSize + outputSize, outputs: hiddenSize, variant: variant)
    precondition(packed.count == order.count, "The weights are not those of these sizes")
    var input = [Float](repeating: 0, count: gates * hiddenSize * inputSize)
    var hidden = [Float](repeating: 0, count: gates * hiddenSize * outputSize)
    order.forEachLane { index, gate, column, lane in
      let row = gate * hiddenSize + lane
      if column < inputSize {
        input[row * inputSize + column] = packed[index]
      } else {
        hidden[row * outputSize + column - inputSize] = packed[index]
      }
    }
    return (input, hidden)
  }

  /// Packs a dense layer's weights, `[outputSize, inputSize]` row-major.
  public static func packDense(_ weights: [Float], inputSize: Int, outputSize: Int) -> [UInt8] {
    precondition(weights.count == outputSize * inputSize, "weights is not [O, I]")
    let order = PackedOrder(gates: 1, columns: inputSize, outputs: outputSize)
    var packed = [Float](repeating: 0, count: order.count)
    order.forEachLane { index, _, column, lane in
      packed[index] = weights[lane * inputSize + column]
    }
    return bytes(of: packed)
  }

  /// The inverse of ``packDense(_:inputSize:outputSize:)``.
  public static func unpackDense(_ bytes: [UInt8], inputSize: Int, outputSize: Int) -> [Float] {
    let packed = floats(of: bytes)
    let order = PackedOrder(gates: 1, columns: inputSize, outputs: outputSize)
    precondition(packed.count == order.count, "The weights are not those of these sizes")
    var weights = [Float](repeating: 0, count: outputSize * inputSize)
    order.forEachLane { index, _, column, lane in
      weights[lane * inputSize + column] = packed[index]
    }
    return weights
  }

  /// Packs an embedding's table, `[tokenCount, outputSize]` row-major: as it is, without padding.
  public static func packEmbedding(_ table: [Float]) -> [UInt8] {
    bytes(of: table)
  }

  /// The inverse of ``packEmbedding(_:)``.
  public static func unpackEmbedding(_ bytes: [UInt8]) -> [Float] {
    floats(of: bytes)
  }
}
