import _SluiceContract
import _SluiceSystem

/// What is known of a single step before it comes: all but where the model's input lies. A small
/// layer's step takes no longer than to put these pointers together anew would.
extension sluice_model {
  /// Floats of `calls` at the end of a stream's buffer.
  var callFloats: Int { unsafe layer_count &* 2 &* MemoryLayout<sluice_block>.stride / 4 }

  /// Where the rows of a block that are projected lie, behind those of its layers.
  func projectedRows(
    of buffer: UnsafeMutablePointer<Float>, blockSize: Int
  ) -> UnsafeMutablePointer<Float> {
    unsafe buffer + state_floats + blockSize &* slot_count &* longest_stride
  }

  /// Where the sums of one step of a compact layer lie, and behind them its quantised rows.
  func compactRows(
    behind projected: UnsafeMutablePointer<Float>, blockSize: Int
  ) -> (recurrent: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Float>) {
    let recurrent = unsafe projected + blockSize &* longest_projection
    return unsafe (recurrent, recurrent + compact_projection)
  }

  /// Writes every layer's call of a single step, for each phase, behind a stream's rows.
  func makeCalls(
    in buffer: UnsafeMutablePointer<Float>, blockSize: Int
  ) -> UnsafeMutablePointer<sluice_block> {
    let projected = unsafe projectedRows(of: buffer, blockSize: blockSize)
    let (recurrent, quantised) = unsafe compactRows(behind: projected, blockSize: blockSize)
    let end = unsafe quantised + quantised_hidden + blockSize &* quantised_input
    let calls = unsafe UnsafeMutableRawPointer(end).bindMemory(
      to: sluice_block.self, capacity: 2 &* layer_count)
    var index = 0
    while unsafe index < 2 &* layer_count {
      let phase = unsafe index < layer_count ? 0 : 1
      let layer = unsafe layers[index &- phase &* layer_count]
      // The model's input, of which nothing is known yet, stands as the buffer.
      var (source, sourceStride) = unsafe (buffer, input_stride)
      if unsafe layer.source >= 0 {
        let read = unsafe layers[Int(layer.source)]
        // Of a recurrent layer h(t), which the step has written beside h(t-1).
        unsafe source = buffer + read.output_offset + read.vector(1 &- phase)
        unsafe sourceStride = read.stride
      }
      let states = unsafe buffer + layer.output_offset
      unsafe (calls + index).initialize(
        to: sluice_block(
          input: source, input_stride: sourceStride, hidden: states + layer.vector(phase),
          output: states + layer.vector(1 &- phase), output_stride: layer.stride,
          cell: buffer + layer.cell_offset, scratch: buffer + layer.scratch_offset,
          projected: projected, recurrent: recurrent, quantised: quantised, steps: 1,
          backwards: phase != 0))
      index &+= 1
    }
    return unsafe calls
  }
}

extension sluice_layer {
  /// Where its vector of that index begins, behind `output_offset`: of a layer without state, where
  /// its only one does.
  func vector(_ index: Int) -> Int { unsafe is_recurrent ? index &* stride : 0 }
}
