import _SluiceMeasuring
import _SluiceSystem

/// Whole pages of memory, given back with the last reference.
@safe
final class Pages {
  private let base: UnsafeMutableRawPointer
  /// Bytes from `base` on.
  let count: Int

  /// Zeroed pages for `count` bytes: plain ones of 4 KiB, or huge ones where the system has them.
  init(count: Int, huge: Bool) {
    let page = 1 << 21
    self.count = (count + page - 1) / page * page
    guard let base = unsafe sluice_map_pages(self.count, huge) else {
      preconditionFailure("Out of memory")
    }
    unsafe self.base = unsafe base
  }

  deinit { unsafe sluice_unmap(base, count) }

  /// A copy of `bytes`.
  convenience init(_ bytes: [UInt8], huge: Bool) {
    self.init(count: bytes.count, huge: huge)
    unsafe UnsafeMutableRawBufferPointer(start: base, count: count).copyBytes(from: bytes)
  }

  /// All bytes, valid while this object lives.
  var memory: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: count)
  }

  /// The bytes as floats, valid while this object lives.
  var floats: UnsafeMutablePointer<Float> {
    unsafe base.assumingMemoryBound(to: Float.self)
  }

  /// The first `count` bytes, valid while this object lives.
  func bytes(_ count: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: base, count: count)
  }
}
