import _SluiceSystem

extension Plan {
  /// Bytes of a stream's flat buffer; nil where that cannot be expressed.
  func streamByteCount(blockSize: Int) -> Int? {
    // What a plan holds is bounded by the format's limits; only times `blockSize` it may overflow.
    let row = slotCount &* longestStride &+ longestProjection &+ quantisedInput
    let fixed = stateFloats &+ compactProjection &+ quantisedHidden &+ columnFloats &+ callFloats
    return bufferSize(fixed: fixed, count: blockSize, each: row)
  }

  /// Bytes of a flat buffer of `fixed` floats and `count` times `each` more; nil where that cannot
  /// be expressed.
  func bufferSize(fixed: Int, count: Int, each: Int) -> Int? {
    let (variable, overflow) = count.multipliedReportingOverflow(by: each)
    let limit = Int.max / 8
    guard !overflow, variable < limit, fixed < limit else { return nil }
    return 4 &* (fixed &+ variable)
  }

  /// A buffer of `byteCount` bytes, 64-byte aligned, for `release(_:)` to let go.
  ///
  /// - Throws: ``ModelError/outOfMemory``, also where the size could not be expressed.
  func makeBuffer(_ byteCount: Int?) throws(ModelError) -> UnsafeMutablePointer<Float> {
    guard let byteCount, let memory = unsafe sluice_allocate(byteCount) else { throw .outOfMemory }
    return unsafe adopt(memory, byteCount)
  }

  /// Makes memory a stream's or batch's buffer: zero, every page touched. It holds on to the model.
  func adopt(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) -> UnsafeMutablePointer<Float> {
    unsafe memset(memory, 0, byteCount)
    unsafe sluice_model_retain(model)
    return unsafe memory.assumingMemoryBound(to: Float.self)
  }

  /// Lets go of the model: the last to do so frees it.
  func release() { unsafe sluice_model_release(model) }

  /// Frees a buffer of `makeBuffer`, or leaves an adopted one alone, and lets go of the model.
  func release(_ buffer: UnsafeMutablePointer<Float>, owned: Bool) {
    if owned { unsafe free(buffer) }
    release()
  }
}
