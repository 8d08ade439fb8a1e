import Foundation
import SluiceBlob

/// An LSTM whose weights follow from their place, so that the greatest sizes need no second copy.
public struct PatternLSTM: Sendable {
  /// Features read at a step.
  public let inputSize: Int
  /// Units.
  public let hiddenSize: Int

  /// An LSTM of the given sizes.
  public init(inputSize: Int, hiddenSize: Int) {
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
  }

  /// The number of packed weights.
  public var weightCount: Int { 4 * (hiddenSize + 7) / 8 * 8 * (inputSize + hiddenSize) }

  /// Writes the packed weights: tile by tile of 16 units (8 where a last panel is odd), and within
  /// a tile for each column, for each gate, the units.
  ///
  /// - Precondition: `hiddenSize` is a multiple of 16.
  public func pack(into weights: UnsafeMutableBufferPointer<Float>) {
    precondition(hiddenSize % 16 == 0 && weights.count == weightCount)
    var index = 0
    for tile in stride(from: 0, to: hiddenSize, by: 16) {
      for column in 0..<inputSize + hiddenSize {
        for gate in 0..<4 {
          for unit in tile..<tile + 16 {
            unsafe weights[index] = weight(row: gate * hiddenSize + unit, column: column)
            index += 1
          }
        }
      }
    }
  }

  /// h after each step of `input`, `[T, inputSize]`, from a state and biases of zero.
  public func oracle(_ input: [Float]) -> [[Double]] {
    var h = [Double](repeating: 0, count: hiddenSize)
    var c = h
    var outputs: [[Double]] = []
    for start in stride(from: 0, to: input.count, by: inputSize) {
      let x = input[start..<start + inputSize].map { Double($0) } + h
      let sums = (0..<4 * hiddenSize).map { row in
        var sum = 0.0
        for column in x.indices { sum += Double(weight(row: row, column: column)) * x[column] }
        return sum
      }
      for unit in 0..<hiddenSize {
        let (i, f) = (sigmoid(sums[unit]), sigmoid(sums[hiddenSize + unit]))
        let g = tanh(sums[2 * hiddenSize + unit])
        c[unit] = f * c[unit] + i * g
        h[unit] = sigmoid(sums[3 * hiddenSize + unit]) * tanh(c[unit])
      }
      outputs.append(h)
    }
    return outputs
  }

  private func weight(row: Int, column: Int) -> Float {
    let place = row &* 0x9E37_79B1 &+ column &* 0x85EB_CA6B
    let hash = UInt32(truncatingIfNeeded: place) &* 0xC2B2_AE35
    return Float(Int32(bitPattern: hash) >> 16) * 0x1p-20
  }
}
