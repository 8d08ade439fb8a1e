import _SluiceShims

extension Stream {
  /// As `run`, of a model whose layers read others than the one before.
  ///
  /// In a block every layer has rows that stay as they are until their last reader has run.
  @inline(never)
  mutating func runGraph(
    _ input: UnsafePointer<Float>, stride: Int, steps: Int
  ) -> (output: UnsafePointer<Float>, stride: Int) {
    let single = steps == 1
    let rows = unsafe buffer + model.pointee.state_floats
    let pitch = unsafe blockSize &* model.pointee.longest_stride
    let projected = unsafe rows + pitch &* model.pointee.slot_count
    let (recurrent, quantised) = unsafe compactRows(behind: projected)
    let layers = unsafe model.pointee.layers
    var (output, outputStride) = unsafe (input, stride)
    var index = 0
    while unsafe index < model.pointee.layer_count {
      let layer = unsafe layers + index
      var (source, sourceStride) = unsafe (input, stride)
      if let read = unsafe layer.pointee.source < 0 ? nil : layers + Int(layer.pointee.source) {
        // Of a recurrent layer h(t), which a single step has written beside h(t-1).
        let written = unsafe read.pointee.is_recurrent ? (1 &- phase) &* read.pointee.stride : 0
        unsafe source = UnsafePointer(
          single
            ? buffer + read.pointee.output_offset + written
            : rows + pitch &* Int(read.pointee.slot))
        unsafe sourceStride = read.pointee.stride
      }
      let isRecurrent = unsafe layer.pointee.is_recurrent
      let states = unsafe buffer + layer.pointee.output_offset
      let current = unsafe states + (isRecurrent ? phase &* layer.pointee.stride : 0)
      let target =
        unsafe !single
        ? rows + pitch &* Int(layer.pointee.slot)
        : isRecurrent ? states + (1 &- phase) &* layer.pointee.stride : states
      // From the end: the last row comes first, and the one before it next.
      let isReverse = unsafe layer.pointee.is_reverse
      let first = isReverse ? steps &- 1 : 0
      let rowStride = unsafe layer.pointee.stride
      var block = unsafe sluice_block(
        input: source + first &* sourceStride,
        input_stride: isReverse ? 0 &- sourceStride : sourceStride, hidden: current,
        output: target + first &* rowStride, output_stride: isReverse ? 0 &- rowStride : rowStride,
        cell: buffer + layer.pointee.cell_offset,
        scratch: buffer + layer.pointee.scratch_offset, projected: projected,
        recurrent: recurrent, quantised: quantised, steps: steps, backwards: phase != 0)
      unsafe instructionSet.run(layer, &block)
      unsafe output = UnsafePointer(target)
      unsafe outputStride = layer.pointee.stride
      if !single, isRecurrent {
        let last = steps &- 1 &- first
        unsafe current.update(from: output + last &* outputStride, count: outputStride)
        if unsafe layer.pointee.writesFinalState {
          unsafe repeatFirst(of: target, stride: rowStride, steps: steps)
        }
      }
      index &+= 1
    }
    if single { phase = 1 &- phase }
    return unsafe (output, outputStride)
  }
}
