import Sluice

/// What the steps of a stream took, one by one; or its sequences.
struct StepTimes {
  private let sorted: [UInt64]
  /// What a step took in a row of calls, without a look at the clock in between.
  let inARow: Double

  /// Runs `stream` on noise, each call from the state that the one before left.
  ///
  /// - Parameter budget: about how many nanoseconds the measurement may take.
  init(_ stream: inout ModelStream, of work: NoiseWork, budget: UInt64) {
    var work = work
    // Warm-up: caches, branch predictors and the clock of the core.
    let start = Clock.nanoseconds
    var count = 0
    while Clock.nanoseconds - start < budget / 5 || count < 16 {
      work.run(count, &stream)
      count += 1
    }
    let expected = max((Clock.nanoseconds - start) / UInt64(count), 1)
    let samples = min(max(Int(budget * 2 / 5 / expected), work.steps > 1 ? 20 : 100), 1_000_000)
    var times = [UInt64](repeating: 0, count: samples)
    for index in 0..<samples {
      let start = Clock.nanoseconds
      work.run(index, &stream)
      times[index] = Clock.nanoseconds - start
    }
    // Rows of some 20 microseconds; the median, so that a row which was interrupted does not count.
    let length = max(1, Int(20_000 / expected))
    var perStep: [Double] = []
    for _ in 0..<max(samples / length, 1) {
      let start = Clock.nanoseconds
      for index in 0..<length { work.run(index, &stream) }
      perStep.append(Double(Clock.nanoseconds - start) / Double(length * work.steps))
    }
    inARow = perStep.sorted()[perStep.count / 2]
    sorted = times.sorted()
  }

  var count: Int { sorted.count }

  /// The time that `share` of the calls did not exceed; 0 the fastest, 1 the slowest.
  func quantile(_ share: Double) -> UInt64 {
    sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
  }
}
