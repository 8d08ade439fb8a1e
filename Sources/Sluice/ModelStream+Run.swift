import _SluiceContract
import _SluiceSystem

extension ModelStream {
  /// Runs every layer over `steps` steps that start at `input`; returns the last layer's outputs,
  /// rows `stride` floats apart.
  ///
  /// A single step writes h(t) beside h(t-1) and swaps them; a block writes rows and copies the
  /// last one back, so that each layer's kernel runs all its steps at a stretch.
  mutating func run(
    _ input: UnsafePointer<Float>, stride: Int, steps: Int
  ) -> (output: UnsafePointer<Float>, stride: Int) {
    if steps == 1 { return unsafe (runStep(input), model.pointee.longest_stride) }
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    return unsafe runBlock(input, stride: stride, steps: steps)
  }

  /// Runs every layer over one step; returns the last layer's output.
  @inline(__always)
  mutating func runStep(_ input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    return unsafe runStepAsComputed(input)
  }

  /// `runStep`, where floats are computed with as the kernels expect it. The output lies at `y` if the
  /// last layer can write there.
  @inline(__always)
  mutating func runStepAsComputed(
    _ input: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>? = nil
  ) -> UnsafePointer<Float> {
    var output = unsafe input
    var (layer, call) = unsafe (
      model.pointee.layers, calls + phase &* model.pointee.layer_count
    )
    let end = unsafe layer + model.pointee.layer_count
    if unsafe model.pointee.writes_output {
      unsafe call[model.pointee.layer_count &- 1].output = y ?? buffer + end[-1].output_offset
    }
    while unsafe layer < end {
      if unsafe layer.pointee.source < 0 { unsafe call.pointee.input = input }
      unsafe instructionSet.run(layer, call)
      unsafe output = UnsafePointer(call.pointee.output)
      unsafe layer += 1
      unsafe call += 1
    }
    phase = 1 &- phase
    return unsafe output
  }

  /// Runs every layer over a block. Where layers read others than the one before, each has rows that
  /// stay as they are until their last reader has run; else two sets of rows take turns.
  private func runBlock(
    _ input: UnsafePointer<Float>, stride: Int, steps: Int
  ) -> (output: UnsafePointer<Float>, stride: Int) {
    let rows = unsafe buffer + model.pointee.state_floats
    let pitch = unsafe blockSize &* model.pointee.longest_stride
    let projected = unsafe model.pointee.projectedRows(of: buffer, blockSize: blockSize)
    let (recurrent, quantised) = unsafe model.pointee.compactRows(
      behind: projected, blockSize: blockSize)
    let layers = unsafe model.pointee.layers
    var (output, outputStride) = unsafe (input, stride)
    var index = 0
    while unsafe index < model.pointee.layer_count {
      let layer = unsafe layers + index
      var (source, sourceStride) = unsafe (input, stride)
      if unsafe layer.pointee.source >= 0 {
        let read = unsafe layers + Int(layer.pointee.source)
        unsafe source = UnsafePointer(rows + pitch &* Int(read.pointee.slot))
        unsafe sourceStride = read.pointee.stride
      }
      let target = unsafe rows + pitch &* Int(layer.pointee.slot)
      let current = unsafe buffer + layer.pointee.output_offset + layer.pointee.vector(phase)
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
      outputStride = rowStride
      if unsafe layer.pointee.is_recurrent {
        let last = steps &- 1 &- first
        unsafe current.update(from: output + last &* rowStride, count: rowStride)
        if unsafe layer.pointee.writesFinalState {
          unsafe repeatFirst(of: target, stride: rowStride, steps: steps)
        }
      }
      index &+= 1
    }
    return unsafe (output, outputStride)
  }

  /// Copies the first of `steps` rows to all others.
  private func repeatFirst(of rows: UnsafeMutablePointer<Float>, stride: Int, steps: Int) {
    var step = 1
    while step < steps {
      unsafe (rows + step &* stride).update(from: rows, count: stride)
      step &+= 1
    }
  }
}
