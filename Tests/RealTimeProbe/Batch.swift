import Sluice
import TestSupport

extension RealTimeProbe {
  /// The memory that a batch's passes use, made before they begin.
  struct BatchRows {
    var input: [Float]
    var tokens: [Int32]
    var output: [Float]
    /// Every second stream.
    let active: [Bool]
    let readsTokens: Bool

    init(_ network: TestNetwork, count: Int) {
      var random = SeededRandom(seed: 7)
      readsTokens = network.readsTokens
      let tokenCount = Int32(network.inputSize)
      tokens = (0..<count).map { _ in Int32(random.next() >> 33) % tokenCount }
      input = readsTokens ? [] : random.floats(count * network.inputSize)
      output = [Float](repeating: 0, count: count * network.outputSize)
      active = (0..<count).map { $0 % 2 == 0 }
    }
  }

  /// `steps` steps of a batch: every third of some streams alone, of every 4096 one after a reset.
  @inline(never)
  static func runBatch(
    _ batch: inout StreamBatch, _ rows: inout BatchRows, steps: Int, _ misbehave: () -> Void
  ) {
    var output: [Float] = []
    swap(&output, &rows.output)
    var y = output.mutableSpan
    for done in 0..<steps {
      if done == steps / 2 { misbehave() }
      switch (rows.readsTokens, done % 3 == 2) {
      case (true, true): batch.step(tokens: rows.tokens.span, into: &y, active: rows.active.span)
      case (true, false): batch.step(tokens: rows.tokens.span, into: &y)
      case (false, true): batch.step(rows.input.span, into: &y, active: rows.active.span)
      case (false, false): batch.step(rows.input.span, into: &y)
      }
      if done % 4096 == 1 {
        batch.reset(done / 4096 % batch.count)
      } else if done % 4096 == 2 {
        batch.reset()
      }
    }
    swap(&output, &rows.output)
  }
}
