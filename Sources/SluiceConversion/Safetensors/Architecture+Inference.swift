import SluiceBlob

extension Architecture {
  /// The architecture that the tensors' names and shapes allow, where they allow only one.
  ///
  /// One stack of LSTM or GRU layers, after an embedding whose name says so, before one dense layer
  /// without an activation. Anything else could be read in more than one way: the order of stacks,
  /// what stands between dense layers, tanh or relu of an Elman network.
  init(inferredFrom file: SafetensorsFile) throws(ConversionError) {
    var left = Set(file.tensors.keys)
    func failure(_ reason: String) -> ConversionError {
      .unsupported(
        file.source.file, "",
        "the architecture does not follow from the tensors' names: \(reason); "
          + "left over: \(quotable(left.sorted())); give an architecture file")
    }
    let first = "weight_ih_l0"
    let stacks = file.tensors.keys.filter { $0.hasSuffix(first) }.sorted()
    guard let stack = stacks.first, stacks.count == 1 else {
      throw failure("\(stacks.count) recurrent stacks, expected 1")
    }
    let prefix = String(stack.dropLast(first.count))
    var count = 0
    while file.tensors["\(prefix)weight_ih_l\(count)"] != nil {
      for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
        left.remove("\(prefix)\(part)_l\(count)")
      }
      count += 1
    }
    let cell: Network.Cell
    switch Self.gateCount(file, prefix) {
    case 4: cell = .lstm
    case 3: cell = .gru(.resetAfter)
    case 1: throw failure("an Elman network may use tanh or relu")
    default: throw failure("\(prefix)weight_ih_l0 and \(prefix)weight_hh_l0 are of no known cell")
    }
    layers = [.recurrent(cell: cell, tensors: prefix, count: count)]
    let weights = left.filter { ($0 == "weight" || $0.hasSuffix(".weight")) }.sorted()
    for name in weights where file.tensors[name]?.shape.count == 2 {
      let owner = String(name.dropLast("weight".count))
      let isEmbedding = owner.lowercased().contains("emb") && !left.contains(owner + "bias")
      if isEmbedding, case .recurrent? = layers.first {
        layers.insert(.embedding(tensors: owner), at: 0)
      } else if !isEmbedding, case .recurrent? = layers.last {
        layers.append(.dense(tensors: owner, activation: .identity))
      } else {
        throw failure("more than one layer of a kind")
      }
      left.remove(name)
      left.remove(owner + "bias")
    }
    guard left.isEmpty else { throw failure("tensors of no known layer") }
  }

  /// Rows of gates for each hidden unit; nil where the shapes are not those of a recurrent layer.
  private static func gateCount(_ file: SafetensorsFile, _ prefix: String) -> Int? {
    guard let hidden = file.tensors["\(prefix)weight_hh_l0"]?.shape, hidden.count == 2,
      hidden[1] > 0, hidden[0] % hidden[1] == 0
    else { return nil }
    return hidden[0] / hidden[1]
  }
}
