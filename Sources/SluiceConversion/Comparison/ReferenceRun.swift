import SluiceImport
import SluiceNetwork

/// What a network gives over an input, computed once in Double for many comparisons.
package struct ReferenceRun: Sendable {
  /// What each layer writes, `[sequences * steps][layers][outputSize]`.
  let outputs: [[[Double]]]

  /// Runs `network` over `input`.
  package init(
    _ network: Network, over input: SequenceArray,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    var outputs: [[[Double]]] = []
    network.compute(over: input) { _, _, written in
      outputs.append(written)
      progress(outputs.count, input.sequences.count * input.steps)
    }
    self.outputs = outputs
  }
}

extension Network {
  /// Runs the network in Double, and calls `body` at every step of every sequence with what each
  /// layer wrote, `[layers][outputSize]`.
  func compute(
    over input: SequenceArray, _ body: (_ sequence: Int, _ step: Int, _ written: [[Double]]) -> Void
  ) {
    compute(as: Double.self, over: input, body)
  }

  /// The same in any type of floating-point numbers.
  func compute<Scalar: ReferenceScalar>(
    as scalar: Scalar.Type, over input: SequenceArray,
    _ body: (_ sequence: Int, _ step: Int, _ written: [[Scalar]]) -> Void
  ) {
    var reference = ReferenceNetwork<Scalar>(self)
    for (index, sequence) in input.sequences.enumerated() {
      reference.reset()
      // One that reads backwards takes a sequence as a whole.
      let whole = isStreamable ? nil : reference.process(sequence, steps: input.steps)
      for step in 0..<input.steps {
        if let whole {
          body(index, step, whole.map { $0[step] })
        } else {
          reference.step(sequence, step)
          body(index, step, reference.outputs)
        }
      }
    }
  }
}

extension ReferenceNetwork {
  /// A whole sequence: what every layer wrote, `[layers][steps][outputSize]`.
  fileprivate mutating func process(_ sequence: InputSequence, steps: Int) -> [[[Scalar]]] {
    switch sequence {
    case .ids(let ids): process(ids: ids.map { Int($0) })
    case .features:
      process((0..<steps).map { sequence.features(at: $0).map { Scalar($0) } })
    }
  }

  /// One step from row `step` of `sequence`.
  mutating func step(_ sequence: InputSequence, _ step: Int) {
    switch sequence {
    case .ids(let ids): _ = self.step(id: Int(ids[step]))
    case .features: _ = self.step(sequence.features(at: step).map { Scalar($0) })
    }
  }
}
