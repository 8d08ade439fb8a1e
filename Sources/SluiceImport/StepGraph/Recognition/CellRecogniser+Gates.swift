import SluiceNetwork

extension CellRecogniser {
  /// C = f C + i g and h = o f(C), of the state `cell` and another of `paths`.
  func lstm(
    cell: StatePath, among paths: [StatePath]
  ) -> (cell: FoundCell, hidden: StatePath)? {
    guard let name = name(cell.elements), let sum = step.combination(cell.part) else { return nil }
    let (beside, rest) = sum.parted(by: name)
    guard let forget = beside.sum, forget.count == 1, let f = forget.keys.first, forget[f] == 1,
      let (gateFunction, forgetArgument) = step.activation(f)
    else { return nil }
    // i g, g possibly a sum; where f = 1 - i is coupled, g - f g.
    for (hiddenPath, o, outputFunction) in outputs(of: cell, sum, among: paths) {
      guard let (outputGate, outputArgument) = step.activation(o), outputGate == gateFunction else {
        continue
      }
      for candidate in candidates(rest, gateFunction, forget: f) {
        guard
          let result = lstm(
            cell, hiddenPath, forget: forgetArgument, output: outputArgument, candidate,
            gateFunction, outputFunction)
        else { continue }
        return (result, hiddenPath)
      }
    }
    return nil
  }

  private struct Candidate {
    /// The input gate's argument; nil where it is 1 - f.
    let input: LayerPart?
    let function: Network.Function
    let argument: Combination
  }

  private func lstm(
    _ cell: StatePath, _ hidden: StatePath, forget: LayerPart, output: LayerPart,
    _ candidate: Candidate, _ gate: Network.Function, _ outputFunction: Network.Function
  ) -> FoundCell? {
    let state = hidden.elements
    guard let f = form(forget, state), let o = form(output, state),
      let g = form(candidate.argument, state)
    else { return nil }
    var cellForm = Network.CellForm()
    cellForm.gateActivation = gate
    cellForm.candidateActivation = candidate.function
    cellForm.outputActivation = outputFunction
    let i: AffineForm
    if let input = candidate.input {
      guard let form = form(input, state) else { return nil }
      i = form
    } else {
      guard let complement = complement(of: f, gate) else { return nil }
      i = complement
      cellForm.isCoupled = true
    }
    guard [gate, candidate.function, outputFunction].allSatisfy(allowed) else { return nil }
    return assembled(.lstm, [i, f, g, o], cellForm, hidden, cell)
  }

  /// The states that are o times a function of C, with o and the function.
  private func outputs(
    of cell: StatePath, _ sum: Combination, among paths: [StatePath]
  ) -> [(StatePath, LayerPart, Network.Function)] {
    var found: [(StatePath, LayerPart, Network.Function)] = []
    for path in paths where path.part != cell.part && path.part.count == cell.part.count {
      guard let product = step.combination(path.part) else { continue }
      if product.terms.count == 1, let (parts, factor) = product.terms.first, factor == 1,
        parts.count == 2
      {
        for (part, other) in [(parts[0], parts[1]), (parts[1], parts[0])] {
          if let (function, argument) = step.activation(part),
            step.combination(argument) == sum
          {
            found.append((path, other, function))
          }
        }
      }
      // A linear output: o times each term of C.
      for o in Set(product.terms.keys.joined()) where Combination(o) * sum == product {
        found.append((path, o, .identity))
      }
    }
    return found
  }

  /// What the input gate and the candidate may be, of what is added to f C.
  private func candidates(
    _ rest: Combination, _ gate: Network.Function, forget: LayerPart
  ) -> [Candidate] {
    var found: [Candidate] = []
    func append(_ input: LayerPart?, _ beside: Combination) {
      if beside.terms.count == 1, let (parts, factor) = beside.terms.first, factor == 1,
        parts.count == 1, let (function, argument) = step.activation(parts[0])
      {
        found.append(
          Candidate(input: input, function: function, argument: Combination(argument)))
      } else {
        found.append(Candidate(input: input, function: .identity, argument: beside))
      }
    }
    // (1 - f) g
    let (withForget, without) = rest.parted(by: forget)
    if withForget * Combination(constant: -1) == without, !without.terms.isEmpty {
      append(nil, without)
    }
    for part in Set(rest.terms.keys.joined()).sorted() {
      guard let (function, argument) = step.activation(part), function == gate else { continue }
      let (beside, others) = rest.parted(by: part)
      if others.terms.isEmpty { append(argument, beside) }
    }
    return found
  }

