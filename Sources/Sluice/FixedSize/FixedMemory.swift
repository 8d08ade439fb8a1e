/// The vectors of one cell of fixed size, zero at first: up to four of `Hidden` floats, each with
/// its padding to a line.
///
/// A type cannot compute its own length, so that the padding has a place of its own: four vectors
/// of n floats, rounded up to lines, are at most 4 n + 4 * 15 floats.
@safe
@usableFromInline
struct FixedMemory<let Hidden: Int> {
  /// Floats beside the four of each unit.
  static var spare: Int { 64 }

  // First, because it aligns the whole to 64 bytes.
  private var padding = InlineArray<4, SIMD16<Float>>(repeating: .zero)
  private var units = InlineArray<Hidden, SIMD4<Float>>(repeating: .zero)

  init() {}

  /// The vectors' floats, for as long as `body` runs.
  @inlinable
  mutating func withFloats<Result>(
    _ body: (UnsafeMutablePointer<Float>) -> Result
  ) -> Result {
    unsafe withUnsafeMutablePointer(to: &self) {
      unsafe body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self))
    }
  }
}

extension InlineArray where Element == Float {
  /// The `count` floats from `pointer` on.
  @inlinable
  init(copying pointer: UnsafePointer<Float>) {
    self = unsafe UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
  }
}
