/// The measure of times: hashing 1 MiB byte by byte (FNV-1a). A machine that is slow or busy is slow at
/// both, so that a count of passes says of the code what a count of milliseconds does not.
public enum Pass {
  #if DEBUG
    /// What a hostile file of 1 MiB may take until it is refused; without the optimiser, what refuses
    /// is slowed down more than the measure.
    public static let maximum = 100.0
  #else
    /// What a hostile file of 1 MiB may take until it is refused: 10 ms where a pass takes 1 ms, as on
    /// the fastest of the machines that this was chosen on.
    public static let maximum = 10.0
  #endif

  private static let megabyte = [UInt8](repeating: 0x5A, count: 1 << 20)
  nonisolated(unsafe) private static var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Seconds of one.
  public static func seconds() -> Double {
    var hash = unsafe hash
    let time = leastThreadTime(runs: 1) {
      for byte in megabyte { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    // Somebody reads it, so that it is computed.
    unsafe Self.hash = hash
    return time
  }

  /// How many passes `body` takes: the least time of three runs, of up to twenty while it is above
  /// ``maximum``, beside the least of as many passes measured in turn.
  public static func count(_ body: () throws -> Void) rethrows -> Double {
    var (least, pass) = (Double.infinity, Double.infinity)
    for run in 0..<20 where run < 3 || least > maximum * pass {
      pass = min(pass, seconds())
      least = min(least, try leastThreadTime(runs: 1, of: body))
    }
    return least / pass
  }
}
