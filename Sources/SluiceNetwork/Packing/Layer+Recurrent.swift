import SluiceBlob

extension BlobContents.Layer {
  /// The recurrent layer that a blob holds, its weights those that the packed ones stand for; nil of any other
  /// kind. The two biases of a gate are in a blob as their sum.
  package var recurrent: Network.Recurrent? {
    guard record.kind.isRecurrent else { return nil }
    let cell: Network.Cell =
      switch record.kind {
      case .lstm: .lstm
      case .gru: .gru(record.variant ?? .resetAfter)
      default: .rnn(record.candidateActivation)
      }
    let (size, matrices) = (record.hiddenSize, matrices)
    let sums = cell.gateCount * size
    let rows = Packing.unpackRows(
      biases, rowCount: record.biasRowCount, outputSize: record.laneCount)
    var layer = Network.Recurrent(
      cell: cell, inputSize: record.inputChannels, hiddenSize: size,
      inputWeights: matrices.input, hiddenWeights: matrices.hidden,
      inputBias: Array(rows[..<sums]), form: form, columns: recurrentColumns)
    if cell == .gru(.resetAfter) {
      // The candidate's hidden bias stays apart.
      layer.hiddenBias = Array(repeating: 0, count: sums - size) + rows[sums...]
    }
    if record.cellFlags.contains(.peepholes) { layer.form.peepholes = Array(rows[sums...]) }
    if record.cellFlags.contains(.projection) { layer.form.projection = matrices.projection }
    guard !initialState.isEmpty else { return layer }
    let count = layer.stateCount * layer.outputSize
    layer.initialHidden = Array(initialState[..<count])
    guard cell == .lstm else { return layer }
    // h is padded to whole lines.
    let start = (count + 15) / 16 * 16
    layer.initialCell = Array(initialState[start..<start + layer.stateCount * size])
    return layer
  }

  private var form: Network.CellForm {
    var form = Network.CellForm()
    if record.kind != .rnn {
      form.gateActivation = record.gateActivation
      form.candidateActivation = record.candidateActivation
    }
    if record.kind == .lstm { form.outputActivation = record.outputActivation }
    func bound(_ limit: Float) -> Float? { limit == 0 ? nil : limit }
    form.clip = bound(record.clip)
    form.cellClip = bound(record.cellClip)
    form.projectionClip = bound(record.projectionClip)
    form.isCoupled = record.cellFlags.contains(.coupled)
    form.isMasked = record.cellFlags.contains(.masked)
    form.isReverse = record.direction.isReverse
    form.writesFinalState = record.direction.writesFinalState
    return form
  }

  private var recurrentColumns: Network.RecurrentColumns? {
    switch record.columns.recurrence {
    case .none: nil
    case .along: Network.RecurrentColumns(count: record.columns.length, mode: .along)
    case .each: Network.RecurrentColumns(count: record.columns.length, mode: .each)
    }
  }
}
