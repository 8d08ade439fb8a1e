import _SluiceShims

/// One sequence running through a model, a step at a time.
///
/// A stream owns one flat, 64-byte aligned buffer with its states and scratch. Once it exists it
/// never allocates, locks, enters the kernel or faults a page. It may move between threads, but
/// only one may use it at a time.
@safe
public struct Stream: ~Copyable {
  let model: UnsafeMutablePointer<sluice_model>
  let buffer: UnsafeMutablePointer<Float>
  let instructionSet: InstructionSet
  /// Steps that one pass over a layer takes in `process`.
  let blockSize: Int
  /// Which of a recurrent layer's two vectors holds h(t-1); the other receives h(t).
  var phase = 0

  /// A stream at the model's initial state.
  ///
  /// - Parameters:
  ///   - model: may be let go before the stream.
  ///   - blockSize: steps that `process` takes through a layer at once, at least 1.
  /// - Throws: ``ModelError/outOfMemory``.
  /// - Complexity: O(state + blockSize * widest layer) bytes, all of them touched here.
  public init(_ model: borrowing Model, blockSize: Int = 32) throws(ModelError) {
    precondition(blockSize >= 1, "A block has at least one step")
    let plan = unsafe model.storage
    let row = unsafe 2 * plan.pointee.longest_stride + plan.pointee.longest_projection
    unsafe buffer = try plan.makeBuffer(
      fixed: plan.pointee.state_floats, count: blockSize, each: row)
    unsafe self.model = plan
    instructionSet = model.instructionSet
    self.blockSize = blockSize
    reset()
  }

  deinit {
    unsafe model.release(buffer)
  }

  /// Returns to the model's initial state: the bits of a fresh stream.
  public mutating func reset() {
    phase = 0
    unsafe memset(buffer, 0, 4 &* model.pointee.state_floats)
    var index = 0
    while unsafe index < model.pointee.layer_count {
      let layer = unsafe model.pointee.layers[index]
      if let initial = unsafe layer.initial_state {
        unsafe (buffer + layer.output_offset).update(from: initial, count: layer.stride)
        if unsafe layer.kernel == sluice_kernel_lstm {
          unsafe (buffer + layer.cell_offset).update(
            from: initial + layer.stride, count: layer.stride)
        }
      }
      index &+= 1
    }
  }
}

// One owner, no shared mutable state: whoever holds the stream may send it on.
extension Stream: @unchecked Sendable {}
