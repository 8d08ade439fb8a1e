import _SluiceShims

/// A layer whose weights are not f32, in passes over all its units: x and h are quantised where the
/// weights are integers, multiplied with all weights, and the sums go through memory to the cell's
/// own arithmetic, that of f32 layers.
///
/// So code grows with types plus cells, not with their product. `multiply` is inlined once: what it
/// is to multiply is told apart outside it.
///
/// `isChained`: rows are steps of one stream, otherwise one step of many streams.
@inline(always)
func compact(
  _ layer: sluice_layer, _ block: sluice_block, isChained: Bool,
  multiply: (CompactGates, _ x: CompactFactor, _ h: CompactFactor, _ backwards: Bool) -> Void
) {
  let isDense = unsafe layer.compact.cell == sluice_kernel_dense
  let resetsBefore = unsafe layer.compact.cell == sluice_kernel_gru_reset_before
  let inputs = unsafe block.steps
  unsafe quantiseInputs(layer, block)
  // A block's inputs first, all rows at once; then only U h is left for each step.
  let isApart = unsafe isChained && !isDense && block.steps > 1
  var pass = CompactPass(reads: isApart || isDense ? .input : .both, isCandidate: false)
  let turns = unsafe isDense ? 0 : isChained ? block.steps : 1
  var turn = 0
  var isDone = false
  while !isDone {
    let row = unsafe CompactRow(layer, block, turn: turn, isChained: isChained)
    if pass.reads != .input {
      unsafe quantiseHidden(layer, block, row, isCandidate: pass.isCandidate)
    }
    let (x, h) = unsafe factors(layer, block, row, pass, inputRows: inputs)
    unsafe multiply(
      CompactGates(layer, isCandidate: pass.isCandidate), x, h,
      block.backwards != (turn & 1 != 0))
    if pass.reads != .input {
      unsafe compactUnits(layer, block, row, isCandidate: pass.isCandidate)
    }
    if resetsBefore && !pass.isCandidate {
      pass.isCandidate = true
    } else {
      pass.isCandidate = false
      if pass.reads != .input { turn &+= 1 }
      if isApart { pass.reads = .hidden }
      isDone = turn >= turns
    }
  }
  if isDense { unsafe activateRows(layer, block) }
}

/// Which of its two factors a pass over the weights takes, and which of its gates.
struct CompactPass {
  enum Factors { case input, hidden, both }
  var reads: Factors
  /// The last gate of a GRU that resets before, alone; the first two otherwise.
  var isCandidate: Bool
}

/// Where the rows of one turn lie: a step of a stream, or one step of all streams.
@safe struct CompactRow {
  let count: Int
  let h: UnsafePointer<Float>
  let next: UnsafeMutablePointer<Float>
  /// The sums of W x + b and of U h, `pitch` floats a row.
  let projected: UnsafeMutablePointer<Float>
  let recurrent: UnsafeMutablePointer<Float>
  let pitch: Int

  @inline(always)
  init(_ layer: sluice_layer, _ block: sluice_block, turn: Int, isChained: Bool) {
    pitch = unsafe compactGateCount(layer) &* layer.stride
    count = unsafe isChained ? 1 : block.steps
    unsafe next = block.output + turn &* block.output_stride
    unsafe h = turn == 0 ? block.hidden : UnsafePointer(next - block.output_stride)
    unsafe projected = block.projected + turn &* pitch
    unsafe recurrent = block.recurrent
  }
}

/// Gates whose sums a layer has.
@inline(always)
func compactGateCount(_ layer: sluice_layer) -> Int {
  switch unsafe layer.compact.cell {
  case sluice_kernel_lstm: 4
  case sluice_kernel_gru_reset_after, sluice_kernel_gru_reset_before: 3
  default: 1
  }
}

@inline(always)
private func isInteger(_ layer: sluice_layer) -> Bool {
  unsafe layer.compact.storage.rawValue >= sluice_storage_int8.rawValue
}

@inline(always)
private func quantiseInputs(_ layer: sluice_layer, _ block: sluice_block) {
  guard unsafe isInteger(layer) else { return }
  let pitch = unsafe sluice_quantised_pitch(layer.input_size)
  let hasGroups = unsafe layer.compact.storage == sluice_storage_int4
  var row = 0
  while unsafe row < block.steps {
    unsafe quantise(
      block.input + row &* block.input_stride, count: layer.input_size,
      step: layer.compact.input_step, into: block.quantised + row &* pitch, hasGroups: hasGroups)
    row &+= 1
  }
}

/// Where quantised h begins: behind all rows of x.
@inline(always)
private func quantisedHidden(
  _ layer: sluice_layer, _ block: sluice_block
) -> UnsafeMutableRawPointer {
  unsafe block.quantised + block.steps &* sluice_quantised_pitch(layer.input_size)
}

/// h of a turn's rows, or for the candidate r * h.
@inline(always)
private func quantiseHidden(
  _ layer: sluice_layer, _ block: sluice_block, _ rows: CompactRow, isCandidate: Bool
) {
  guard unsafe isInteger(layer) else { return }
  let target = unsafe quantisedHidden(layer, block)
  let pitch = unsafe sluice_quantised_pitch(layer.output_size)
  let source = unsafe isCandidate ? UnsafePointer(block.scratch) : rows.h
  let hasGroups = unsafe layer.compact.storage == sluice_storage_int4
  var row = 0
  while row < rows.count {
    unsafe quantise(
      source + row &* layer.stride, count: layer.output_size, step: layer.compact.hidden_step,
      into: target + row &* pitch, hasGroups: hasGroups)
    row &+= 1
  }
}

@inline(always)
private func activateRows(_ layer: sluice_layer, _ block: sluice_block) {
  var row = 0
  while unsafe row < block.steps {
    unsafe activate(block.output + row &* block.output_stride, layer)
    row &+= 1
  }
}
