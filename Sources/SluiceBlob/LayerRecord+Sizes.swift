/// Lanes of one panel: the outputs that one `SIMD8<Float>` holds.
public let panelWidth = 8

extension LayerRecord {
  /// Gates of a recurrent layer, 1 for a dense layer, 0 for layers without packed weights.
  public var gateCount: Int {
    switch kind {
    case .lstm: 4
    case .gru: 3
    case .rnn, .dense: 1
    case .embedding, .activation: 0
    }
  }

  /// Rows of bias vectors: a GRU that resets after keeps the candidate's recurrent bias apart.
  public var biasRowCount: Int {
    kind == .gru && variant == .resetAfter ? 4 : gateCount
  }

  /// Output lanes with padding: a whole number of panels.
  public var paddedOutputSize: Int {
    (outputSize + panelWidth - 1) / panelWidth * panelWidth
  }

  /// Floats of one state vector with padding: a whole number of 64-byte lines.
  public var stateStride: Int {
    (hiddenSize + 15) / 16 * 16
  }

  /// State vectors of the layer: h, and for the LSTM its cell C.
  public var stateVectorCount: Int {
    switch kind {
    case .lstm: 2
    case .gru, .rnn: 1
    case .embedding, .dense, .activation: 0
    }
  }
}