  /// The argument of 1 - gate(a), as the gate's own argument; nil where the gate is not symmetric.
  func complement(of form: AffineForm, _ gate: Network.Function) -> AffineForm? {
    var negative = form.scaled(by: -1)
    switch gate.kind {
    case .sigmoid: return negative
    case .hardSigmoid where gate.alpha != 0:
      let shift = (1 - 2 * Double(gate.beta)) / Double(gate.alpha)
      negative.bias = negative.bias.map { $0 + shift }
      return negative
    default: return nil
    }
  }

  /// h = (1 - z) n + z h, resetting before or after the product.
  func gru(_ path: StatePath) -> FoundCell? {
    guard let h = name(path.elements), let sum = step.combination(path.part) else { return nil }
    for z in Set(sum.terms.keys.joined()).sorted() {
      guard let (gate, argument) = step.activation(z), allowed(gate),
        let update = form(argument, path.elements)
      else { continue }
      let (with, without) = sum.parted(by: z)
      // z h + (1 - z) n: what stands beside z is h - n.
      if with + without == Combination(h),
        let cell = gru(path, update: update, gate, candidate: without)
      {
        return cell
      }
      // (1 - z) h + z n: n - h.
      let candidate = with + Combination(h)
      if without == Combination(h), let inverse = complement(of: update, gate),
        let cell = gru(path, update: inverse, gate, candidate: candidate)
      {
        return cell
      }
    }
    return nil
  }

  private func gru(
    _ path: StatePath, update: AffineForm, _ gate: Network.Function, candidate: Combination
  ) -> FoundCell? {
    var cellForm = Network.CellForm()
    cellForm.gateActivation = gate
    var argument = candidate
    cellForm.candidateActivation = .identity
    if candidate.terms.count == 1, let (parts, factor) = candidate.terms.first, factor == 1,
      parts.count == 1, let (function, inner) = step.activation(parts[0])
    {
      guard let sum = step.combination(inner), allowed(function) else { return nil }
      cellForm.candidateActivation = function
      argument = sum
    }
    guard let h = name(path.elements) else { return nil }
    return resetAfter(path, update, gate, argument, cellForm)
      ?? resetBefore(path, update, gate, argument, cellForm, h)
  }

  /// n = f(W x + b + r (U h + b'))
  private func resetAfter(
    _ path: StatePath, _ update: AffineForm, _ gate: Network.Function, _ argument: Combination,
    _ cellForm: Network.CellForm
  ) -> FoundCell? {
    for r in Set(argument.terms.keys.joined()).sorted() {
      guard let (function, inner) = step.activation(r), function == gate,
        let reset = form(inner, path.elements)
      else { continue }
      let (with, without) = argument.parted(by: r)
      guard let recurrent = form(with, path.elements), let own = form(without, path.elements),
        own.matrices[.state] == nil,
        let cell = assembled(
          .gru(.resetAfter), [reset, update, own], cellForm, path, nil, candidate: recurrent)
      else { continue }
      return cell
    }
    return nil
  }

  /// n = f(W x + U (r h) + b)
  private func resetBefore(
    _ path: StatePath, _ update: AffineForm, _ gate: Network.Function, _ argument: Combination,
    _ cellForm: Network.CellForm, _ h: LayerPart
  ) -> FoundCell? {
    for product in products(with: h) {
      guard let r = product.terms.keys.first?.first(where: { $0 != h }),
        let (function, inner) = step.activation(r), function == gate,
        let reset = form(inner, path.elements),
        let own = form(argument, path.elements, product: product),
        own.matrices[.product] != nil, own.matrices[.state] == nil
      else { continue }
      return assembled(.gru(.resetBefore), [reset, update, own], cellForm, path, nil)
    }
    return nil
  }

  /// The products of h and one gate that some layer computes.
  private func products(with h: LayerPart) -> [Combination] {
    var found: [Combination] = []
    for index in 0..<step.layers.count {
      guard case .multiply(let size, 2) = step.layers[index].operation, size == h.count,
        let product = step.combination(LayerPart(layer: index, start: 0, count: size)),
        product.terms.count == 1, let (parts, factor) = product.terms.first, factor == 1,
        parts.count == 2, parts.contains(h), parts[0] != parts[1], !found.contains(product)
      else { continue }
      found.append(product)
    }
    return found
  }
}
