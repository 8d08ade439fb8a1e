import Glibc
import Sluice
import SluiceBlob
import _SluiceKernels
import _SluiceMeasuring

#if arch(x86_64)
  import _SluiceKernelsAVX2
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
        #if arch(x86_64)
          case .avx2: unsafe _SluiceKernelsAVX2.multiplyAddChains(values, steps: 2000)
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
    let count = bytes.count / 64 * 16
    guard count > 0, let base = bytes.baseAddress else { return .nan }
    let lines = unsafe base.assumingMemoryBound(to: Float.self)
    let sum = Pages(count: 64, huge: false)
    // A run takes some 20 microseconds, and an even number of passes.
    let passes = max(1_000_000 / (4 * count), 1) * 2
    var (best, runs) = (0.0, 0)
    let start = sluice_time_stamp()
    repeat {
      runs += 1
      let start = sluice_time_stamp()
      unsafe readLines(lines, count, passes, alternating, sum.floats)
      let time = timer.nanoseconds(start, sluice_time_stamp())
      best = max(best, Double(4 * count * passes) / time)
    } while runs < 10 || timer.nanoseconds(start, sluice_time_stamp()) < effort.budget / 4
    return best
  }

  private func readLines(
    _ lines: UnsafePointer<Float>, _ count: Int, _ passes: Int, _ alternating: Bool,
    _ sum: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    #if arch(x86_64)
      case .avx2:
        unsafe _SluiceKernelsAVX2.readLines(
          lines, count: count, passes: passes, alternating: alternating, into: sum)
      case .avx512:
        unsafe _SluiceKernelsAVX512.readLines(
          lines, count: count, passes: passes, alternating: alternating, into: sum)
    #endif
    default:
      unsafe _SluiceKernels.readLines(
        lines, count: count, passes: passes, alternating: alternating, into: sum)
    }
  }
}
