/// Floats that start at a multiple of 64 in memory.
@safe
public final class AlignedFloats {
  /// The memory, for as long as this object lives.
  public let floats: UnsafeMutableBufferPointer<Float>

  /// `count` times `value`.
  public init(count: Int, repeating value: Float) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(4 * count, 1), alignment: 64)
    unsafe floats = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: Float.self, capacity: count), count: count)
    unsafe floats.initialize(repeating: value)
  }

  /// A copy of `values`.
  public convenience init(_ values: [Float]) {
    self.init(count: values.count, repeating: 0)
    unsafe floats.baseAddress!.update(from: values, count: values.count)
  }

  deinit {
    unsafe UnsafeMutableRawPointer(floats.baseAddress!).deallocate()
  }
}
