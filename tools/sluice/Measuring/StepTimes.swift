import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// What the steps of a stream took, one by one.
struct StepTimes {
  private let sorted: [UInt64]
  /// What a step took in a row of steps, without a look at the clock in between.
  let inARow: Double

  /// Runs `stream` on noise, each step from the state that the one before left.
  ///
  /// - Parameter budget: about how many nanoseconds the measurement may take.
  init(_ stream: inout ModelStream, of model: borrowing Model, budget: UInt64) {
    let rows = 64
    let readsTokens = model.readsTokens
    var random = SplitMix64(state: 1)
    let size = readsTokens ? 1 : model.inputSize
    let features = (0..<(readsTokens ? 0 : rows * size)).map { _ in
      Float(random.next() >> 40) * 0x1p-23 - 1
    }
    let ids = (0..<rows).map { _ in Int(random.next() % UInt64(model.inputSize)) }
    var output = [Float](repeating: 0, count: model.outputSize)
    func run(_ step: Int, _ stream: inout ModelStream) {
      let row = step & (rows - 1)
      var y = output.mutableSpan
      if readsTokens {
        stream.step(token: ids[row], into: &y)
      } else {
        stream.step(features.span.extracting(row * size..<(row + 1) * size), into: &y)
      }
    }
    // Warm-up: caches, branch predictors and the clock of the core.
    let start = Clock.nanoseconds
    var count = 0
    while Clock.nanoseconds - start < budget / 5 || count < 16 {
      run(count, &stream)
      count += 1
    }
    let expected = max((Clock.nanoseconds - start) / UInt64(count), 1)
    let samples = min(max(Int(budget * 2 / 5 / expected), 100), 1_000_000)
    var times = [UInt64](repeating: 0, count: samples)
    for index in 0..<samples {
      let start = Clock.nanoseconds
      run(index, &stream)
      times[index] = Clock.nanoseconds - start
    }
    // Rows of some 20 microseconds; the median, so that a row which was interrupted does not count.
    let length = max(1, Int(20_000 / expected))
    var perStep: [Double] = []
    for _ in 0..<max(samples / length, 1) {
      let start = Clock.nanoseconds
      for index in 0..<length { run(index, &stream) }
      perStep.append(Double(Clock.nanoseconds - start) / Double(length))
    }
    inARow = perStep.sorted()[perStep.count / 2]
    sorted = times.sorted()
  }

  var count: Int { sorted.count }

  /// The time that `share` of the steps did not exceed; 0 the fastest, 1 the slowest.
  func quantile(_ share: Double) -> UInt64 {
    sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
  }
}
