import SluiceBlob

/// Small valid blobs of every kind of layer, their numbers drawn from a seed.
public enum SampleBlobs {
  /// What a sample consists of.
  public enum Sample: String, Sendable, CaseIterable {
    /// An embedding alone, with a vocabulary.
    case embedding
    /// One LSTM with an initial state.
    case lstm
    /// One GRU that resets after.
    case gruResetAfter
    /// One GRU that resets before, with an initial state.
    case gruResetBefore
    /// One Elman network.
    case rnn
    /// One dense layer with labels.
    case dense
    /// One softmax.
    case activation
    /// A causal convolution with a past.
    case convolution
    /// Every kind that has columns, branching and joining.
    case graph
    /// Every other kind in one chain, with every section of version 1.
    case chain
    /// What version 2 has: an LSTM whose C and projection are limited, and metadata.
    case limited
    /// The kinds and functions that version 2 has besides.
    case selection
    /// Cells and a dense layer that leave zero blocks out.
    case sparse
    /// Frames with two axes: a gather, a delay, taps of each channel alone, cells over columns.
    case bands
  }

  /// The contents of a sample.
  public static func contents(_ sample: Sample, seed: UInt64 = 1) -> BlobContents {
    var random = SeededRandom(seed: seed)
    switch sample {
    case .embedding:
      let records = [LayerRecord.embedding(tokenCount: 4, outputSize: 3)]
      var contents = contents(of: records, &random)
      contents.vocabulary = ["the", "", "épée", "a"]
      return contents
    case .lstm:
      let records = [LayerRecord.lstm(inputSize: 2, hiddenSize: 3)]
      return contents(of: records, withStates: true, &random)
    case .gruResetAfter:
      let records = [LayerRecord.gru(inputSize: 1, hiddenSize: 5, variant: .resetAfter)]
      return contents(of: records, &random)
    case .gruResetBefore:
      let records = [LayerRecord.gru(inputSize: 2, hiddenSize: 3, variant: .resetBefore)]
      return contents(of: records, withStates: true, &random)
    case .rnn:
      let records = [LayerRecord.rnn(inputSize: 3, hiddenSize: 9, activation: .relu)]
      return contents(of: records, &random)
    case .dense:
      let records = [LayerRecord.dense(inputSize: 3, outputSize: 2, activation: .softmax)]
      var contents = contents(of: records, &random)
      contents.labels = ["no", "yes"]
      return contents
    case .activation:
      return contents(of: [.activation(.softmax, size: 4)], &random)
    case .convolution:
      let record = LayerRecord.convolution(
        length: 2, inputChannels: 3, outputChannels: 2, kernelSize: 3, stride: 1, dilation: 2,
        before: 0, after: 0, padding: .past, activation: .tanh)
      return contents(of: [record], withStates: true, &random)
    case .graph: return graph(&random)
    case .chain:
      return chain(&random)
    case .limited:
      var record = LayerRecord.lstm(inputSize: 2, hiddenSize: 3)
      record.cellFlags = .projection
      record.outputSize = 2
      record.cellClip = 0.5
      record.projectionClip = 0.25
      var contents = contents(of: [record], &random)
      contents.metadata = #"{"unit": "\u00b0C"}"#
      return contents
    case .bands: return bands(&random)
    case .sparse:
      var contents = contents(
        of: [
          .lstm(inputSize: 9, hiddenSize: 3),
          .gru(inputSize: 3, hiddenSize: 19, variant: .resetAfter),
          .dense(inputSize: 19, outputSize: 2),
        ], &random)
      for (index, type) in [StorageType.int8, .f32, .int8].enumerated() {
        contents.layers[index].prune(as: type, keeping: 0.5, seed: seed)
        contents.layers[index] = contents.layers[index].stored(as: type).withoutEmptyBlocks
      }
      return contents
    case .selection:
      var product = LayerRecord.multiply(size: 8)
      product.inputs = LayerInputs([0, 1])
      return contents(
        of: [
          .maxPool(length: 4, channels: 2, kernelSize: 3, stride: 1, before: 1, after: 1),
          .activation(.exponential, size: 8), product,
          .columns(.argMax, length: 4, inputSize: 8, outputSize: 4),
        ], &random)
    }
  }

  /// The file of a sample.
  public static func bytes(_ sample: Sample, seed: UInt64 = 1) throws(BlobError) -> [UInt8] {
    try contents(sample, seed: seed).bytes()
  }

