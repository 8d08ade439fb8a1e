import _SluiceMeasuring

/// The machine's monotonic clock.
enum Clock {
  /// Nanoseconds since some moment in the past.
  static var nanoseconds: UInt64 { sluice_nanoseconds() }
}
