import Foundation

/// The least time of several runs of `body`, in seconds that this thread has computed: neither other
/// tests nor other programs are in it, so that two such times may be compared.
public func leastThreadTime(
  runs: Int = 5, of body: () throws -> Void
) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  var least = Double.infinity
  for _ in 0..<runs {
    let start = now()
    try body()
    least = min(least, now() - start)
  }
  return least
}
