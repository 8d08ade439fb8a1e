import _SluiceFloats
import _SluiceShims

extension Stream {
  /// Runs every layer over `steps` steps that start at `input`; returns the last layer's outputs,
  /// rows `stride` floats apart.
  ///
  /// A single step writes h(t) beside h(t-1) and swaps them; a block writes rows and copies the
  /// last one back, so that each layer's kernel runs all its steps at a stretch.
  @inline(__always)
  mutating func run(
    _ input: UnsafePointer<Float>, stride: Int, steps: Int
  ) -> (output: UnsafePointer<Float>, stride: Int) {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    if unsafe model.pointee.branches { return unsafe runGraph(input, stride: stride, steps: steps) }
    var (output, outputStride) = unsafe (input, stride)
    let single = steps == 1
    var rows = unsafe buffer + model.pointee.state_floats
    var otherRows = unsafe rows + blockSize &* model.pointee.longest_stride
    let projected = unsafe otherRows + blockSize &* model.pointee.longest_stride
    let (recurrent, quantised) = unsafe compactRows(behind: projected)
    var index = 0
    while unsafe index < model.pointee.layer_count {
      let layer = unsafe model.pointee.layers + index
      let states = unsafe buffer + layer.pointee.output_offset
      let isRecurrent = unsafe layer.pointee.is_recurrent
      let current = unsafe states + (isRecurrent ? phase &* layer.pointee.stride : 0)
      let target =
        unsafe !single
        ? rows
        : isRecurrent ? states + (1 &- phase) &* layer.pointee.stride : states
      // From the end: the last row comes first, and the one before it next.
      let isReverse = unsafe layer.pointee.is_reverse
      let first = isReverse ? steps &- 1 : 0
      let rowStride = unsafe layer.pointee.stride
      var block = unsafe sluice_block(
        input: output + first &* outputStride,
        input_stride: isReverse ? 0 &- outputStride : outputStride, hidden: current,
        output: target + first &* rowStride, output_stride: isReverse ? 0 &- rowStride : rowStride,
        cell: buffer + layer.pointee.cell_offset,
        scratch: buffer + layer.pointee.scratch_offset, projected: projected,
        recurrent: recurrent, quantised: quantised, steps: steps, backwards: phase != 0)
      unsafe instructionSet.run(layer, &block)
      unsafe output = UnsafePointer(target)
      unsafe outputStride = layer.pointee.stride
      if !single {
        if isRecurrent {
          let last = steps &- 1 &- first
          unsafe current.update(from: output + last &* outputStride, count: outputStride)
          if unsafe layer.pointee.writesFinalState {
            unsafe repeatFirst(of: target, stride: rowStride, steps: steps)
          }
        }
        unsafe swap(&rows, &otherRows)
      }
      index &+= 1
    }
    if single { phase = 1 &- phase }
    return unsafe (output, outputStride)
  }

  /// Copies the first of `steps` rows to all others.
  func repeatFirst(of rows: UnsafeMutablePointer<Float>, stride: Int, steps: Int) {
    var step = 1
    while step < steps {
      unsafe (rows + step &* stride).update(from: rows, count: stride)
      step &+= 1
    }
  }
}
