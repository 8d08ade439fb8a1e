import _SluiceContract

/// One step of many streams of a GRU that resets after.
@inline(always)
func gruResetAfterBatch(_ layer: sluice_layer, _ block: sluice_block) {
  let gates = unsafe gruGates(layer)
  let pitch = unsafe 3 &* layer.stride
  unsafe projectBoth(gates, layer, block, pitch: pitch, Rows<4>())
  unsafe forEachRow(of: block, layer, pitch: pitch) { row, projected, recurrent in
    let h = unsafe block.hidden + row &* layer.stride
    let next = unsafe block.output + row &* block.output_stride
    unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
      let input: InlineArray<1, InlineArray<3, PanelPair>> = unsafe gates.loadSums(tile, projected)
      let sums: InlineArray<1, InlineArray<3, PanelPair>> = unsafe gates.loadSums(tile, recurrent)
      unsafe gruUnits(sums[0], input[0][2], h, next, at: tile &* 16, fast: layer.is_fast)
    } single: { tile in
      let input: InlineArray<1, InlineArray<3, Panel>> = unsafe gates.loadSums(tile, projected)
      let sums: InlineArray<1, InlineArray<3, Panel>> = unsafe gates.loadSums(tile, recurrent)
      unsafe gruUnits(sums[0], input[0][2], h, next, at: tile &* 16, fast: layer.is_fast)
    }
  }
}

/// One step of many streams of a GRU that resets before: r and z of all streams, then n of all.
@inline(always)
func gruResetBeforeBatch(_ layer: sluice_layer, _ block: sluice_block) {
  let gates = unsafe resetBeforeGates(layer)
  let candidate = unsafe resetBeforeCandidate(layer)
  let reset = unsafe block.scratch
  let update = unsafe block.scratch + block.steps &* layer.stride
  let pitch = unsafe 2 &* layer.stride
  unsafe projectBoth(gates, layer, block, pitch: pitch, Rows<6>())
  unsafe forEachRow(of: block, layer, pitch: pitch) { row, _, recurrent in
    let offset = unsafe row &* layer.stride
    let h = unsafe block.hidden + offset
    unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
      let sums: InlineArray<1, InlineArray<2, PanelPair>> = unsafe gates.loadSums(tile, recurrent)
      unsafe resetAndUpdate(
        sums[0], h, reset + offset, update + offset, at: tile &* 16, fast: layer.is_fast)
    } single: { tile in
      let sums: InlineArray<1, InlineArray<2, Panel>> = unsafe gates.loadSums(tile, recurrent)
      unsafe resetAndUpdate(
        sums[0], h, reset + offset, update + offset, at: tile &* 16, fast: layer.is_fast)
    }
  }
  var reading = unsafe block
  unsafe reading.hidden = UnsafePointer(reset)
  unsafe projectBoth(candidate, layer, reading, pitch: layer.stride, Rows<8>())
  unsafe forEachRow(of: block, layer, pitch: layer.stride) { row, _, recurrent in
    let offset = unsafe row &* layer.stride
    let next = unsafe block.output + row &* block.output_stride
    unsafe copyPanels(recurrent, to: reset + offset, count: layer.output_size)
    unsafe resetBeforeUnits(
      reset + offset, update: update + offset, block.hidden + offset, next: next,
      count: layer.stride, fast: layer.is_fast)
  }
}

/// One step of many Elman streams.
@inline(always)
func elmanBatch(_ layer: sluice_layer, _ block: sluice_block) {
  let gate = unsafe singleGate(layer, hiddenSize: layer.output_size)
  unsafe projectBoth(gate, layer, block, pitch: layer.stride, Rows<8>())
  unsafe forEachRow(of: block, layer, pitch: layer.stride) { row, _, recurrent in
    let next = unsafe block.output + row &* block.output_stride
    unsafe copyPanels(recurrent, to: next, count: layer.output_size)
    unsafe activateRow(next, layer)
  }
}

/// W x + b of every row, and from there on U h.
@inline(always)
private func projectBoth<let gates: Int, let rows: Int>(
  _ packed: PackedGates<gates>, _ layer: sluice_layer, _ block: sluice_block, pitch: Int,
  _: Rows<rows>
) {
  unsafe packed.projectInputs(
    block.input, rowPitch: block.input_stride, rowCount: block.steps,
    outputSize: layer.output_size, into: block.projected, projectedPitch: pitch, Rows<rows>())
  unsafe packed.projectHidden(
    block.hidden, rowPitch: layer.stride, rowCount: block.steps, outputSize: layer.output_size,
    from: block.projected, into: block.recurrent, projectedPitch: pitch, Rows<rows>())
}

@inline(always)
private func forEachRow(
  of block: sluice_block, _ layer: sluice_layer, pitch: Int,
  row: (_ row: Int, _ projected: UnsafePointer<Float>, _ recurrent: UnsafePointer<Float>) -> Void
) {
  var index = 0
  while unsafe index < block.steps {
    unsafe row(
      index, UnsafePointer(block.projected + index &* pitch),
      UnsafePointer(block.recurrent + index &* pitch))
    index &+= 1
  }
}

/// Copies a row of `count` lanes, in whole panels: what lies beyond is nobody's.
@inline(always)
func copyPanels(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  let end = (count &+ 7) & ~7
  var i = 0
  while i < end {
    unsafe store(load(source + i, as: Panel.self), to: target + i)
    i &+= 8
  }
}
