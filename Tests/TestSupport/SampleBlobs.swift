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
    /// Every kind in one chain, with every section.
    case chain
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
    case .chain:
      return chain(&random)
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
    let biases = random.floats(record.biasRowCount * record.outputSize)
    var layer = BlobContents.Layer(
      record: record, name: name, weights: weights(of: record, &random),
      biases: Packing.packRows(
        biases, rowCount: record.biasRowCount, outputSize: record.outputSize))
    if withState, record.kind.isRecurrent {
      layer.initialState = Packing.padState(
        random.floats(record.stateVectorCount * record.hiddenSize), hiddenSize: record.hiddenSize)
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
      return Packing.packRecurrent(
        input: random.floats(rows * record.inputSize),
        hidden: random.floats(rows * record.hiddenSize), gates: record.gateCount,
        inputSize: record.inputSize, hiddenSize: record.hiddenSize, variant: record.variant)
    case .activation:
      return []
    }
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
