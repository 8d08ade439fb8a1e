import _SluiceShims

/// The cell's arithmetic on the sums of one turn: of a GRU that resets before in two parts.
@inline(always)
func compactUnits(
  _ layer: sluice_layer, _ block: sluice_block, _ rows: CompactRow, isCandidate: Bool
) {
  var row = 0
  while row < rows.count {
    let x = unsafe UnsafePointer(rows.projected) + row &* rows.pitch
    let u = unsafe UnsafePointer(rows.recurrent) + row &* rows.pitch
    let h = unsafe rows.h + row &* layer.stride
    let next = unsafe rows.next + row &* block.output_stride
    let reset = unsafe block.scratch + row &* layer.stride
    let update = unsafe block.scratch + (rows.count &+ row) &* layer.stride
    switch unsafe layer.compact.cell {
    case sluice_kernel_lstm:
      unsafe compactLSTM(layer, x, u, block.cell + row &* layer.stride, next)
    case sluice_kernel_gru_reset_after: unsafe compactGRU(layer, x, u, h, next)
    case sluice_kernel_gru_reset_before:
      if isCandidate {
        let column = unsafe 2 &* layer.stride
        unsafe addRows(x + column, u + column, into: reset, count: layer.output_size)
        unsafe resetBeforeUnits(reset, update: update, h, next: next, count: layer.stride)
      } else {
        unsafe compactReset(layer, x, u, h, reset, update)
      }
    default:
      unsafe addRows(x, u, into: next, count: layer.output_size)
      unsafe activate(next, layer)
    }
    row &+= 1
  }
}

@inline(always)
private func compactLSTM(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ u: UnsafePointer<Float>,
  _ cell: UnsafeMutablePointer<Float>, _ next: UnsafeMutablePointer<Float>
) {
  let gates = unsafe lstmGates(layer)
  unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
    let input: InlineArray<1, InlineArray<4, PanelPair>> = unsafe gates.loadSums(tile, x)
    let hidden: InlineArray<1, InlineArray<4, PanelPair>> = unsafe gates.loadSums(tile, u)
    unsafe lstmUnits(input[0], hidden[0], cell, next, at: tile &* 16)
  } single: { tile in
    let input: InlineArray<1, InlineArray<4, Panel>> = unsafe gates.loadSums(tile, x)
    let hidden: InlineArray<1, InlineArray<4, Panel>> = unsafe gates.loadSums(tile, u)
    unsafe lstmUnits(input[0], hidden[0], cell, next, at: tile &* 16)
  }
}

@inline(always)
private func compactGRU(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ u: UnsafePointer<Float>,
  _ h: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>
) {
  let gates = unsafe gruGates(layer)
  unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
    let input: InlineArray<1, InlineArray<3, PanelPair>> = unsafe gates.loadSums(tile, x)
    let hidden: InlineArray<1, InlineArray<3, PanelPair>> = unsafe gates.loadSums(tile, u)
    unsafe gruUnits(input[0], hidden[0], gates.biases + tile &* 64 + 48, h, next, at: tile &* 16)
  } single: { tile in
    let input: InlineArray<1, InlineArray<3, Panel>> = unsafe gates.loadSums(tile, x)
    let hidden: InlineArray<1, InlineArray<3, Panel>> = unsafe gates.loadSums(tile, u)
    unsafe gruUnits(input[0], hidden[0], gates.biases + tile &* 64 + 24, h, next, at: tile &* 16)
  }
}

/// r * h(t-1) and z.
@inline(always)
private func compactReset(
  _ layer: sluice_layer, _ x: UnsafePointer<Float>, _ u: UnsafePointer<Float>,
  _ h: UnsafePointer<Float>, _ reset: UnsafeMutablePointer<Float>,
  _ update: UnsafeMutablePointer<Float>
) {
  let gates = unsafe resetBeforeGates(layer)
  unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
    let input: InlineArray<1, InlineArray<2, PanelPair>> = unsafe gates.loadSums(tile, x)
    let hidden: InlineArray<1, InlineArray<2, PanelPair>> = unsafe gates.loadSums(tile, u)
    unsafe resetAndUpdate(input[0], hidden[0], h, reset, update, at: tile &* 16)
  } single: { tile in
    let input: InlineArray<1, InlineArray<2, Panel>> = unsafe gates.loadSums(tile, x)
    let hidden: InlineArray<1, InlineArray<2, Panel>> = unsafe gates.loadSums(tile, u)
    unsafe resetAndUpdate(input[0], hidden[0], h, reset, update, at: tile &* 16)
  }
}
