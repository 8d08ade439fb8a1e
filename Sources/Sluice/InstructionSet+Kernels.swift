import _SluiceContract
import _SluiceKernels

#if arch(x86_64) && !SLUICE_WITHOUT_AVX2
  import _SluiceKernelsAVX2
#endif
#if arch(x86_64) && !SLUICE_WITHOUT_AVX512
  import _SluiceKernelsAVX512
#endif

// What is not compiled is never chosen: every other set is the one that each CPU of the architecture has.
extension InstructionSet {
  /// One layer over a block of steps of one stream, by this set's kernels.
  @inline(__always)
  func run(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
    switch self {
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX2
      case .avx2: unsafe _SluiceKernelsAVX2.run(layer, block)
    #endif
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX512
      case .avx512: unsafe _SluiceKernelsAVX512.run(layer, block)
    #endif
    default: unsafe _SluiceKernels.run(layer, block)
    }
  }

  /// One layer over one step of many streams, by this set's kernels.
  @inline(__always)
  func runBatch(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
    switch self {
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX2
      case .avx2: unsafe _SluiceKernelsAVX2.runBatch(layer, block)
    #endif
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX512
      case .avx512: unsafe _SluiceKernelsAVX512.runBatch(layer, block)
    #endif
    default: unsafe _SluiceKernels.runBatch(layer, block)
    }
  }

  /// Copies rows of floats, by this set's kernels: of a layer's outputs to the caller, of states.
  ///
  /// libc's `memcpy` reads a short row from both ends. What overlaps two vectors that were just stored
  /// has to wait until both are in the cache. And `update(from:count:)` is a call a float in the C library.
  @inline(__always)
  func copyRows(
    _ source: UnsafePointer<Float>, pitch: Int, to target: UnsafeMutablePointer<Float>,
    targetPitch: Int, count: Int, rows: Int
  ) {
    switch self {
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX2
      case .avx2:
        unsafe _SluiceKernelsAVX2.copyRows(
          source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
    #endif
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX512
      case .avx512:
        unsafe _SluiceKernelsAVX512.copyRows(
          source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
    #endif
    default:
      unsafe _SluiceKernels.copyRows(
        source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
    }
  }

  /// Whether none of the floats is infinite or not a number, by this set's kernels.
  @inline(__always)
  func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
    switch self {
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX2
      case .avx2: unsafe _SluiceKernelsAVX2.isFinite(floats, count)
    #endif
    #if arch(x86_64) && !SLUICE_WITHOUT_AVX512
      case .avx512: unsafe _SluiceKernelsAVX512.isFinite(floats, count)
    #endif
    default: unsafe _SluiceKernels.isFinite(floats, count)
    }
  }
}
