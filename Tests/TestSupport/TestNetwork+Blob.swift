import Foundation
import SluiceBlob

extension TestNetwork {
  /// The network packed.
  public func contents() -> BlobContents {
    var contents = BlobContents(layers: [], output: output)
    for (index, layer) in layers.enumerated() {
      let packed = layer.packed(name: "layer_\(index)").stored(as: storage, rounding: rounding)
      contents.layers.append(isSparse ? packed.withoutEmptyBlocks : packed)
      if contents.layers[index].record.hasFastGrade {
        contents.layers[index].record.grade = grade
      }
      if contents.layers[index].record.readsQuantised {
        contents.layers[index].record.inputScale = inputStep
      }
    }
    return contents
  }

  /// The network's blob, in memory that a model may borrow.
  public func blob() throws(BlobError) -> AlignedBytes {
    AlignedBytes(try contents().bytes())
  }

  /// Writes the network's blob to a file, with what is said of it.
  public func write(to path: String, metadata: String = "") throws {
    var contents = contents()
    contents.metadata = metadata
    try Data(contents.bytes()).write(to: URL(fileURLWithPath: path))
  }
}

extension BlobContents.Layer {
  /// Zeros in all but a share of the layer's blocks of weights, f32 so far, were they of a type.
  public mutating func prune(as type: StorageType, keeping share: Double, seed: UInt64) {
    guard let grid = BlockGrid(record, as: type) else { return }
    var random = SeededRandom(seed: seed)
    var matrices = self.matrices
    for block in 0..<grid.count where Double(random.next() >> 40) >= share * 0x1p24 {
      matrices.clear(block, of: grid)
    }
    weights = Packing.pack(matrices, as: record).weights
  }
}

extension TestLayer {
  /// The layer with zeros in all but a share of the blocks that its weights have as a type.
  func pruned(as type: StorageType, keeping share: Double, seed: UInt64) -> TestLayer {
    var packed = packed(name: "pruned")
    packed.prune(as: type, keeping: share, seed: seed)
    let matrices = packed.matrices
    switch self {
    case .recurrent(var tensors):
      (tensors.weightInput, tensors.weightHidden) = (matrices.input, matrices.hidden)
      return .recurrent(tensors)
    case .dense(_, let biases, let inputSize, let activation):
      return .dense(
        weights: matrices.input, biases: biases, inputSize: inputSize, activation: activation)
    case .embedding, .activation: return self
    }
  }

  fileprivate func packed(name: String) -> BlobContents.Layer {
    switch self {
    case .embedding(let table, let tokenCount, let size):
      return BlobContents.Layer(
        record: .embedding(tokenCount: tokenCount, outputSize: size), name: name,
        weights: Packing.packEmbedding(table), biases: [])
    case .dense(let weights, let biases, let inputSize, let activation):
      return BlobContents.Layer(
        record: .dense(
          inputSize: inputSize, outputSize: biases.count, activation: activation.sampled),
        name: name,
        weights: Packing.packDense(weights, inputSize: inputSize, outputSize: biases.count),
        biases: Packing.packRows(biases, rowCount: 1, outputSize: biases.count))
    case .activation(let activation, let size):
      return BlobContents.Layer(
        record: .activation(activation.sampled, size: size), name: name, weights: [], biases: [])
    case .recurrent(let tensors):
      return tensors.packed(name: name)
    }
  }
}

extension RecurrentTensors {
  /// The record that belongs to these tensors.
  public var record: LayerRecord {
    switch cell {
    case .lstm: .lstm(inputSize: inputSize, hiddenSize: hiddenSize)
    case .gruResetAfter:
      .gru(inputSize: inputSize, hiddenSize: hiddenSize, variant: .resetAfter)
    case .gruResetBefore:
      .gru(inputSize: inputSize, hiddenSize: hiddenSize, variant: .resetBefore)
    case .rnnTanh: .rnn(inputSize: inputSize, hiddenSize: hiddenSize, activation: .tanh)
    case .rnnRelu: .rnn(inputSize: inputSize, hiddenSize: hiddenSize, activation: .relu)
    }
  }

  fileprivate func packed(name: String) -> BlobContents.Layer {
    let record = record
    var layer = BlobContents.Layer(
      record: record, name: name,
      weights: Packing.packRecurrent(
        input: weightInput, hidden: weightHidden, gates: cell.gateCount, inputSize: inputSize,
        hiddenSize: hiddenSize, variant: record.variant),
      biases: Packing.packRows(
        biasRows, rowCount: record.biasRowCount, outputSize: hiddenSize))
    if !initialHidden.isEmpty || !initialCell.isEmpty {
      let zeros = [Float](repeating: 0, count: hiddenSize)
      var vectors = initialHidden.isEmpty ? zeros : initialHidden
      if cell == .lstm { vectors += initialCell.isEmpty ? zeros : initialCell }
      layer.initialState = Packing.padState(vectors, hiddenSize: hiddenSize)
    }
    return layer
  }

  /// The sums of both biases; where the reset gate comes after the product, the candidate's two
  /// biases stay apart, as rows 2 and 3.
  private var biasRows: [Float] {
    var rows = zip(biasInput, biasHidden).map { $0 + $1 }
    if cell == .gruResetAfter {
      rows.removeLast(hiddenSize)
      rows += biasInput.suffix(hiddenSize) + biasHidden.suffix(hiddenSize)
    }
    return rows
  }
}