  /// Layers of the given records, named by their kind and place, filled from `random`.
  public static func contents(
    of records: [LayerRecord], withStates: Bool = false, _ random: inout SeededRandom
  ) -> BlobContents {
    var layers: [BlobContents.Layer] = []
    for (index, record) in records.enumerated() {
      layers.append(
        layer(record, name: "\(record.kind)_\(index)", withState: withStates, &random))
    }
    return BlobContents(layers: layers, provenance: #"{"source": "sample"}"#)
  }

  /// One layer of the given record; an initial state only where the kind has one.
  public static func layer(
    _ record: LayerRecord, name: String, withState: Bool = false, _ random: inout SeededRandom
  ) -> BlobContents.Layer {
    let biases = random.floats(record.biasRowCount * record.laneCount)
    var layer = BlobContents.Layer(
      record: record, name: name, weights: weights(of: record, &random),
      biases: Packing.packRows(
        biases, rowCount: record.biasRowCount, outputSize: record.laneCount))
    if withState {
      for size in record.initialVectorSizes {
        layer.initialState += Packing.padState(random.floats(size), hiddenSize: size)
      }
    }
    return layer
  }

  private static func weights(
    of record: LayerRecord, _ random: inout SeededRandom
  ) -> [UInt8] {
    switch record.kind {
    case .embedding:
      return Packing.packEmbedding(random.floats(record.inputSize * record.outputSize))
    case .dense:
      return Packing.packDense(
        random.floats(record.inputSize * record.outputSize), inputSize: record.inputSize,
        outputSize: record.outputSize)
    case .lstm, .gru, .rnn:
      let rows = record.gateCount * record.hiddenSize
      let gates = Packing.packRecurrent(
        input: random.floats(rows * record.inputChannels),
        hidden: random.floats(rows * record.outputChannels), gates: record.gateCount,
        inputSize: record.inputChannels, hiddenSize: record.hiddenSize,
        outputSize: record.outputChannels, variant: record.variant)
      guard record.cellFlags.contains(.projection) else { return gates }
      return gates
        + Packing.packDense(
          random.floats(record.hiddenSize * record.outputChannels), inputSize: record.hiddenSize,
          outputSize: record.outputChannels)
    case .convolution:
      let columns = record.matrixColumns.input
      return Packing.packDense(
        random.floats(columns * record.laneCount), inputSize: columns,
        outputSize: record.laneCount)
    case .gather:
      return Packing.packIndices(
        (0..<record.outputSize).map { _ in
          Int(random.next() % UInt64(record.inputSize + 1)) - 1
        })
    case .activation, .scale, .layerNorm, .prelu, .add, .concatenate, .magnitude, .reflectPad,
      .slice, .mask, .multiply, .maxPool, .argMax, .delay:
      return []
    }
  }

  private static func graph(_ random: inout SeededRandom) -> BlobContents {
    var norm = LayerRecord.columns(.layerNorm, length: 3, inputSize: 6, outputSize: 6)
    norm.columns.epsilon = 0.25
    var slice = LayerRecord.columns(.slice, length: 3, inputSize: 9, outputSize: 6)
    slice.columns.start = 1
    var sum = LayerRecord.add(size: 6)
    sum.inputs = LayerInputs([2, 4])
    var all = LayerRecord.columns(.concatenate, length: 3, inputSize: 9, outputSize: 9)
    all.inputs = LayerInputs([5, LayerInputs.modelInput])
    return contents(
      of: [
        .reflectPad(length: 3, channels: 1, before: 2, after: 1),
        .convolution(
          length: 6, inputChannels: 1, outputChannels: 4, kernelSize: 2, stride: 2, dilation: 3,
          before: 1, after: 1, padding: .zeros, activation: .identity),
        .columns(.magnitude, length: 3, inputSize: 12, outputSize: 6),
        .columns(.scale, length: 3, inputSize: 6, outputSize: 6),
        .columns(.prelu, length: 3, inputSize: 6, outputSize: 6), sum, all, slice, norm,
        .convolution(
          length: 3, inputChannels: 2, outputChannels: 3, kernelSize: 2, stride: 3, dilation: 1,
          before: 0, after: 0, padding: .past, activation: .relu),
      ], &random)
  }

  private static func bands(_ random: inout SeededRandom) -> BlobContents {
    var along = LayerRecord.gru(inputSize: 2, hiddenSize: 3, variant: .resetAfter).over(3, .along)
    along.direction = .reverse
    return contents(
      of: [
        .gather(inputSize: 5, outputSize: 6), .delay(size: 6, count: 2),
        .convolution(
          length: 3, inputChannels: 2, outputChannels: 2, kernelSize: 3, stride: 1, dilation: 1,
          before: 1, after: 1, padding: .zeros, activation: .tanh, groups: 2),
        along, .lstm(inputSize: 3, hiddenSize: 2).over(3, .each),
      ], withStates: true, &random)
  }

  private static func chain(_ random: inout SeededRandom) -> BlobContents {
    var contents = contents(
      of: [
        .embedding(tokenCount: 3, outputSize: 2), .lstm(inputSize: 2, hiddenSize: 1),
        .gru(inputSize: 1, hiddenSize: 1, variant: .resetAfter),
        .gru(inputSize: 1, hiddenSize: 2, variant: .resetBefore),
        .rnn(inputSize: 2, hiddenSize: 1), .dense(inputSize: 1, outputSize: 1),
        .activation(.sigmoid, size: 1),
      ], withStates: true, &random)
    contents.output = .last
    contents.vocabulary = ["b", "a", "日本"]
    contents.labels = ["negative", "positive"]
    return contents
  }
}

extension LayerRecord {
  /// Floats of each vector of an initial state; none of a kind that has no such state.
  fileprivate var initialVectorSizes: [Int] {
    if kind == .convolution { return pastLength > 0 ? [stateSize] : [] }
    guard kind.isRecurrent else { return [] }
    let h = columns.recurrence == .along ? outputChannels : outputSize
    return kind == .lstm ? [h, stateSize] : [h]
  }
}
