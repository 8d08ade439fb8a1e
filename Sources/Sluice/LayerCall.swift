import _SluiceContract
import _SluiceSystem

/// Rows of floats, some distance apart: a layer's input or output.
@safe
struct Rows {
  var start: UnsafeMutablePointer<Float>
  /// Floats from one row to the next; below 0 where they are read from the last on.
  var stride: Int

  @inline(__always)
  init(_ start: UnsafeMutablePointer<Float>, stride: Int) {
    unsafe self.start = unsafe start
    self.stride = stride
  }

  /// Rows that are only read: a kernel's input is never written.
  @inline(__always)
  init(reading start: UnsafePointer<Float>, stride: Int) {
    unsafe self.init(UnsafeMutablePointer(mutating: start), stride: stride)
  }

  /// Where row `index` begins.
  @inline(__always)
  subscript(index: Int) -> UnsafeMutablePointer<Float> { unsafe start + index &* stride }
}

/// Where the vectors of one or more sequences lie: what is remembered from step to step, and what lasts for one.
@safe
struct StepMemory {
  let states, steps: UnsafeMutablePointer<Float>
  /// For how many sequences there is room, each vector of all of them before the next.
  let stateRows, stepRows: Int

  @inline(__always)
  init(
    states: UnsafeMutablePointer<Float>, _ stateRows: Int = 1,
    steps: UnsafeMutablePointer<Float>, _ stepRows: Int = 1
  ) {
    unsafe self.states = unsafe states
    unsafe self.steps = unsafe steps
    self.stateRows = stateRows
    self.stepRows = stepRows
  }
}

/// Memory that all layers of a stream or batch use in turn.
@safe
struct ScratchRows {
  /// W x + b of every row, and U h of every row.
  let projected, recurrent: UnsafeMutablePointer<Float>
  /// x and h as integers.
  let quantised: UnsafeMutableRawPointer
  /// The rows of a layer over columns.
  let columns: UnsafeMutablePointer<Float>

  @inline(__always)
  init(
    projected: UnsafeMutablePointer<Float>, recurrent: UnsafeMutablePointer<Float>,
    quantised: UnsafeMutablePointer<Float>, columns: UnsafeMutablePointer<Float>
  ) {
    unsafe self.projected = unsafe projected
    unsafe self.recurrent = unsafe recurrent
    unsafe self.quantised = UnsafeMutableRawPointer(quantised)
    unsafe self.columns = unsafe columns
  }
}

extension sluice_block {
  /// What a layer's kernel reads and writes: `steps` steps of one stream, or one step of as many.
  ///
  /// - Parameters:
  ///   - layer: whose C and scratch memory lie in `memory`.
  ///   - input: what it reads, a row a step.
  ///   - hidden: h(t-1) of the first step; of many streams, rows `layer.stride` apart.
  ///   - output: what it writes, a row a step.
  ///   - backwards: whether the first step reads the weights from their end.
  @inline(__always)
  init(
    _ layer: PlannedLayer, in memory: StepMemory, from input: Rows,
    hidden: UnsafeMutablePointer<Float>, to output: Rows, _ rows: ScratchRows, steps: Int,
    backwards: Bool
  ) {
    unsafe self.init(
      input: input.start, input_stride: input.stride, hidden: hidden, output: output.start,
      output_stride: output.stride, cell: memory.states + memory.stateRows &* layer.cellOffset,
      scratch: memory.steps + memory.stepRows &* layer.scratchOffset,
      projected: layer.isOverColumns ? rows.columns : rows.projected,
      recurrent: rows.recurrent, quantised: rows.quantised, steps: steps,
      backwards: backwards)
  }
}
