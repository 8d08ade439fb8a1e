import _SluiceContract

/// A layer whose weights are not f32: x and h are quantised where the weights are integers, multiplied
/// with the weights of some tiles, and the sums go through memory to the cell's own arithmetic, that
/// of f32 layers.
///
/// So code grows with types plus cells, not with their product. `multiply` is inlined once: what it
/// is to multiply is told apart outside it.
///
/// `isChained`: rows are steps of one stream, otherwise one step of many streams. `inputsAlone`: a
/// block's W x + b, and no step.
@inline(always)
func compact(
  _ layer: CompactLayer, _ rows: UnsafePointer<sluice_block>, isChained: Bool, inputsAlone: Bool,
  wordBytes: Int, scaleBytes: Int,
  isSparse: Bool = false,
  multiply: (_ block: CompactBlock, _ span: CompactSpan, _ gates: Int, _ rowCount: Int) -> Void
) {
  let block = unsafe rows.pointee
  let resetsBefore = unsafe layer.compact.cell.rawValue == sluice_kernel_gru_reset_before.rawValue
  let isDense = unsafe layer.compact.cell.rawValue == sluice_kernel_dense.rawValue
  unsafe quantiseInputs(layer, block)
  // A block's inputs first, all rows at once; then only U h is left for each step.
  let isApart = unsafe isChained && !isDense && block.steps > 1
  let isOnce = isDense || !isChained || inputsAlone
  let turns = unsafe isOnce ? 1 : isApart ? block.steps &+ 1 : block.steps
  let shift = resetsBefore ? 1 : 0
  var done = 0
  while done < turns &<< shift {
    let round = done &>> shift
    let reads = isDense || isApart && round == 0 ? CompactFactors.input : isApart ? .hidden : .both
    let isCandidate = resetsBefore && done & 1 != 0
    let turn = isApart && round > 0 ? round &- 1 : round
    let row = unsafe CompactRow(layer, block, turn: turn, isChained: isChained)
    if reads != .input {
      unsafe quantiseHidden(layer, block, row, isCandidate: isCandidate)
    }
    let pass = unsafe sluice_pass(layer.plan, isCandidate)
    let (x, h) = unsafe factors(layer, block, row, pass, isCandidate: isCandidate)
    // h(t) may replace h(t-1) only once nobody multiplies with it any more: of many streams whose h
    // is not quantised, all products come before all units.
    let tilesAtOnce = isChained || isInteger(layer) ? 4 : Int.max
    let backwards = unsafe block.backwards != (turn & 1 != 0)
    unsafe forEachSpan(
      pass, layer.output_size, tilesAtOnce: tilesAtOnce, spreads: !isSparse, backwards: backwards
    ) { span in
      var factor = reads == .hidden ? 1 : 0
      let end = reads == .input ? 1 : 2
      while factor < end {
        let f = factor == 0 ? x : h
        if f.isHidden && !isInteger(layer) {
          unsafe startHidden(layer, row, pass, span)
        }
        let all = unsafe pass.pointee.block(f, span, wordBytes: wordBytes, scaleBytes: scaleBytes)
        unsafe multiply(all, span, pass.pointee.gates, f.rowCount)
        factor &+= 1
      }
    } units: { tile, count in
      if reads != .input {
        unsafe runCompactUnits(
          layer.plan, rows, turn: turn, isChained: isChained, isCandidate: isCandidate, tile: tile,
          count: count)
      }
    }
    done &+= 1
  }
  if isDense {
    unsafe activateRows(
      block.output, pitch: block.output_stride, rows: block.steps, layer.plan.pointee.activation,
      count: layer.output_size, stride: layer.stride, fast: false)
  }
}

/// Where sums of floats with U h start, as in `Sums`: at W x + b, but for the candidate of a GRU that
/// resets after: at b_h.
@inline(always)
private func startHidden(
  _ layer: CompactLayer, _ rows: CompactRow, _ pass: UnsafePointer<sluice_compact_pass>,
  _ span: CompactSpan
) {
  let first =
    unsafe pass.pointee.first_gate &* layer.stride &+ span.tile &* pass.pointee.gates &* 16
  let count = unsafe pass.pointee.gates &* span.lanes &* (span.isSpread ? 4 : 1)
  let cell = unsafe layer.compact.cell.rawValue
  var row = 0
  while row < rows.count {
    let at = row &* rows.pitch &+ first
    unsafe copyPanels(rows.projected + at, to: rows.recurrent + at, count: count)
    if cell == sluice_kernel_gru_reset_after.rawValue {
      let biases =
        unsafe pass.pointee.biases + span.tile &* pass.pointee.bias_pitch
        + BiasRows.recurrentCandidate &* span.lanes
      unsafe copyPanels(
        biases, to: rows.recurrent + at + 2 &* span.lanes, count: span.lanes)
    }
    row &+= 1
  }
}

/// Which of its two factors a pass over the weights takes.
enum CompactFactors { case input, hidden, both }

