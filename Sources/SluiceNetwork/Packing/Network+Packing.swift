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
      return BlobContents.Layer(
        record: layer.record, name: name, weights: layer.packedWeights,
        biases: layer.packedBiases, initialState: layer.packedInitialState)
    case .dense(let dense):
      return BlobContents.Layer(
        record: .dense(
          inputSize: dense.inputSize, outputSize: dense.outputSize,
          activation: dense.activation),
        name: name,
        weights: Packing.packDense(
          dense.weights, inputSize: dense.inputSize, outputSize: dense.outputSize),
        biases: Packing.packRows(
          dense.bias ?? Array(repeating: 0, count: dense.outputSize), rowCount: 1,
          outputSize: dense.outputSize))
    case .activation(let function, let size):
      return BlobContents.Layer(
        record: .activation(function, size: size), name: name, weights: [], biases: [])
    case .convolution(let layer):
      guard layer.activation.isPlainPointwise else { return nil }
      return layer.withoutIdleTaps.packed(
        name: name, activation: layer.activation.kind)
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
  /// The layer's record.
  var record: LayerRecord {
    var record: LayerRecord
    switch cell {
    case .lstm:
      record = .lstm(inputSize: inputSize, hiddenSize: hiddenSize)
      record.outputActivation = form.outputActivation
    case .gru(let variant):
      record = .gru(inputSize: inputSize, hiddenSize: hiddenSize, variant: variant)
    case .rnn(let function):
      record = .rnn(
        inputSize: inputSize, hiddenSize: hiddenSize, activation: function)
    }
    if cell.gateCount > 1 {
      record.gateActivation = form.gateActivation
      record.candidateActivation = form.candidateActivation
    }
    record.clip = form.clip ?? 0
    record.cellClip = form.cellClip ?? 0
    record.projectionClip = form.projectionClip ?? 0
    if form.peepholes != nil { record.cellFlags.insert(.peepholes) }
    if form.isCoupled { record.cellFlags.insert(.coupled) }
    if form.projection != nil { record.cellFlags.insert(.projection) }
    record.outputSize = outputSize
    record.direction =
      !form.isReverse ? .forward : form.writesFinalState ? .reverseFinal : .reverse
    return record
  }

  var packedWeights: [UInt8] {
    let gates = Packing.packRecurrent(
      input: inputWeights, hidden: hiddenWeights, gates: cell.gateCount, inputSize: inputSize,
      hiddenSize: hiddenSize, outputSize: outputSize, variant: cell.variant)
    guard let projection = form.projection else { return gates }
    return gates
      + Packing.packDense(projection, inputSize: hiddenSize, outputSize: outputSize)
  }

  package var packedBiases: [Float] {
    let rows = biasRows
    return Packing.packRows(rows, rowCount: rows.count / hiddenSize, outputSize: hiddenSize)
  }

  /// The bias rows of the file, `[rows, H]`: i, f, g, o, and their peepholes; r, z, n and then n's
  /// hidden bias.
  ///
  /// The two biases are added in float32, as PyTorch does, where only their sum counts; a GRU that
  /// resets after multiplies the candidate's hidden bias by its reset gate, so it stays apart.
  private var biasRows: [Float] {
    let none = [Float](repeating: 0, count: cell.gateCount * hiddenSize)
    let (input, hidden) = (inputBias ?? none, hiddenBias ?? none)
    let sums = zip(input, hidden).map { $0 + $1 }
    guard cell == .gru(.resetAfter) else { return sums + (form.peepholes ?? []) }
    let candidate = 2 * hiddenSize
    return Array(sums[..<candidate] + input[candidate...] + hidden[candidate...])
  }

  /// h, then for the LSTM C, padded; empty where both start at zero.
  var packedInitialState: [Float] {
    guard !(initialHidden + initialCell).allSatisfy({ $0 == 0 }) else { return [] }
    func padded(_ vector: [Float], _ size: Int) -> [Float] {
      Packing.padState(
        vector.isEmpty ? Array(repeating: 0, count: size) : vector, hiddenSize: size)
    }
    let hidden = padded(initialHidden, outputSize)
    return cell == .lstm ? hidden + padded(initialCell, hiddenSize) : hidden
  }
}

extension Network.Cell {
  /// The GRU's form.
  var variant: GRUVariant? {
    if case .gru(let variant) = self { variant } else { nil }
  }
}
