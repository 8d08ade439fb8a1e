import SluiceBlob

/// What one step of a recurrent cell gives.
package struct CellStep<Scalar: ReferenceScalar>: Sendable {
  /// The gates and the candidate, `[gates][hiddenSize]`, as ``Network/Cell/gateNames`` has them; none of a
  /// step that a mask passes over.
  package let gates: [[Scalar]]
  /// C(t), `[hiddenSize]`; empty of a cell that is no LSTM.
  package let cell: [Scalar]
  /// h(t), `[outputSize]`.
  package let hidden: [Scalar]
}

extension Network.Cell {
  /// The gates and the candidate by the field's letters, in the order of the weights; none of an Elman network.
  package var gateNames: [String] {
    switch self {
    case .lstm: ["i", "f", "g", "o"]
    case .gru: ["r", "z", "n"]
    case .rnn: []
    }
  }
}

extension ReferenceNetwork {
  /// One step of one state: of x `[inputSize]`, h(t-1) `[outputSize]` and, of an LSTM, C(t-1) `[hiddenSize]`.
  ///
  /// Specialised here, as ``evaluate(_:_:)`` is.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package static func step(
    of layer: Network.Recurrent, _ x: [Scalar], hidden h: [Scalar], cell c: [Scalar]
  ) -> CellStep<Scalar> {
    let size = layer.hiddenSize
    let form = layer.form
    if form.isMasked, x.last == 0 { return CellStep(gates: [], cell: c, hidden: h) }
    func fromInput(_ gate: Int) -> [Scalar] {
      let rows = gate * size..<(gate + 1) * size
      return product(layer.inputWeights, rows: rows, x, bias: layer.inputBias)
    }
    func fromHidden(_ gate: Int, _ h: [Scalar]) -> [Scalar] {
      let rows = gate * size..<(gate + 1) * size
      return product(layer.hiddenWeights, rows: rows, h, bias: layer.hiddenBias)
    }
    func apply(_ function: Network.Function, _ sums: [Scalar]) -> [Scalar] {
      Self.apply(function, sums.map { limit($0, to: form.clip) })
    }
    func sums(_ gate: Int) -> [Scalar] {
      zip(fromInput(gate), fromHidden(gate, h)).map { $0 + $1 }
    }
    func gate(_ index: Int) -> [Scalar] { apply(form.gateActivation, sums(index)) }
    switch layer.cell {
    case .rnn(let function):
      return CellStep(gates: [], cell: c, hidden: apply(function, sums(0)))
    case .lstm:
      func peephole(_ row: Int, _ c: [Scalar]) -> [Scalar] {
        guard let weights = form.peepholes else { return Array(repeating: 0, count: size) }
        return (0..<size).map { Scalar(weights[row * size + $0]) * c[$0] }
      }
      func peeping(_ gate: Int, _ row: Int, at c: [Scalar]) -> [Scalar] {
        apply(form.gateActivation, zip(sums(gate), peephole(row, c)).map { $0 + $1 })
      }
      let input = peeping(0, 0, at: c)
      let forget = form.isCoupled ? input.map { 1 - $0 } : peeping(1, 1, at: c)
      let candidate = apply(form.candidateActivation, sums(2))
      let next = (0..<size).map { unit in
        limit(forget[unit] * c[unit] + input[unit] * candidate[unit], to: form.cellClip)
      }
      let output = peeping(3, 2, at: next)
      var hidden = zip(output, Self.apply(form.outputActivation, next)).map { $0 * $1 }
      if let projection = form.projection {
        hidden = product(projection, rows: 0..<layer.outputSize, hidden, bias: nil)
          .map { limit($0, to: form.projectionClip) }
      }
      return CellStep(gates: [input, forget, candidate, output], cell: next, hidden: hidden)
    case .gru(let variant):
      let (reset, update) = (gate(0), gate(1))
      let recurrent =
        switch variant {
        case .resetAfter: zip(reset, fromHidden(2, h)).map { $0 * $1 }
        case .resetBefore: fromHidden(2, zip(reset, h).map { $0 * $1 })
        }
      let candidate = apply(
        form.candidateActivation, zip(fromInput(2), recurrent).map { $0 + $1 })
      let hidden = (0..<size).map { unit in
        (1 - update[unit]) * candidate[unit] + update[unit] * h[unit]
      }
      return CellStep(gates: [reset, update, candidate], cell: c, hidden: hidden)
    }
  }

  /// `x` within [-bound, bound], where there is one; NaN is neither less nor greater.
  private static func limit(_ x: Scalar, to bound: Float?) -> Scalar {
    guard let bound = bound.map({ Scalar($0) }) else { return x }
    return x < -bound ? -bound : x > bound ? bound : x
  }
}
