extension FixedCell {
  /// One step on inputs and state of fixed size.
  @inlinable
  mutating func step<let inputs: Int, let units: Int>(
    _ input: InlineArray<inputs, Float>, in memory: inout FixedMemory<units>
  ) -> InlineArray<units, Float> {
    unsafe memory.withFloats { floats in
      unsafe withUnsafePointer(to: input) { x in
        let h = unsafe step(
          UnsafeRawPointer(x).assumingMemoryBound(to: Float.self), in: floats)
        return unsafe InlineArray(copying: h)
      }
    }
  }

  /// Back to the model's initial state.
  mutating func reset<let units: Int>(_ memory: inout FixedMemory<units>) {
    memory = FixedMemory()
    unsafe memory.withFloats { unsafe reset($0) }
  }

  /// h as it is now.
  func hidden<let units: Int>(in memory: inout FixedMemory<units>) -> InlineArray<units, Float> {
    unsafe memory.withFloats { unsafe InlineArray(copying: hidden(in: $0)) }
  }

  /// An LSTM's C as it is now.
  func cell<let units: Int>(in memory: inout FixedMemory<units>) -> InlineArray<units, Float> {
    unsafe memory.withFloats { unsafe InlineArray(copying: cell(in: $0)) }
  }
}
