/// Changes the rate of a signal sample by sample, by the ratio of two whole numbers: a low pass of one
/// phase for each place that an output can have between two inputs.
///
/// The pass band ends at ``passBand`` of half the lower rate; from half the lower rate on everything is
/// at least ``stopBand`` dB down, so that nothing is mirrored. The phase is linear and the delay taken
/// out: output n stands at the time n / `to`. It waits for some 70 (8 to 16 kHz: 51) to 150 input samples
/// (44.1 to 16 kHz: 143) beyond that. Nothing is allocated after it was made.
public struct Resampler: ~Copyable, Sendable {
  /// Damping of what would be mirrored, in dB.
  public static let stopBand = 80.0
  /// Where the pass band ends, as a share of half the lower rate.
  public static let passBand = 0.9
  /// The largest table of coefficients.
  private static let tableLimit = 1 << 22

  /// Samples a second that come in.
  public let from: Int
  /// Samples a second that go out.
  public let to: Int

  /// `to` and `from` without common divisors: phases, and phases from an output to the next.
  private let phases: Int
  private let advance: Int
  /// Input samples to each side of an output.
  private let half: Int
  /// `[phases, 2 * half]`.
  private let table: [Float]
  /// The last 2 * half inputs twice, so that they always stand in a row somewhere: a ring.
  private var history: [Float]
  private var place = 0
  private var received = 0
  /// The input at or before the next output, and its phase behind it.
  private var base = 0
  private var phase = 0
  private var produced = 0
  /// Outputs in all, once the end is known.
  private var limit: Int?

  /// A resampler from one rate to another; nil where the two have so little in common that its table would
  /// hold over 4 million numbers.
  ///
  /// - Precondition: both rates lie between 1 and 2^30.
  public init?(from: Int, to: Int) {
    precondition((1...1 << 30).contains(from) && (1...1 << 30).contains(to), "rates")
    let divisor = Self.greatestDivisor(from, to)
    let (phases, advance) = (to / divisor, from / divisor)
    let edge = Double(min(from, to)) / 2 / Double(from)
    // Kaiser's rule for the length, in cycles a sample; designed for 4 dB more.
    let damping = Self.stopBand + 4
    let length = (damping - 7.95) / (2.285 * 2 * Double.pi * edge * (1 - Self.passBand))
    let half = Int((length / 2).rounded(.up)) + 1
    let (count, overflows) = (2 * half).multipliedReportingOverflow(by: phases)
    guard !overflows, count <= Self.tableLimit else { return nil }
    (self.from, self.to, self.phases, self.advance, self.half) = (from, to, phases, advance, half)
    let cutoff = edge * (1 + Self.passBand)
    let beta = 0.1102 * (damping - 8.7)
    var table: [Float] = []
    table.reserveCapacity(count)
    for phase in 0..<phases {
      let values = (0..<2 * half).map { tap in
        let time = Double(tap - half + 1) - Double(phase) / Double(phases)
        let angle = Double.pi * cutoff * time
        let sinc = time == 0 ? 1 : Elementary.sine(angle) / angle
        return sinc * Window.kaiser(time / Double(half), beta: beta)
      }
      let sum = values.reduce(0, +)
      table += values.map { Float($0 / sum) }
    }
    self.table = table
    history = [Float](repeating: 0, count: 4 * half)
  }

  /// Takes the next input; then ``next()`` gives the outputs that it completes.
  ///
  /// - Precondition: all outputs before were taken, and ``end()`` was not called.
  public mutating func append(_ sample: Float) {
    precondition(limit == nil && received <= base + half, "outputs are taken before the next input")
    push(sample)
  }

  /// Says that no input will come: ``next()`` gives the rest.
  public mutating func end() {
    guard limit == nil else { return }
    let (whole, rest) = received.quotientAndRemainder(dividingBy: advance)
    limit = whole * phases + (rest * phases + advance - 1) / advance
  }

  /// The next output; nil where it needs another input, or behind the last.
  public mutating func next() -> Float? {
    if let limit {
      guard produced < limit else { return nil }
      while received <= base + half { push(0) }
    }
    guard received > base + half else { return nil }
    var sum = 0.0
    let coefficients = phase * 2 * half
    for tap in 0..<2 * half {
      sum += Double(history[place + tap]) * Double(table[coefficients + tap])
    }
    produced += 1
    phase += advance
    base += phase / phases
    phase %= phases
    return Float(sum)
  }

  /// Begins anew.
  public mutating func reset() {
    for index in history.indices { history[index] = 0 }
    (place, received, base, phase, produced, limit) = (0, 0, 0, 0, 0, nil)
  }

  private mutating func push(_ sample: Float) {
    history[place] = sample
    history[place + 2 * half] = sample
    place = (place + 1) % (2 * half)
    received += 1
  }

  private static func greatestDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b > 0 { (a, b) = (b, a % b) }
    return a
  }
}
