/// The bytes under examination, read little-endian at any alignment.
///
/// Validation compares every offset with the file's size before it reads; the preconditions here
/// only keep a mistake in that from becoming a read outside the file.
@safe
struct BlobBytes {
  let base: UnsafeRawPointer
  let count: Int

  @inline(__always)
  func byte(_ at: Int) -> UInt8 {
    precondition(at >= 0 && at < count, "Read outside the blob")
    return unsafe base.load(fromByteOffset: at, as: UInt8.self)
  }

  @inline(__always)
  func u16(_ at: Int) -> UInt32 {
    precondition(at >= 0 && at <= count - 2, "Read outside the blob")
    return UInt32(unsafe base.loadUnaligned(fromByteOffset: at, as: UInt16.self))
  }

  @inline(__always)
  func u32(_ at: Int) -> UInt32 {
    precondition(at >= 0 && at <= count - 4, "Read outside the blob")
    return unsafe base.loadUnaligned(fromByteOffset: at, as: UInt32.self)
  }

  @inline(__always)
  func u64(_ at: Int) -> UInt64 {
    precondition(at >= 0 && at <= count - 8, "Read outside the blob")
    return unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self)
  }

  @inline(__always)
  func octet(_ at: Int) -> SIMD8<UInt32> {
    precondition(at >= 0 && at <= count - 32, "Read outside the blob")
    return unsafe base.loadUnaligned(fromByteOffset: at, as: SIMD8<UInt32>.self)
  }

  /// The offset of the first byte of `range` that is not zero.
  func firstNonZero(in range: Range<Int>) -> Int? {
    var at = range.lowerBound
    while at < range.upperBound {
      if byte(at) != 0 { return at }
      at += 1
    }
    return nil
  }

  /// As `u32`, but nil outside the file: for what is read long after validation, of a file that was
  /// mapped and may since have been rewritten in place.
  @inline(__always)
  func u32IfInside(_ at: Int) -> UInt32? {
    guard at >= 0, at <= count &- 4 else { return nil }
    return unsafe base.loadUnaligned(fromByteOffset: at, as: UInt32.self)
  }

  /// As `slice`, but nil where the extent leaves the file.
  func sliceIfInside(_ extent: Extent) -> UnsafeRawBufferPointer? {
    guard extent.start >= 0, extent.count >= 0, extent.start <= count &- extent.count
    else { return nil }
    return unsafe UnsafeRawBufferPointer(start: base + extent.start, count: extent.count)
  }

  /// The bytes of an extent within the file.
  func slice(_ extent: Extent) -> UnsafeRawBufferPointer {
    precondition(
      extent.start >= 0 && extent.count >= 0 && extent.start <= count - extent.count,
      "Read outside the blob")
    return unsafe UnsafeRawBufferPointer(start: base + extent.start, count: extent.count)
  }
}
