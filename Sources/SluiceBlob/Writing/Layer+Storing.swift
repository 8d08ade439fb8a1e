extension Packing.Matrices {
  /// Whether every weight is within the range of a type.
  package func fit(_ type: StorageType) -> Bool {
    let bound = type.traits.weightBound
    return bound == .infinity
      || [input, hidden, projection].allSatisfy { $0.allSatisfy { $0.magnitude < bound } }
  }
}

extension BlobContents.Layer {
  /// A layer whose weights are rounded to a type, where it may have it: kinds that are f32 alone stay so.
  ///
  /// Biases and initial states stay as they are. Inputs have a scale of their own at every step; so
  /// has the hidden state, but where |h| <= 1 follows from the cell and the initial state: there a
  /// step stands for 1/127. Activations become exact where fast ones are not to be had with the type.
  ///
  /// - Parameters:
  ///   - matrices: the weights, see ``Packing/Matrices``.
  ///   - type: how they are to be stored.
  ///   - record: kind, sizes and activations, at f32.
  ///   - name: unique among the blob's layers.
  ///   - biases: as the blob has them.
  ///   - initialState: as the blob has it.
  ///   - hiddenRounding: how a hidden state is rounded in steps of 1/127.
  public init(
    rounding matrices: Packing.Matrices, to type: StorageType, record: LayerRecord, name: String,
    biases: [Float], initialState: [Float] = [], hiddenRounding: HiddenRounding = .fixed
  ) {
    precondition(record.storage == .f32, "The weights are rounded already")
    var record = record
    record.keptBlocks = nil
    if type != .f32, record.hasEveryType {
      record.storage = type
      if !record.hasFastGrade { record.grade = .exact }
    }
    let packed = Packing.pack(matrices, as: record)
    self.init(
      record: record, name: name, weights: packed.weights, scales: packed.scales, biases: biases,
      initialState: initialState)
    guard record.readsQuantised, staysWithinOne else { return }
    self.record.hiddenScale = 1 / 127
    self.record.hiddenRounding = hiddenRounding
  }

  /// The layer, whose weights are f32, with its weights rounded to another type: as
  /// ``init(rounding:to:record:name:biases:initialState:hiddenRounding:)`` says.
  ///
  /// - Parameters:
  ///   - type: how the weights are to be stored.
  ///   - rounding: how a hidden state is rounded in steps of 1/127.
  /// - Precondition: the weights are f32.
  public func stored(
    as type: StorageType, rounding: HiddenRounding = .fixed
  ) -> BlobContents.Layer {
    precondition(record.storage == .f32, "The weights are rounded already")
    guard type != .f32, record.hasEveryType else { return self }
    return BlobContents.Layer(
      rounding: matrices, to: type, record: record, name: name, biases: biases,
      initialState: initialState, hiddenRounding: rounding)
  }

  /// The weights that the packed ones stand for; none of a layer without.
  package var matrices: Packing.Matrices {
    guard record.kind.hasCompactWeights else { return Packing.Matrices() }
    let whole = withEveryBlock
    return Packing.unpack(
      Packing.PackedWeights(weights: whole.weights, scales: scales), of: whole.record)
  }

  /// Whether |h| <= 1 at every step: o * tanh C, a mean of tanh and h, or tanh.
  private var staysWithinOne: Bool {
    record.kind.isRecurrent && record.candidateActivation == .tanh
      && initialState.prefix(record.initialHiddenSize).allSatisfy { $0.magnitude <= 1 }
  }
}

extension BlobContents {
  /// The contents with every layer's weights, f32 so far, rounded to `type`, but convolutions to no integers.
  public func stored(as type: StorageType, rounding: HiddenRounding = .fixed) -> BlobContents {
    var contents = self
    contents.layers = layers.map {
      $0.record.takes(type) ? $0.stored(as: type, rounding: rounding) : $0
    }
    return contents
  }
}

extension LayerRecord {
  /// Whether a layer that has every type takes this one where it is asked for all layers. Convolutions take no integers so:
  /// what they read, bands of a spectrum or other maps, spans more than 8 bits, and nobody has looked at what becomes of it.
  /// Who measures may give them theirs.
  package func takes(_ type: StorageType) -> Bool { kind != .convolution || !type.isInteger }
}
