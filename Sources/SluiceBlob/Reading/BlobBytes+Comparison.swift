extension BlobBytes {
  /// The order of two extents' bytes: negative, 0 or positive.
  func compare(_ a: Extent, _ b: Extent) -> Int {
    unsafe compareBytes(slice(a), slice(b))
  }

  /// Whether two extents hold the same bytes.
  func isEqual(_ a: Extent, _ b: Extent) -> Bool {
    guard a.count == b.count else { return false }
    guard a.count >= 32 else { return compare(a, b) == 0 }
    // 32 bytes at a time: 2^22 of these steps are the cost of the worst file's names.
    let x = unsafe slice(a).baseAddress ?? base
    let y = unsafe slice(b).baseAddress ?? base
    let last = a.count - 32
    var at = 0
    while at < last {
      if unsafe BlobBytes.difference(x + at, y + at) != 0 { return false }
      at += 32
    }
    return unsafe BlobBytes.difference(x + last, y + last) == 0
  }

  /// The bits in which 32 bytes differ, folded.
  @inline(__always)
  private static func difference(_ x: UnsafeRawPointer, _ y: UnsafeRawPointer) -> UInt64 {
    let p = unsafe x.loadUnaligned(as: SIMD4<UInt64>.self)
    let q = unsafe y.loadUnaligned(as: SIMD4<UInt64>.self)
    let bits = p ^ q
    return bits.x | bits.y | bits.z | bits.w
  }
}

/// The order of two byte strings, compared as unsigned bytes: negative, 0 or positive.
func compareBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  let common = a.count < b.count ? a.count : b.count
  var at = 0
  if common >= 8, let x = a.baseAddress, let y = b.baseAddress {
    while at <= common &- 8 {
      let p = unsafe x.loadUnaligned(fromByteOffset: at, as: UInt64.self).bigEndian
      let q = unsafe y.loadUnaligned(fromByteOffset: at, as: UInt64.self).bigEndian
      if p != q { return p < q ? -1 : 1 }
      at &+= 8
    }
  }
  while at < common {
    let p = unsafe a[at]
    let q = unsafe b[at]
    if p != q { return p < q ? -1 : 1 }
    at &+= 1
  }
  return a.count &- b.count
}
