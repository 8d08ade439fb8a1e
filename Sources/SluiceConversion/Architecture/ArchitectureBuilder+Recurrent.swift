import SluiceBlob

extension ArchitectureBuilder {
  /// Appends the layers of a stack, each reading the one before it.
  mutating func append(
    _ stack: Architecture.Recurrent, name: String
  ) throws(ConversionError) {
    let isPlain =
      stack.gateActivation == .sigmoid && (stack.activation == .tanh || stack.cell.gateCount == 1)
    guard isPlain else {
      throw unsupported("activation", "a cell with other activations is not supported yet")
    }
    guard !stack.isBidirectional else {
      throw unsupported("bidirectional", "a bidirectional layer is not supported yet")
    }
    guard !stack.isReverse else {
      throw unsupported("reverse", "a layer that reads backwards is not supported yet")
    }
    guard stack.projection ?? 0 == 0 else {
      throw unsupported("projection", "an LSTM with a projection is not supported yet")
    }
    for index in 0..<stack.count {
      append("\(name).l\(index)", .recurrent(try recurrent(stack, "l\(index)")))
    }
  }

  /// One layer in one direction, its tensors named `weight_ih_` and so on, and then `suffix`.
  private mutating func recurrent(
    _ stack: Architecture.Recurrent, _ suffix: String
  ) throws(ConversionError) -> Network.Recurrent {
    let (prefix, cell) = (stack.tensors, stack.cell)
    let (inputName, hiddenName) = ("\(prefix)weight_ih_\(suffix)", "\(prefix)weight_hh_\(suffix)")
    for (name, what) in [
      ("\(prefix)weight_hr_\(suffix)", "a projection"),
      ("\(inputName)_reverse", "a bidirectional layer"),
    ] where tensors.has(name) {
      throw tensors.unsupported(name, "\(what) is not supported yet")
    }
    let shape = try tensors.shape(inputName, rank: 2)
    let size = try tensors.shape(hiddenName, rank: 2)[1]
    let (rows, overflow) = size.multipliedReportingOverflow(by: cell.gateCount)
    guard !overflow else { throw tensors.error(hiddenName, "too large") }
    let why = "\(cell.gateCount) gates of the \(size) units of \(hiddenName)"
    let inputWeights = try tensors.take(
      inputName, shape: [rows, features?.size ?? shape[1]],
      why: features.map { "\(why), \($0.why)" } ?? why)
    let hiddenWeights = try tensors.take(hiddenName, shape: [rows, size], why: why)
    var biases: [[Float]] = []
    let names = ["\(prefix)bias_ih_\(suffix)", "\(prefix)bias_hh_\(suffix)"]
    // Both or neither: a bias that is missing shows in the error of the take.
    if names.contains(where: { tensors.has($0) }) {
      for name in names { biases.append(try tensors.take(name, shape: [rows], why: why)) }
    }
    return Network.Recurrent(
      cell: cell, inputSize: shape[1], hiddenSize: size, inputWeights: inputWeights,
      hiddenWeights: hiddenWeights, inputBias: biases.first, hiddenBias: biases.last)
  }
}

extension Network.Cell {
  /// The cell's name in an architecture.
  var name: String {
    switch self {
    case .lstm: "lstm"
    case .gru: "gru"
    case .rnn: "rnn"
    }
  }
}
