import Glibc
import _SluiceMeasuring

/// The time stamp counter, calibrated against the system's clock.
struct Timer {
  /// Counts in a nanosecond.
  let rate: Double
  /// Counts between two readings with nothing in between, on average.
  let cost: Double
  /// Nanoseconds between neighbouring values: no time is finer than that.
  let step: Double

  init() {
    let (start, counts) = (Timer.nanoseconds, sluice_time_stamp())
    precondition(counts != 0, "This CPU has no time stamp counter that we know of")
    while Timer.nanoseconds - start < 5e7 {}
    let (end, later) = (Timer.nanoseconds, sluice_time_stamp())
    rate = Double(later - counts) / (end - start)
    var least = Double.infinity
    var finest: UInt64 = 0
    for length in 1..<100 {
      let first = sluice_time_stamp()
      var last = first
      for _ in 0..<1000 { last = sluice_time_stamp() }
      least = min(least, Double(last - first) / 1000)
      // The counter moves in steps of its own, of 10 ns on some CPUs: what divides every time.
      _ = sluice_multiply_chain(8 * length)
      finest = Timer.divisor(finest, sluice_time_stamp() - last)
    }
    cost = least
    step = Double(finest) / rate
  }

  private static func divisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    b == 0 ? a : divisor(b, a % b)
  }

  /// Nanoseconds between two readings, without what the reading itself takes.
  func nanoseconds(_ start: UInt64, _ end: UInt64) -> Double {
    max(Double(end - start) - cost, 0) / rate
  }

  /// The system's monotonic clock.
  static var nanoseconds: Double { nanoseconds(of: CLOCK_MONOTONIC) }

  /// The time that this thread has had a core.
  static var threadNanoseconds: Double { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

  private static func nanoseconds(of clock: clockid_t) -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }

  /// Cycles in a nanosecond: the best of `runs` chains of multiplications, three cycles each.
  ///
  /// A run takes some eight microseconds: long beside the reading of the counter, which is
  /// subtracted, and short beside a time slice, so that some run is never interrupted.
  func clock(runs: Int) -> Double {
    let count = 10_000
    var best = Double.infinity
    for _ in 0..<runs {
      let start = sluice_time_stamp()
      precondition(sluice_multiply_chain(count), "This CPU is none that we know of")
      best = min(best, nanoseconds(start, sluice_time_stamp()))
    }
    return Double(3 * count) / best
  }
}
