import _SluiceContract
import _SluiceKernels

#if arch(x86_64)
  import _SluiceKernelsAVX2
  import _SluiceKernelsAVX512
#endif

extension InstructionSet {
  /// One layer over a block of steps of one stream, by this set's kernels.
  @inline(__always)
  func run(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
    #if arch(x86_64)
      switch self {
      case .baseline: unsafe _SluiceKernels.run(layer, block)
      case .avx2: unsafe _SluiceKernelsAVX2.run(layer, block)
      case .avx512: unsafe _SluiceKernelsAVX512.run(layer, block)
      }
    #else
      unsafe _SluiceKernels.run(layer, block)
    #endif
  }

  /// One layer over one step of many streams, by this set's kernels.
  @inline(__always)
  func runBatch(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
    #if arch(x86_64)
      switch self {
      case .baseline: unsafe _SluiceKernels.runBatch(layer, block)
      case .avx2: unsafe _SluiceKernelsAVX2.runBatch(layer, block)
      case .avx512: unsafe _SluiceKernelsAVX512.runBatch(layer, block)
      }
    #else
      unsafe _SluiceKernels.runBatch(layer, block)
    #endif
  }

  /// Copies rows of a layer's outputs to the caller, by this set's kernels.
  ///
  /// The C library reads a short row from both ends. What overlaps two vectors that were just stored
  /// has to wait until both are in the cache.
  @inline(__always)
  func copyRows(
    _ source: UnsafePointer<Float>, pitch: Int, to target: UnsafeMutablePointer<Float>,
    targetPitch: Int, count: Int, rows: Int
  ) {
    #if arch(x86_64)
      switch self {
      case .baseline:
        unsafe _SluiceKernels.copyRows(
          source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
      case .avx2:
        unsafe _SluiceKernelsAVX2.copyRows(
          source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
      case .avx512:
        unsafe _SluiceKernelsAVX512.copyRows(
          source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
      }
    #else
      unsafe _SluiceKernels.copyRows(
        source, pitch: pitch, to: target, targetPitch: targetPitch, count: count, rows: rows)
    #endif
  }

  /// Whether none of the floats is infinite or not a number, by this set's kernels.
  @inline(__always)
  func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
    #if arch(x86_64)
      switch self {
      case .baseline: unsafe _SluiceKernels.isFinite(floats, count)
      case .avx2: unsafe _SluiceKernelsAVX2.isFinite(floats, count)
      case .avx512: unsafe _SluiceKernelsAVX512.isFinite(floats, count)
      }
    #else
      unsafe _SluiceKernels.isFinite(floats, count)
    #endif
  }
}
