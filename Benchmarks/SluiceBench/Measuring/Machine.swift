import Glibc
import Sluice
import SluiceBlob
import _SluiceKernels
import _SluiceMeasuring

#if arch(x86_64) && !SLUICE_WITHOUT_AVX2
  import _SluiceKernelsAVX2
#endif
#if arch(x86_64) && !SLUICE_WITHOUT_AVX512
  import _SluiceKernelsAVX512
#endif

/// The machine, the core that all is measured on, and what it can do at most.
struct Machine {
  let timer: Timer
  let instructionSet: InstructionSet
  /// The core, nil where the system does not let us choose.
  let core: Int?
  /// Cycles in a nanosecond at the start.
  let clock: Double
  /// Multiplications and additions of f32 in a nanosecond.
  let peak: Double
  let huge: Bool

  init(_ options: Options) throws {
    instructionSet = try InstructionSet.chosen(options.instructionSet)
    if let core = options.core {
      self.core = sluice_pin_to(Int32(core)) ? core : nil
    } else {
      let core = sluice_pin_to_core()
      self.core = core < 0 ? nil : Int(core)
    }
    timer = Timer()
    _ = timer.clock(runs: 5000)
    clock = timer.clock(runs: 1000)
    peak = Machine.peak(instructionSet, timer)
    huge = options.huge
  }

  /// Operations of f32 in a nanosecond: the best of many short runs.
  private static func peak(_ set: InstructionSet, _ timer: Timer) -> Double {
    let pages = Pages(
      Packing.bytes(of: [Float](repeating: 0.5, count: 48)), huge: false)
    let values = unsafe pages.floats
    var best = 0.0
    for _ in 0..<2000 {
      let start = sluice_time_stamp()
      let products =
        switch set {
        #if arch(x86_64) && !SLUICE_WITHOUT_AVX2
          case .avx2: unsafe _SluiceKernelsAVX2.multiplyAddChains(values, steps: 2000)
        #endif
        #if arch(x86_64) && !SLUICE_WITHOUT_AVX512
          case .avx512: unsafe _SluiceKernelsAVX512.multiplyAddChains(values, steps: 2000)
        #endif
        default: unsafe _SluiceKernels.multiplyAddChains(values, steps: 2000)
        }
      best = max(best, Double(2 * products) / timer.nanoseconds(start, sluice_time_stamp()))
    }
    return best
  }

  /// Bytes a nanosecond of reading these bytes again and again: the best of many passes.
  ///
  /// - Parameter bytes: 64-byte aligned; what exceeds a whole number of lines is left out.
  func bandwidth(of bytes: UnsafeRawBufferPointer, alternating: Bool, _ effort: Effort) -> Double {
    guard let base = bytes.baseAddress else { return .nan }
    let rate = unsafe sluice_read_rate(
      base, bytes.count, Int32(instructionSet.registerByteCount), alternating,
      UInt64(effort.budget / 4))
    return rate > 0 ? rate : .nan
  }
}
