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
      guard network.isStreamable else {
        let written = reference.process(sequence, steps: input.steps)
        for step in 0..<input.steps { outputs.append(written.map { $0[step] }) }
        progress(outputs.count, input.sequences.count * input.steps)
        continue
      }
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
  /// A whole sequence: what every layer wrote, `[layers][steps][outputSize]`.
  fileprivate mutating func process(_ sequence: InputSequence, steps: Int) -> [[[Double]]] {
    switch sequence {
    case .ids(let ids): process(ids: ids.map { Int($0) })
    case .features:
      process((0..<steps).map { sequence.features(at: $0).map(Double.init) })
    }
  }

  /// One step from row `step` of `sequence`.
  mutating func step(_ sequence: InputSequence, _ step: Int) {
    switch sequence {
    case .ids(let ids): _ = self.step(id: Int(ids[step]))
    case .features: _ = self.step(sequence.features(at: step).map(Double.init))
    }
  }
}
