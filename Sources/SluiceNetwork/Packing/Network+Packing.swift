import SluiceBlob

/// What a blob holds of a layer, before its weights are rounded and put in the order of the file.
struct BlobForm {
  /// At f32.
  var record: LayerRecord
  var matrices = Packing.Matrices()
  /// As the blob has them.
  var biases: [Float] = []
  /// As the blob has it.
  var initialState: [Float] = []
}

extension Network.Layer {
  /// The layer as a blob holds it; nil where a blob cannot.
  var blobForm: BlobForm? {
    switch operation {
    case .embedding(let table):
      return BlobForm(
        record: .embedding(tokenCount: table.count, outputSize: table.size),
        matrices: Packing.Matrices(input: table.weights))
    case .recurrent(let layer):
      return BlobForm(
        record: layer.record,
        matrices: Packing.Matrices(
          input: layer.inputWeights, hidden: layer.hiddenWeights,
          projection: layer.form.projection ?? []),
        biases: layer.packedBiases, initialState: layer.packedInitialState)
    case .dense(let dense):
      return BlobForm(
        record: .dense(
          inputSize: dense.inputSize, outputSize: dense.outputSize,
          activation: dense.activation),
        matrices: Packing.Matrices(input: dense.weights),
        biases: Packing.packRows(
          dense.bias ?? Array(repeating: 0, count: dense.outputSize), rowCount: 1,
          outputSize: dense.outputSize))
    case .activation(let function, let size):
      return BlobForm(record: .activation(function, size: size))
    case .convolution(let layer):
      guard layer.activation.isPlainPointwise else { return nil }
      return layer.withoutIdleTaps.blobForm
    case .scale(let layer):
      return .channels(.scale, layer.length, [layer.scale, layer.shift])
    case .layerNorm(let layer):
      var form = BlobForm.channels(.layerNorm, layer.length, [layer.scale, layer.shift])
      form.record.columns.epsilon = layer.epsilon
      return form
    case .prelu(let layer): return .channels(.prelu, layer.length, [layer.slopes])
    case .add(let size, _): return BlobForm(record: .add(size: size))
    case .multiply(let size, _): return BlobForm(record: .multiply(size: size))
    case .concatenate(let length, _):
      return BlobForm(
        record: .columns(
          .concatenate, length: length, inputSize: inputSize, outputSize: outputSize))
    case .magnitude(let length, _):
      return BlobForm(
        record: .columns(.magnitude, length: length, inputSize: inputSize, outputSize: outputSize))
    case .reflectPad(let layer):
      return BlobForm(
        record: .reflectPad(
          length: layer.length, channels: layer.channels, before: layer.before, after: layer.after))
    case .slice(let layer):
      var record = LayerRecord.columns(
        .slice, length: layer.length, inputSize: inputSize, outputSize: outputSize)
      record.columns.start = layer.start
      return BlobForm(record: record)
    case .mask(let layer):
      return BlobForm(
        record: .mask(
          inputSize: layer.size, start: layer.start, count: layer.count, value: layer.value))
    case .maxPool(let layer):
      return BlobForm(
        record: .maxPool(
          length: layer.length, channels: layer.channels, kernelSize: layer.kernelSize,
          stride: layer.stride, before: layer.before, after: layer.after))
    case .argMax(let length, _):
      return BlobForm(
        record: .columns(.argMax, length: length, inputSize: inputSize, outputSize: outputSize))
    case .delay(let layer): return BlobForm(record: .delay(size: layer.size, count: layer.count))
    case .gather(let layer):
      return BlobForm(
        record: .gather(inputSize: layer.inputSize, outputSize: layer.indices.count),
        matrices: Packing.Matrices(input: layer.indices.map { Float($0) }))
    }
  }
}

extension BlobForm {
  /// A layer of a vector or two for each channel.
  fileprivate static func channels(_ kind: LayerKind, _ length: Int, _ rows: [[Float]]) -> BlobForm
  {
    let channels = rows[0].count
    return BlobForm(
      record: .columns(
        kind, length: length, inputSize: length * channels, outputSize: length * channels),
      biases: Packing.packRows(
        rows.flatMap { $0 }, rowCount: rows.count, outputSize: channels))
  }
}

extension Network.Recurrent {
  /// The layer's record.
  var record: LayerRecord {
    var record = LayerRecord(
      kind: cell.kind, variant: cell.variant, inputSize: inputSize, hiddenSize: hiddenSize,
      outputSize: outputSize, gateOrder: cell.kind.traits.gateOrder)
    if case .rnn(let function) = cell {
      record.candidateActivation = function
    } else {
      record.gateActivation = form.gateActivation
      record.candidateActivation = form.candidateActivation
    }
    if cell == .lstm { record.outputActivation = form.outputActivation }
    record.clip = form.clip ?? 0
    record.cellClip = form.cellClip ?? 0
    record.projectionClip = form.projectionClip ?? 0
    if form.peepholes != nil { record.cellFlags.insert(.peepholes) }
    if form.isCoupled { record.cellFlags.insert(.coupled) }
    if form.projection != nil { record.cellFlags.insert(.projection) }
    if form.isMasked { record.cellFlags.insert(.masked) }
    record.direction =
      form.isReverse
      ? (form.writesFinalState ? .reverseFinal : .reverse)
      : (form.writesFinalState ? .forwardFinal : .forward)
    guard let columns, columns.mode == .along || columns.count > 1 else { return record }
    return record.over(columns.count, columns.mode == .along ? .along : .each)
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
    let hidden = padded(initialHidden, stateCount * outputSize)
    return cell == .lstm ? hidden + padded(initialCell, stateCount * hiddenSize) : hidden
  }
}

extension Network.Cell {
  /// The GRU's form.
  var variant: GRUVariant? {
    if case .gru(let variant) = self { variant } else { nil }
  }
}
