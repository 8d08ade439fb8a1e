import _SluiceContract
import _SluiceSystem

extension ModelStream {
  /// Runs every layer over `steps` steps that start at `input`, where floats are computed with as the
  /// kernels expect it; returns the last layer's outputs.
  ///
  /// A single step writes h(t) beside h(t-1) and swaps them; a block writes rows and copies the
  /// last one back, so that each layer's kernel runs all its steps at a stretch.
  mutating func run(_ input: UnsafePointer<Float>, stride: Int, steps: Int) -> Rows {
    if steps == 1 { return unsafe Rows(reading: runStep(input), stride: plan.longestStride) }
    return unsafe runBlock(Rows(reading: input, stride: stride), steps: steps)
  }

  /// Runs every layer over one step; returns the last layer's output, which lies at `y` if that layer
  /// can write there.
  @inline(__always)
  mutating func runStep(
    _ input: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>? = nil
  ) -> UnsafePointer<Float> {
    var output = unsafe input
    let count = plan.layerCount
    if unsafe workspace.pointee.owner != UInt(bitPattern: buffer) {
      unsafe plan.writeCalls(of: buffer, in: workspace)
    }
    var (layer, call) = unsafe (plan.model.pointee.layers, calls + phase &* count)
    let end = unsafe layer + count
    if plan.writesOutput {
      unsafe call[count &- 1].output = y ?? workspace.floats + end[-1].output_offset
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
  private func runBlock(_ input: Rows, steps: Int) -> Rows {
    let memory = self.memory
    let rows = unsafe plan.scratchRows(of: workspace)
    var output = input
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      let source = layer.source < 0 ? input : blockRows(plan[layer.source])
      output = blockRows(layer)
      let current = unsafe layer.vector(phase, in: memory)
      var block = unsafe sluice_block(
        layer, in: memory, from: layer.isReverse ? source.reversed(steps) : source,
        hidden: current, to: layer.isReverse ? output.reversed(steps) : output, rows,
        steps: steps, backwards: phase != 0)
      unsafe instructionSet.run(layer.layer, &block)
      if layer.isRecurrent {
        let last = layer.isReverse ? 0 : steps &- 1
        unsafe instructionSet.copyRows(
          output[last], pitch: 0, to: current, targetPitch: 0, count: output.stride, rows: 1)
        if layer.writesFinalState { fill(output, steps, from: last) }
      }
      index &+= 1
    }
    return output
  }

  /// Copies one of `count` rows to all others.
  private func fill(_ rows: Rows, _ count: Int, from source: Int) {
    unsafe instructionSet.copyRows(
      rows[source], pitch: 0, to: rows[0], targetPitch: rows.stride, count: rows.stride,
      rows: source)
    unsafe instructionSet.copyRows(
      rows[source], pitch: 0, to: rows[source &+ 1], targetPitch: rows.stride, count: rows.stride,
      rows: count &- 1 &- source)
  }

  /// The rows of a block that a layer writes.
  @inline(__always)
  private func blockRows(_ layer: PlannedLayer) -> Rows {
    let start = unsafe plan.blockRows(of: workspace)
    return unsafe Rows(
      start + blockSize &* plan.longestStride &* layer.slot, stride: layer.stride)
  }
}

extension Rows {
  /// So many rows from the end: the last comes first, and the one before it next.
  fileprivate func reversed(_ count: Int) -> Rows {
    unsafe Rows(self[count &- 1], stride: 0 &- stride)
  }
}
