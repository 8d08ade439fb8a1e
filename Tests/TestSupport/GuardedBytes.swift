import Glibc

/// Memory that ends, or begins, where the next byte cannot be touched: whoever reads or writes one
/// byte too far is killed.
@safe
public final class GuardedBytes {
  /// Which side the forbidden page lies on.
  public enum Side: Sendable, CaseIterable {
    case before, after
  }

  private let mapping: UnsafeMutableRawPointer
  private let mappedCount: Int
  /// The bytes; the forbidden page is right beside them.
  public let raw: UnsafeMutableRawBufferPointer

  /// `count` bytes, all zero.
  public init(count: Int, forbidden side: Side = .after) {
    let page = 4096
    let pages = max(count + page - 1, page) / page * page
    mappedCount = pages + page
    unsafe mapping = mmap(
      nil, mappedCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    precondition(unsafe mapping != MAP_FAILED, "mmap failed")
    let guardOffset = side == .after ? pages : 0
    let result = unsafe mprotect(mapping + guardOffset, page, PROT_NONE)
    precondition(result == 0, "mprotect failed")
    let start = side == .after ? pages - count : page
    unsafe raw = UnsafeMutableRawBufferPointer(start: mapping + start, count: count)
  }

  /// A copy of `bytes`.
  public convenience init(_ bytes: [UInt8], forbidden side: Side = .after) {
    self.init(count: bytes.count, forbidden: side)
    unsafe raw.copyBytes(from: bytes)
  }

  /// A copy of `floats`.
  public convenience init(_ floats: [Float], forbidden side: Side = .after) {
    self.init(count: 4 * floats.count, forbidden: side)
    unsafe floats.withUnsafeBytes { unsafe raw.copyMemory(from: $0) }
  }

  deinit {
    unsafe munmap(mapping, mappedCount)
  }

  /// The memory as floats.
  public var floats: UnsafeMutableBufferPointer<Float> {
    unsafe raw.assumingMemoryBound(to: Float.self)
  }

  /// A copy of the memory's floats.
  public var copy: [Float] {
    unsafe Array(floats)
  }
}
