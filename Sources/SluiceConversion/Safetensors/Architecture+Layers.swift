import SluiceBlob

extension Architecture {
  /// The network of these layers, its weights taken from `tensors`, none of which may be left over.
  func network(
    _ tensors: inout TensorTable, provenance: Provenance
  ) throws(ConversionError) -> Network {
    var chain: [Network.Layer] = []
    /// Features that the next layer reads, and who says so.
    var features: (size: Int, why: String)? = inputSize.map { ($0, "input_size is \($0)") }
    for layer in layers {
      switch layer {
      case .embedding(let prefix):
        guard chain.isEmpty else {
          throw tensors.error(prefix + "weight", "an embedding stands first")
        }
        chain.append(try Self.embedding(prefix, &tensors, count: features))
      case .recurrent(let cell, let prefix, let count):
        for index in 0..<count {
          let layer = try Self.recurrent(cell, prefix, index, &tensors, input: features)
          chain.append(layer)
          features = (layer.outputSize, "\(layer.name) writes \(layer.outputSize) features")
        }
      case .dense(let prefix, let activation):
        chain.append(try Self.dense(prefix, activation, &tensors, input: features))
      case .activation(let function):
        guard let size = features?.size else {
          throw .malformed(tensors.file, "input_size", "an activation needs its size")
        }
        chain.append(
          Network.Layer(
            name: "activation\(chain.count)", operation: .activation(function, size: size)))
      }
      if let last = chain.last {
        features = (last.outputSize, "\(last.name) writes \(last.outputSize) features")
      }
    }
    try tensors.checkAllUsed()
    return Network(layers: chain, output: output, provenance: provenance)
  }

  private static func embedding(
    _ prefix: String, _ tensors: inout TensorTable, count: (size: Int, why: String)?
  ) throws(ConversionError) -> Network.Layer {
    let name = prefix + "weight"
    let shape = try tensors.shape(name, rank: 2)
    let expected = [count?.size ?? shape[0], shape[1]]
    let weights = try tensors.take(name, shape: expected, why: count?.why ?? "")
    let table = Network.Embedding(count: shape[0], size: shape[1], weights: weights)
    return Network.Layer(name: layerName(prefix, or: "embedding"), operation: .embedding(table))
  }

  private static func dense(
    _ prefix: String, _ activation: Network.Function, _ tensors: inout TensorTable,
    input: (size: Int, why: String)?
  ) throws(ConversionError) -> Network.Layer {
    let name = prefix + "weight"
    let shape = try tensors.shape(name, rank: 2)
    let expected = [shape[0], input?.size ?? shape[1]]
    let weights = try tensors.take(name, shape: expected, why: input?.why ?? "")
    let bias =
      tensors.has(prefix + "bias")
      ? try tensors.take(prefix + "bias", shape: [shape[0]], why: "rows of \(name)") : nil
    let dense = Network.Dense(
      inputSize: shape[1], outputSize: shape[0], weights: weights, bias: bias,
      activation: activation)
    return Network.Layer(name: layerName(prefix, or: "dense"), operation: .dense(dense))
  }

  private static func recurrent(
    _ cell: Network.Cell, _ prefix: String, _ index: Int, _ tensors: inout TensorTable,
    input: (size: Int, why: String)?
  ) throws(ConversionError) -> Network.Layer {
    let (inputName, hiddenName) = ("\(prefix)weight_ih_l\(index)", "\(prefix)weight_hh_l\(index)")
    for (suffix, what) in [("_reverse", "a bidirectional layer"), ("", "a projection")] {
      let name = suffix.isEmpty ? "\(prefix)weight_hr_l\(index)" : inputName + suffix
      if tensors.has(name) {
        throw tensors.unsupported(name, "\(what) is not supported yet")
      }
    }
    let shape = try tensors.shape(inputName, rank: 2)
    let size = try tensors.shape(hiddenName, rank: 2)[1]
    let (rows, overflow) = size.multipliedReportingOverflow(by: cell.gateCount)
    guard !overflow else { throw tensors.error(hiddenName, "too large") }
    let why = "\(cell.gateCount) gates of the \(size) units of \(hiddenName)"
    let inputWeights = try tensors.take(
      inputName, shape: [rows, input?.size ?? shape[1]],
      why: input.map { "\(why), \($0.why)" } ?? why)
    let hiddenWeights = try tensors.take(hiddenName, shape: [rows, size], why: why)
    var biases: [[Float]] = []
    let names = ["\(prefix)bias_ih_l\(index)", "\(prefix)bias_hh_l\(index)"]
    // Both or neither: a bias that is missing shows in the error of the take.
    if names.contains(where: { tensors.has($0) }) {
      for name in names { biases.append(try tensors.take(name, shape: [rows], why: why)) }
    }
    let layer = Network.Recurrent(
      cell: cell, inputSize: shape[1], hiddenSize: size, inputWeights: inputWeights,
      hiddenWeights: hiddenWeights, inputBias: biases.first, hiddenBias: biases.last)
    return Network.Layer(
      name: "\(layerName(prefix, or: cell.name)).l\(index)", operation: .recurrent(layer))
  }

  /// The layer's name: the tensors' prefix without its final dot.
  private static func layerName(_ prefix: String, or kind: String) -> String {
    let name = prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix
    return name.isEmpty ? kind : name
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
