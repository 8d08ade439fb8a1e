import SluiceNetwork

extension GateTrace {
  /// How much of a layer's last state each step put there: of the C of an LSTM, of the h of a GRU.
  ///
  /// C(T) is the sum over all steps of i * g times the f of every step behind, and what is left of the initial
  /// state; h(T) of a GRU that of (1 - z) * n times the z behind. A share is a step's part of the sum of
  /// magnitudes over all units: `[steps]`, which sum to 1 less the initial state's. Nil of an Elman network,
  /// which has no such sum, and of no step.
  package func shares(of layer: Layer) -> [Double]? {
    guard let keeping = layer.keeping, steps > 0 else { return nil }
    let isLSTM = layer.signal("C") != nil
    guard let state = layer.signal(isLSTM ? "C" : "h"), let added = layer.signal(isLSTM ? "g" : "n")
    else { return nil }
    var left = [Double](repeating: 1, count: keeping.size)
    var rest = values(of: state, at: steps - 1).map(Double.init)
    var parts = [Double](repeating: 0, count: steps)
    for step in (0..<steps).reversed() {
      let kept = Array(values(of: keeping, at: step))
      // A step that a mask passes over changes nothing.
      guard !kept.contains(where: \.isNaN) else { continue }
      let candidate = Array(values(of: added, at: step))
      let input = layer.signal("i").map { Array(values(of: $0, at: step)) }
      for unit in left.indices {
        let share = Double(input?[unit] ?? 1 - kept[unit]) * Double(candidate[unit]) * left[unit]
        parts[step] += share.magnitude
        rest[unit] -= share
        left[unit] *= Double(kept[unit])
      }
    }
    let sum = parts.reduce(0, +) + rest.reduce(0) { $0 + $1.magnitude }
    return parts.map { sum > 0 ? $0 / sum : 0 }
  }
}