/// Runs `products` for every tile, or if it `spreads` four at once where there is a single gate, and `units` for as
/// many tiles as `tilesAtOnce`, after their products. Backwards in the opposite order.
///
/// The arithmetic of a tile's units waits for itself most of the time; that of several tiles does not.
@inline(always)
private func forEachSpan(
  _ pass: UnsafePointer<sluice_compact_pass>, _ outputSize: Int, tilesAtOnce: Int, spreads: Bool,
  backwards: Bool,
  products: (CompactSpan) -> Void, units: (_ tile: Int, _ count: Int) -> Void
) {
  let panels = (outputSize &+ 7) &>> 3
  let pairs = panels &>> 1
  let tiles = panels &- pairs
  var done = 0
  while done < tiles {
    let count = min(tilesAtOnce, tiles &- done)
    let first = backwards ? tiles &- done &- count : done
    var index = 0
    while index < count {
      let tile = backwards ? first &+ count &- 1 &- index : first &+ index
      #if SLUICE_AVX512
        let isSpread =
          unsafe spreads && pass.pointee.gates == 1 && count &- index >= 4
          && first &+ count <= pairs
      #else
        let isSpread = false
      #endif
      products(
        CompactSpan(
          tile: isSpread && backwards ? tile &- 3 : tile, isSpread: isSpread,
          lanes: tile < pairs ? 16 : 8))
      index &+= isSpread ? 4 : 1
    }
    units(first, count)
    done &+= count
  }
}

/// Where the rows of one turn lie: a step of a stream, or one step of all streams.
@safe struct CompactRow {
  let count: Int
  let h: UnsafePointer<Float>
  let next: UnsafeMutablePointer<Float>
  /// The sums of W x + b and of U h, `pitch` floats a row; where the weights are floats the latter go
  /// on from the former.
  let projected: UnsafeMutablePointer<Float>
  let recurrent: UnsafeMutablePointer<Float>
  let pitch: Int

  @inline(always)
  init(_ layer: CompactLayer, _ block: sluice_block, turn: Int, isChained: Bool) {
    pitch = pitchOfSums(layer)
    count = unsafe isChained ? 1 : block.steps
    unsafe next = block.output + turn &* block.output_stride
    let previous = unsafe block.output + (turn &- 1) &* block.output_stride
    unsafe h = turn == 0 ? block.hidden : UnsafePointer(previous)
    unsafe projected = block.projected + turn &* pitch
    unsafe recurrent = block.recurrent
  }
}

/// Floats of all sums of a row.
@inline(always)
func pitchOfSums(_ layer: CompactLayer) -> Int {
  unsafe layer.compact.gates &* layer.stride
}

@inline(always)
func isInteger(_ layer: CompactLayer) -> Bool {
  sluice_is_integer(layer.storage)
}

/// What a pass multiplies: x of all rows, h of a turn's rows.
@inline(always)
private func factors(
  _ layer: CompactLayer, _ block: sluice_block, _ row: CompactRow,
  _ pass: UnsafePointer<sluice_compact_pass>,
  isCandidate: Bool
) -> (x: CompactFactor, h: CompactFactor) {
  let isDense = unsafe layer.compact.cell.rawValue == sluice_kernel_dense.rawValue
  let isInteger = isInteger(layer)
  // Sums of the candidate follow those of r and z.
  let column = unsafe pass.pointee.first_gate &* layer.stride
  let x = unsafe CompactFactor(
    rows: isInteger ? UnsafeRawPointer(block.quantised) : UnsafeRawPointer(block.input),
    pitch: isInteger ? sluice_quantised_pitch(layer.input_size) : 4 &* block.input_stride,
    rowCount: block.steps, columns: layer.input_size, isHidden: false,
    sums: isDense ? block.output : row.projected + column,
    sumPitch: isDense ? block.output_stride : row.pitch)
  let hidden = unsafe isCandidate ? UnsafePointer(block.scratch) : row.h
  let h = unsafe CompactFactor(
    rows: isInteger
      ? UnsafeRawPointer(quantisedHidden(layer, block)) : UnsafeRawPointer(hidden),
    pitch: isInteger ? sluice_quantised_pitch(layer.output_size) : 4 &* layer.stride,
    rowCount: row.count, columns: layer.output_size, isHidden: true,
    sums: row.recurrent + column, sumPitch: row.pitch)
  return (x, h)
}

@inline(always)
func quantiseInputs(_ layer: CompactLayer, _ block: sluice_block) {
  guard isInteger(layer) else { return }
  let pitch = sluice_quantised_pitch(layer.input_size)
  let hasGroups = layer.storage.rawValue == sluice_storage_int4.rawValue
  var row = 0
  while unsafe row < block.steps {
    unsafe quantise(
      block.input + row &* block.input_stride, count: layer.input_size,
      as: layer.compact.input, into: block.quantised + row &* pitch, hasGroups: hasGroups)
    row &+= 1
  }
}

/// Where quantised h begins: behind all rows of x.
@inline(always)
func quantisedHidden(
  _ layer: CompactLayer, _ block: sluice_block
) -> UnsafeMutableRawPointer {
  unsafe block.quantised + block.steps &* sluice_quantised_pitch(layer.input_size)
}

/// h of a turn's rows, or for the candidate r * h.
@inline(always)
func quantiseHidden(
  _ layer: CompactLayer, _ block: sluice_block, _ rows: CompactRow, isCandidate: Bool
) {
  guard isInteger(layer) else { return }
  let target = unsafe quantisedHidden(layer, block)
  let pitch = sluice_quantised_pitch(layer.output_size)
  let source = unsafe isCandidate ? UnsafePointer(block.scratch) : rows.h
  let hasGroups = layer.storage.rawValue == sluice_storage_int4.rawValue
  var row = 0
  while row < rows.count {
    unsafe quantise(
      source + row &* layer.stride, count: layer.output_size, as: layer.compact.hidden,
      into: target + row &* pitch, hasGroups: hasGroups)
    row &+= 1
  }
}
