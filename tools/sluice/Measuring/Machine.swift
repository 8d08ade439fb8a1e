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

  /// Bytes a nanosecond of reading `byteCount` bytes again and again: the best of many passes.
  static func readBandwidth(byteCount: Int, _ set: InstructionSet) -> Double? {
    let rounded = max((byteCount + 255) / 256 * 256, 256)
    let width: Int32 =
      switch set {
      #if arch(x86_64)
        case .avx512: 64
        case .avx2: 32
      #endif
      // NEON's registers, and SSE's.
      default: 16
      }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: rounded, alignment: 4096)
    defer { unsafe memory.deallocate() }
    guard let base = memory.baseAddress else { return nil }
    // A zero page that all of it maps to would be read from the first cache.
    unsafe memset(base, 1, rounded)
    // A sample takes some 20 microseconds, so that the clock's own time does not count.
    let passes = max(1, 2_000_000 / rounded)
    var best = UInt64.max
    for _ in 0..<(rounded > 1 << 24 ? 10 : 200) {
      let start = Clock.nanoseconds
      for _ in 0..<passes {
        guard unsafe sluice_read(base, rounded, width) else { return nil }
      }
      best = min(best, Clock.nanoseconds - start)
    }
    return Double(rounded * passes) / Double(max(best, 1))
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
