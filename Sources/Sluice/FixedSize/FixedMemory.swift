import _SluiceSystem

/// The vectors of one cell of fixed size, zero at first: up to four of `Hidden` floats, each with
/// its padding to a line.
///
/// A type cannot compute its own length, so that the padding has a place of its own: four vectors
/// of n floats, rounded up to lines, are at most 4 n + 4 * 15 floats. Nor does a value begin on a
/// line, or stay where it is: the vectors begin on the first line, and move there when it has moved.
@safe
@usableFromInline
struct FixedMemory<let Hidden: Int> {
  /// Floats beside the four of each unit.
  static var spare: Int { 64 }

  private var padding = InlineArray<5, SIMD16<Float>>(repeating: .zero)
  private var units = InlineArray<Hidden, SIMD4<Float>>(repeating: .zero)
  /// Bytes from here to the vectors.
  @usableFromInline var start = 0

  init() {}

  /// The vectors' floats, for as long as `body` runs.
  @inlinable
  mutating func withFloats<Result>(
    _ body: (UnsafeMutablePointer<Float>) -> Result
  ) -> Result {
    unsafe withUnsafeMutablePointer(to: &self) { unsafe body(FixedMemory.floats(of: $0)) }
  }

  /// Where the vectors lie: on the first line of the memory, wherever it has moved to.
  @inlinable
  static func floats(of memory: UnsafeMutablePointer<Self>) -> UnsafeMutablePointer<Float> {
    let bytes = UnsafeMutableRawPointer(memory)
    let start = Int(bitPattern: (0 &- UInt(bitPattern: memory)) & 63)
    let before = unsafe memory.pointee.start
    if start != before {
      unsafe moveVectors(to: bytes + start, from: bytes + before, floats: 4 &* Hidden)
      unsafe memory.pointee.start = start
    }
    return unsafe (bytes + start).assumingMemoryBound(to: Float.self)
  }
}

@usableFromInline
@inline(never)
func moveVectors(
  to target: UnsafeMutableRawPointer, from source: UnsafeMutableRawPointer, floats: Int
) {
  unsafe memmove(target, source, 4 &* (floats &+ FixedMemory<0>.spare))
}

extension InlineArray where Element == Float {
  /// The `count` floats from `pointer` on.
  @inlinable
  init(copying pointer: UnsafePointer<Float>) {
    self = unsafe UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
  }
}
