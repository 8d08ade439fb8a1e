import SluiceBlob
import SluiceNetwork

extension Architecture {
  /// The architecture that the tensors' names and shapes allow, where they allow only one.
  ///
  /// Stacks of LSTM or GRU layers that fit together in one order only, after an embedding whose
  /// name says so, before one dense layer without an activation. Anything else could be read in
  /// more than one way: what stands between dense layers, tanh or relu of an Elman network.
  init(inferredFrom tensors: TensorTable) throws(ConversionError) {
    var left = tensors.unused
    func failure(_ reason: String) -> ConversionError {
      .unsupported(
        tensors.file, "",
        "the architecture does not follow from the tensors' names: \(reason); "
          + "left over: \(quotable(left.sorted())); give an architecture file")
    }
    var stacks: [Stack] = []
    // The names of a layer that may have others above it, and those of a cell alone.
    for first in ["weight_ih_l0", "weight_ih"] {
      for name in left.sorted().map(\.text) where name.hasSuffix(first) {
        let prefix = String(name.dropLast(first.count))
        guard let stack = Stack(prefix, isCell: first == "weight_ih", tensors) else {
          throw failure("\(prefix)\(first) is of no known cell")
        }
        guard stack.cell != .rnn(.tanh) else {
          throw failure("an Elman network may use tanh or relu")
        }
        left.subtract(stack.names)
        stacks.append(stack)
      }
    }
    guard !stacks.isEmpty else { throw failure("no recurrent stack") }
    // Their orders are tried one by one: of twenty that fit nowhere there are 10^18.
    guard stacks.count <= 6 else { throw failure("more than 6 recurrent stacks") }
    var embeddings: [String] = []
    var denses: [String] = []
    for name in left.sorted().map(\.text) where name == "weight" || name.hasSuffix(".weight") {
      guard tensors.shapes[Name(name)]?.count == 2 else { continue }
      let owner = String(name.dropLast("weight".count))
      let isEmbedding = owner.lowercased().contains("emb") && !left.contains("\(owner)bias")
      if isEmbedding { embeddings.append(owner) } else { denses.append(owner) }
    }
    guard embeddings.count <= 1, denses.count <= 1 else {
      throw failure("more than one layer of a kind")
    }
    for owner in embeddings + denses { left.subtract(["\(owner)weight", "\(owner)bias"]) }
    guard left.isEmpty else { throw failure("tensors of no known layer") }
    let orders = Stack.orders(
      stacks, from: embeddings.first.flatMap { tensors.shapes["\($0)weight"]?[1] },
      to: denses.first.flatMap { tensors.shapes["\($0)weight"]?[1] })
    guard orders.count == 1 else {
      left = Set(stacks.flatMap(\.names))
      throw failure(
        "\(stacks.count) recurrent stacks fit together in \(orders.isEmpty ? "no order" : "several orders")"
      )
    }
    layers =
      embeddings.map { Layer(.embedding(tensors: $0, masksZero: false)) }
      + orders[0].map { Layer(.recurrent($0.recurrent)) }
      + denses.map { Layer(.dense(tensors: $0, activation: .identity)) }
  }

  /// What was inferred, in one line.
  var summary: String {
    layers.map { layer in
      switch layer.kind {
      case .embedding(let tensors, _): "embedding (\(quotable(tensors)))"
      case .recurrent(let stack):
        "\(stack.count == 1 ? "" : "\(stack.count) x ")"
          + "\(stack.isBidirectional ? "bidirectional " : "")\(stack.cell.kind.name) "
          + "(\(quotable(stack.tensors)))"
      case .dense(let tensors, _): "dense without activation (\(quotable(tensors)))"
      default: "\(layer.kind)"
      }
    }.joined(separator: ", ") + ", output of every step"
  }
}

/// Recurrent layers of one module, as their tensors' names and shapes show them.
private struct Stack {
  let prefix: String
  let cell: Network.Cell
  let count: Int
  let inputSize: Int
  let outputSize: Int
  let isBidirectional: Bool
  let names: Set<Name>

  /// Nil where the shapes are not those of a recurrent layer.
  init?(_ prefix: String, isCell: Bool, _ tensors: TensorTable) {
    self.prefix = prefix
    let ending = isCell ? "" : "_l0"
    // One prefix for both would leave open which of them is meant.
    guard !isCell || !tensors.has("\(prefix)weight_ih_l0"),
      let input = tensors.shapes["\(prefix)weight_ih\(ending)"], input.count == 2,
      let hidden = tensors.shapes["\(prefix)weight_hh\(ending)"], hidden.count == 2,
      case let projection = isCell ? nil : tensors.shapes["\(prefix)weight_hr_l0"],
      // Behind a projection the units are its columns.
      case let units = projection?.last ?? hidden[1], units > 0, hidden[0] % units == 0
    else { return nil }
    switch hidden[0] / units {
    case 4: cell = .lstm
    case 3 where projection == nil: cell = .gru(.resetAfter)
    case 1 where projection == nil: cell = .rnn(.tanh)
    default: return nil
    }
    isBidirectional = tensors.has("\(prefix)weight_ih_l0_reverse")
    inputSize = input[1]
    outputSize = isBidirectional ? 2 * hidden[1] : hidden[1]
    guard !isCell else {
      count = 1
      names = Set(["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { Name(prefix + $0) })
      return
    }
    var index = 0
    var names: Set<Name> = []
    while tensors.has("\(prefix)weight_ih_l\(index)") {
      for part in ["weight_ih", "weight_hh", "weight_hr", "bias_ih", "bias_hh"] {
        names.insert("\(prefix)\(part)_l\(index)")
        if isBidirectional { names.insert("\(prefix)\(part)_l\(index)_reverse") }
      }
      index += 1
    }
    count = index
    self.names = names
  }

  /// What an architecture says of them.
  var recurrent: Architecture.Recurrent {
    var recurrent = Architecture.Recurrent(cell: cell, tensors: prefix, count: count)
    recurrent.isBidirectional = isBidirectional
    return recurrent
  }

  /// The orders of `stacks`, at most two, in which each reads as many features as the one before it
  /// writes, the first `start` of them and what follows the last `end`; nil leaves that open.
  static func orders(_ stacks: [Stack], from start: Int?, to end: Int?) -> [[Stack]] {
    if stacks.isEmpty { return start == end || start == nil || end == nil ? [[]] : [] }
    var found: [[Stack]] = []
    for (index, stack) in stacks.enumerated() where start == nil || start == stack.inputSize {
      var others = stacks
      others.remove(at: index)
      for rest in orders(others, from: stack.outputSize, to: end) {
        found.append([stack] + rest)
        // Two are as good as many, and as many as there may be.
        if found.count == 2 { return found }
      }
    }
    return found
  }
}
