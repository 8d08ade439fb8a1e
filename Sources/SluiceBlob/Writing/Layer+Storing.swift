extension BlobContents.Layer {
  /// The layer, whose weights are f32, with its weights rounded to another type.
  ///
  /// Biases and initial states stay as they are. Inputs have a scale of their own at every step; so
  /// has the hidden state, but where |h| <= 1 follows from the cell and the initial state: there a
  /// step stands for 1/127. Activations become exact. Kinds that are f32 alone stay as they are.
  ///
  /// - Parameter rounding: how a hidden state is rounded in steps of 1/127.
  /// - Precondition: the weights are f32.
  public func stored(
    as type: StorageType, rounding: HiddenRounding = .fixed
  ) -> BlobContents.Layer {
    precondition(record.storage == .f32, "The weights are rounded already")
    guard type != .f32, record.kind.hasCompactWeights, record.isPlain else { return self }
    var layer = self
    layer.record.storage = type
    if !layer.record.hasFastGrade { layer.record.grade = .exact }
    let matrices = Packing.unpack(Packing.PackedWeights(weights: weights), of: record)
    let packed = Packing.pack(matrices, as: layer.record)
    layer.weights = packed.weights
    layer.scales = packed.scales
    guard layer.record.readsQuantised && staysWithinOne else { return layer }
    layer.record.hiddenScale = 1 / 127
    layer.record.hiddenRounding = rounding
    return layer
  }

  /// Whether |h| <= 1 at every step: o * tanh C, a mean of tanh and h, or tanh.
  private var staysWithinOne: Bool {
    record.kind.isRecurrent && record.candidateActivation == .tanh
      && initialState.prefix(record.hiddenSize).allSatisfy { $0.magnitude <= 1 }
  }
}

extension BlobContents {
  /// The contents with every layer's weights, f32 so far, rounded to `type`.
  public func stored(as type: StorageType, rounding: HiddenRounding = .fixed) -> BlobContents {
    var contents = self
    contents.layers = layers.map { $0.stored(as: type, rounding: rounding) }
    return contents
  }
}
