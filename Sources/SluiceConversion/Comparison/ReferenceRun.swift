/// What a network gives over an input, computed once in Double for many comparisons.
package struct ReferenceRun: Sendable {
  /// What each layer writes, `[sequences * steps][layers][outputSize]`.
  let outputs: [[[Double]]]

  /// Runs `network` over `input`.
  package init(
    _ network: Network, over input: SequenceArray,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    var reference = ReferenceNetwork<Double>(network)
    var outputs: [[[Double]]] = []
    for sequence in input.sequences {
      reference.reset()
      for step in 0..<input.steps {
        reference.step(sequence, step)
        outputs.append(reference.outputs)
        progress(outputs.count, input.sequences.count * input.steps)
      }
    }
    self.outputs = outputs
  }
}

extension ReferenceNetwork<Double> {
  /// One step from row `step` of `sequence`.
  mutating func step(_ sequence: InputSequence, _ step: Int) {
    switch sequence {
    case .ids(let ids): _ = self.step(id: Int(ids[step]))
    case .features: _ = self.step(sequence.features(at: step).map(Double.init))
    }
  }
}
