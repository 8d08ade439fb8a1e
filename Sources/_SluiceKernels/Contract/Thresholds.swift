/// Where one way of computing becomes faster than another.
///
/// Measured with SluiceBench on one core of an AMD EPYC (Zen 5 at 3.8 to 4.2 GHz; 48 KiB of first cache, 1 MiB
/// of second). No bit depends on them.
enum Thresholds {
  /// Floats of weights up to which a block's inputs are summed step by step: the first cache holds them, and
  /// projected rows would be stored and loaded for nothing. A block of an LSTM of 8x32: 330 cycles a step in
  /// place of 347; of a GRU of that size 243 in place of 265.
  @inline(always) static var projectedFloats: Int { 8192 }

  /// Columns up to which four inputs are read at once and spread in registers. Beyond, sixteen lines of weights
  /// in one turn of the loop, of which the CPU reads less far ahead, made the median of steps at 64x64 and
  /// 128x128, in the second cache, 1.25 and 1.5 times as long.
  @inline(always) static var spreadColumns: Int { 48 }

  /// Panels, and columns times panels, up to which an LSTM's sums run side by side: as many as the 32
  /// registers take, and weights that the first cache holds. 1x8 to 1x40 and 8x32 gained by it.
  @inline(always) static var jointPanels: Int { 5 }
  @inline(always) static var jointColumnPanels: Int { 256 }

  /// Inputs up to which an int8 layer keeps x and h as words in registers: its steps of 1x8 took 170 of 290
  /// cycles to write bytes and to read them back.
  @inline(always) static var jointInt8Inputs: Int { 16 }

  /// Bytes of int8 weights up to which two tiles are read side by side: 790 cycles a step at 64x64 in place of
  /// 850. From the second cache two streams of lines get half of what one gets.
  @inline(always) static var sharedInt8Bytes: Int { 40 << 10 }
}
