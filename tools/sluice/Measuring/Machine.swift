import Glibc
import Sluice
import _SluiceMeasuring

/// What this machine can do at most, measured now.
enum Machine {
  /// Keeps this thread on the core it runs on, where the system allows it.
  ///
  /// - Returns: the core's number, nil where the thread may still move.
  static func pin() -> Int? {
    let core = sluice_pin_to_core()
    return core < 0 ? nil : Int(core)
  }

  /// Cycles in a nanosecond: the fastest of many runs of multiplications that wait for each other.
  static func cyclesPerNanosecond() -> Double? {
    let count = 30_000
    var best = UInt64.max
    for _ in 0..<200 {
      let start = Clock.nanoseconds
      guard sluice_multiply_chain(count) else { return nil }
      best = min(best, Clock.nanoseconds - start)
    }
    return Double(3 * count) / Double(max(best, 1))
  }

  /// Bytes a nanosecond of reading `byteCount` bytes again and again, in either way that kernels go.
  static func readBandwidth(byteCount: Int, _ set: InstructionSet) -> Double? {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(byteCount, 64), alignment: 4096)
    defer { unsafe memory.deallocate() }
    guard let base = memory.baseAddress else { return nil }
    // A zero page that all of it maps to would be read from the first cache.
    unsafe memset(base, 1, memory.count)
    let rates = [false, true].map { alternating in
      unsafe sluice_read_rate(
        base, memory.count, Int32(set.registerByteCount), alternating, 4_000_000)
    }
    return rates.max().flatMap { $0 > 0 ? $0 : nil }
  }

  /// What asking the clock twice takes at least, in nanoseconds.
  static func clockCost() -> Double {
    var best = UInt64.max
    for _ in 0..<100 {
      let start = Clock.nanoseconds
      for _ in 0..<100 { _ = Clock.nanoseconds }
      best = min(best, Clock.nanoseconds - start)
    }
    return Double(best) / 101
  }
}
