import SluiceBlob

extension Network.Layer {
  /// The layer's record and its arrays in the order of the file, at f32; nil where a blob cannot
  /// hold it.
  var packed: BlobContents.Layer? {
    switch operation {
    case .embedding(let table):
      return BlobContents.Layer(
        record: .embedding(tokenCount: table.count, outputSize: table.size), name: name,
        weights: Packing.packEmbedding(table.weights), biases: [])
    case .recurrent(let layer):
      guard let record = layer.record else { return nil }
      return BlobContents.Layer(
        record: record, name: name, weights: layer.packedWeights,
        biases: layer.packedBiases, initialState: layer.packedInitialState)
    case .dense(let dense):
      guard let function = dense.activation.recorded else { return nil }
      return BlobContents.Layer(
        record: .dense(
          inputSize: dense.inputSize, outputSize: dense.outputSize, activation: function),
        name: name,
        weights: Packing.packDense(
          dense.weights, inputSize: dense.inputSize, outputSize: dense.outputSize),
        biases: Packing.packRows(
          dense.bias ?? Array(repeating: 0, count: dense.outputSize), rowCount: 1,
          outputSize: dense.outputSize))
    case .activation(let function, let size):
      guard let function = function.recorded else { return nil }
      return BlobContents.Layer(
        record: .activation(function, size: size), name: name, weights: [], biases: [])
    case .convolution(let layer):
      guard let function = layer.activation.recorded, layer.activation.isPointwise else {
        return nil
      }
      return layer.withoutIdleTaps.packed(name: name, activation: function)
    case .scale(let layer):
      return Self.packed(
        name, .scale, layer.length, [layer.scale, layer.shift], channels: layer.scale.count)
    case .layerNorm(let layer):
      var packed = Self.packed(
        name, .layerNorm, layer.length, [layer.scale, layer.shift], channels: layer.scale.count)
      packed.record.columns.epsilon = layer.epsilon
      return packed
    case .prelu(let layer):
      return Self.packed(
        name, .prelu, layer.length, [layer.slopes], channels: layer.slopes.count)
    case .add(let size, _): return Self.bare(name, .add(size: size))
    case .concatenate(let length, _):
      return Self.bare(
        name, .columns(.concatenate, length: length, inputSize: inputSize, outputSize: outputSize))
    case .magnitude(let length, _):
      return Self.bare(
        name, .columns(.magnitude, length: length, inputSize: inputSize, outputSize: outputSize))
    case .reflectPad(let layer):
      return Self.bare(
        name,
        .reflectPad(
          length: layer.length, channels: layer.channels, before: layer.before, after: layer.after))
    case .slice(let layer):
      var record = LayerRecord.columns(
        .slice, length: layer.length, inputSize: inputSize, outputSize: outputSize)
      record.columns.start = layer.start
      return Self.bare(name, record)
    }
  }
}

extension Network.Layer {
  /// A layer of a vector or two for each channel.
  private static func packed(
    _ name: String, _ kind: LayerKind, _ length: Int, _ rows: [[Float]], channels: Int
  ) -> BlobContents.Layer {
    BlobContents.Layer(
      record: .columns(
        kind, length: length, inputSize: length * channels, outputSize: length * channels),
      name: name, weights: [],
      biases: Packing.packRows(
        rows.flatMap { $0 }, rowCount: rows.count, outputSize: channels))
  }

  private static func bare(_ name: String, _ record: LayerRecord) -> BlobContents.Layer {
    BlobContents.Layer(record: record, name: name, weights: [], biases: [])
  }
}

extension Network.Recurrent {
  /// The record; nil where a blob cannot hold the layer.
  var record: LayerRecord? {
    switch cell {
    case .lstm: .lstm(inputSize: inputSize, hiddenSize: hiddenSize)
    case .gru(let variant): .gru(inputSize: inputSize, hiddenSize: hiddenSize, variant: variant)
    case .rnn(let function):
      function == .tanh || function == .relu
        ? function.recorded.map {
          .rnn(inputSize: inputSize, hiddenSize: hiddenSize, activation: $0)
        } : nil
    }
  }

  var packedWeights: [UInt8] {
    Packing.packRecurrent(
      input: inputWeights, hidden: hiddenWeights, gates: cell.gateCount, inputSize: inputSize,
      hiddenSize: hiddenSize, variant: cell.variant)
  }

  var packedBiases: [Float] {
    let rows = biasRows
    return Packing.packRows(rows, rowCount: rows.count / hiddenSize, outputSize: hiddenSize)
  }

  /// The bias rows of the file, `[rows, H]`: i, f, g, o; r, z, n and then n's hidden bias.
  ///
  /// The two biases are added in float32, as PyTorch does, where only their sum counts; a GRU that
  /// resets after multiplies the candidate's hidden bias by its reset gate, so it stays apart.
  private var biasRows: [Float] {
    let none = [Float](repeating: 0, count: cell.gateCount * hiddenSize)
    let (input, hidden) = (inputBias ?? none, hiddenBias ?? none)
    let sums = zip(input, hidden).map { $0 + $1 }
    guard cell == .gru(.resetAfter) else { return sums }
    let candidate = 2 * hiddenSize
    return Array(sums[..<candidate] + input[candidate...] + hidden[candidate...])
  }

  /// h, then for the LSTM C, padded; empty where both start at zero.
  var packedInitialState: [Float] {
    guard !(initialHidden + initialCell).allSatisfy({ $0 == 0 }) else { return [] }
    let zero = [Float](repeating: 0, count: hiddenSize)
    let hidden = initialHidden.isEmpty ? zero : initialHidden
    let cellState = initialCell.isEmpty ? zero : initialCell
    return Packing.padState(cell == .lstm ? hidden + cellState : hidden, hiddenSize: hiddenSize)
  }
}

extension Network.Cell {
  /// The GRU's form.
  var variant: GRUVariant? {
    if case .gru(let variant) = self { variant } else { nil }
  }
}
