import SluiceBlob
import SluiceImport
import SluiceNetwork

extension NetworkComparison {
  /// Adds to the moments what the source itself errs when it is run in float32.
  ///
  /// Some networks double, step by step, whatever rounding leaves: no two orders of summation give the
  /// same numbers for long, and neither is wrong. What the source errs by itself is not the blob's.
  mutating func noteSource(_ network: Network, over input: SequenceArray) {
    let size = layers[layers.count - 1].size
    var expected: [Double] = []
    network.compute(over: input) { _, _, written in expected += written[written.count - 1] }
    var drift = Drift(steps: steps, channels: size)
    network.compute(as: Float.self, over: input) { sequence, step, written in
      let start = (sequence * steps + step) * size
      drift.note(written[written.count - 1], Array(expected[start..<start + size]), step: step)
    }
    let own = drift.moments
    for index in moments.indices { moments[index].sourceError = own[index].maximalError }
  }
}

extension BlobContents {
  /// The error up to which nobody asks whose it is: of f32 weights by the grade of the activations.
  /// Nil where weights are compact: their error is that of their type.
  package var usualError: Double? {
    guard layers.allSatisfy({ $0.record.storage == .f32 }) else { return nil }
    return layers.allSatisfy { $0.record.grade == .exact } ? 1e-5 : 1e-3
  }
}
