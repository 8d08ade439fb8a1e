import _SluiceShims

extension UnsafeMutablePointer<sluice_model> {
  /// A stream's or batch's flat buffer: `fixed` floats and `count` times `each` more, 64-byte
  /// aligned, zero, every page touched. It holds on to the model, for `release(_:)` to let go.
  ///
  /// - Throws: ``ModelError/outOfMemory``, also where the size cannot be expressed.
  func makeBuffer(
    fixed: Int, count: Int, each: Int
  ) throws(ModelError) -> UnsafeMutablePointer<Float> {
    let (variable, overflow) = count.multipliedReportingOverflow(by: each)
    let limit = Int.max / 8
    guard !overflow, variable < limit, fixed < limit else { throw .outOfMemory }
    let byteCount = 4 * (fixed + variable)
    guard let memory = unsafe sluice_allocate(byteCount) else { throw .outOfMemory }
    unsafe memset(memory, 0, byteCount)
    unsafe sluice_model_retain(self)
    return unsafe memory.assumingMemoryBound(to: Float.self)
  }

  /// Frees a buffer of `makeBuffer` and lets go of the model.
  func release(_ buffer: UnsafeMutablePointer<Float>) {
    unsafe free(buffer)
    unsafe sluice_model_release(self)
  }
}
