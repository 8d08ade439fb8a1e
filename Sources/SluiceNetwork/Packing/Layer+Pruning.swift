import SluiceBlob

/// What is known of the numbers that a matrix meets, of each of its columns.
package struct ColumnMoments: Sendable {
  /// The mean.
  package var means: [Double]
  /// The mean square of what differs from it.
  package var variances: [Double]

  /// Nothing is known: every column counts alike.
  init(unknown count: Int) {
    means = Array(repeating: 0, count: count)
    variances = Array(repeating: 1, count: count)
  }

  /// The moments of numbers of which there were `count`, by their sums and the sums of their squares.
  package init(sums: [Double], squares: [Double], count: Int) {
    let count = Double(max(count, 1))
    means = sums.map { $0 / count }
    variances = zip(squares, means).map { max($0 / count - $1 * $1, 0) }
  }
}

extension Network.Layer {
  /// The blocks that the layer may leave out where its weights are of a type; nil where it must store all.
  package func blocks(as type: StorageType) -> BlockGrid? {
    guard let record = blobForm?.record, !record.isOverColumns else { return nil }
    return BlockGrid(record, as: type)
  }

  /// The layer with zeros in a share of the blocks that its weights have as a type, those that matter least:
  /// where moments are known, by what each adds to the variance of the sums, and its mean goes into the
  /// biases; else by the squares of its weights. As it is, where it must store all.
  ///
  /// - Parameters:
  ///   - input: the moments of x, nil where they are unknown.
  ///   - hidden: those of h.
  package func pruned(
    _ share: Double, as type: StorageType, input: ColumnMoments?, hidden: ColumnMoments?
  ) -> Network.Layer {
    guard let grid = blocks(as: type), var weights = PrunedWeights(operation, input, hidden)
    else { return self }
    let effects = (0..<grid.count).map { weights.effect(of: $0, grid) }
    let order = effects.indices.sorted { (effects[$0], $0) < (effects[$1], $1) }
    for block in order.prefix(Int((share * Double(grid.count)).rounded())) {
      weights.drop(block, grid)
    }
    var layer = self
    layer.operation = weights.operation(operation, movesMeans: input != nil)
    return layer
  }
}

/// A layer's matrices, and the biases that go with each.
private struct PrunedWeights {
  private var matrices: Packing.Matrices
  private var inputShift: [Double], hiddenShift: [Double]
  private let input: ColumnMoments, hidden: ColumnMoments

  init?(_ operation: Network.Operation, _ input: ColumnMoments?, _ hidden: ColumnMoments?) {
    let (rows, inputs, outputs): (Int, Int, Int)
    switch operation {
    case .recurrent(let cell):
      matrices = Packing.Matrices(input: cell.inputWeights, hidden: cell.hiddenWeights)
      (rows, inputs, outputs) = (
        cell.cell.gateCount * cell.hiddenSize, cell.inputSize, cell.outputSize
      )
    case .dense(let dense):
      matrices = Packing.Matrices(input: dense.weights)
      (rows, inputs, outputs) = (dense.outputSize, dense.inputSize, 0)
    default: return nil
    }
    inputShift = Array(repeating: 0, count: rows)
    hiddenShift = inputShift
    self.input = input ?? ColumnMoments(unknown: inputs)
    self.hidden = hidden ?? ColumnMoments(unknown: outputs)
  }

  /// What a block adds to the variance of the sums, of all its rows.
  func effect(of block: Int, _ grid: BlockGrid) -> Double {
    var effect = 0.0
    grid.forEachWeight(of: block) { index, isHidden in
      let variances = isHidden ? hidden.variances : input.variances
      let weight = Double(isHidden ? matrices.hidden[index] : matrices.input[index])
      effect += weight * weight * variances[index % variances.count]
    }
    return effect
  }

  /// Takes a block away, and keeps its mean.
  mutating func drop(_ block: Int, _ grid: BlockGrid) {
    grid.forEachWeight(of: block) { index, isHidden in
      let means = isHidden ? hidden.means : input.means
      let mean = means[index % means.count]
      if isHidden {
        hiddenShift[index / means.count] += Double(matrices.hidden[index]) * mean
      } else {
        inputShift[index / means.count] += Double(matrices.input[index]) * mean
      }
    }
    matrices.clear(block, of: grid)
  }

  func operation(_ operation: Network.Operation, movesMeans: Bool) -> Network.Operation {
    func moved(_ biases: [Float]?, by shift: [Double]) -> [Float]? {
      guard movesMeans else { return biases }
      return zip(biases ?? shift.map { _ in 0 }, shift).map { Float(Double($0) + $1) }
    }
    switch operation {
    case .recurrent(var cell):
      cell.inputWeights = matrices.input
      cell.hiddenWeights = matrices.hidden
      cell.inputBias = moved(cell.inputBias, by: inputShift)
      cell.hiddenBias = moved(cell.hiddenBias, by: hiddenShift)
      return .recurrent(cell)
    case .dense(var dense):
      dense.weights = matrices.input
      dense.bias = moved(dense.bias, by: inputShift)
      return .dense(dense)
    default: return operation
    }
  }
}
