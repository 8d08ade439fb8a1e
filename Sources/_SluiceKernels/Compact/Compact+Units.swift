import _SluiceContract

/// The cell's arithmetic on the sums of some tiles' units, of all rows of one turn: of a GRU that resets
/// before in two parts.
@inline(always)
func compactUnits(
  _ layer: CompactLayer, _ block: sluice_block, turn: Int, isChained: Bool, isCandidate: Bool,
  tile first: Int, count: Int
) {
  let rows = unsafe CompactRow(layer, block, turn: turn, isChained: isChained)
  let pairs = (layer.output_size &+ 7) &>> 4
  let end = first &+ count
  let paired = end < pairs ? end : pairs
  var row = 0
  while row < rows.count {
    let units = unsafe CompactUnits(
      layer: layer, x: rows.projected + row &* rows.pitch, u: rows.recurrent + row &* rows.pitch,
      h: rows.h + row &* layer.stride, next: rows.next + row &* block.output_stride,
      cell: block.cell + row &* layer.stride, reset: block.scratch + row &* layer.stride,
      update: block.scratch + (rows.count &+ row) &* layer.stride)
    var tile = first
    while tile < paired {
      units.update(tile, isCandidate: isCandidate, as: PanelPair.self)
      tile &+= 1
    }
    if tile < end { units.update(tile, isCandidate: isCandidate, as: Panel.self) }
    row &+= 1
  }
}

/// One row's sums and state.
@safe private struct CompactUnits {
  let layer: CompactLayer
  /// W x + b, and U h, which goes on from it where the weights are floats.
  let x: UnsafePointer<Float>, u: UnsafePointer<Float>
  let h: UnsafePointer<Float>
  let next: UnsafeMutablePointer<Float>
  let cell: UnsafeMutablePointer<Float>
  let reset: UnsafeMutablePointer<Float>, update: UnsafeMutablePointer<Float>

  @inline(always)
  func update<V: SIMD>(_ tile: Int, isCandidate: Bool, as: V.Type) where V.Scalar == Float {
    let unit = tile &* 16
    switch unsafe layer.compact.cell {
    case sluice_kernel_lstm:
      let sums: InlineArray<4, V> = unsafe sums(lstmGates(layer.plan.pointee), tile)
      unsafe lstmUnits(sums, cell, next, at: unit, fast: false)
    case sluice_kernel_gru_reset_after:
      let gates = unsafe gruGates(layer.plan.pointee)
      let input: InlineArray<1, InlineArray<3, V>> = unsafe gates.loadSums(tile, x)
      let hidden: InlineArray<1, InlineArray<3, V>> = unsafe gates.loadSums(tile, u)
      if isInteger(layer) {
        let biases =
          unsafe gates.biases + tile &* gates.biasPitch
          + BiasRows.recurrentCandidate &* V.scalarCount
        unsafe gruUnits(input[0], hidden[0], biases, h, next, at: unit, fast: false)
      } else {
        unsafe gruUnits(hidden[0], input[0][2], h, next, at: unit, fast: false)
      }
    case sluice_kernel_gru_reset_before where !isCandidate:
      let sums: InlineArray<2, V> = unsafe sums(resetBeforeGates(layer.plan.pointee), tile)
      unsafe resetAndUpdate(sums, h, reset, update, at: unit, fast: false)
    case sluice_kernel_gru_reset_before:
      let n: V = tanh(sum(2 &* layer.stride &+ unit), fast: false)
      let previous: V = unsafe load(h + unit, as: V.self)
      let z: V = unsafe load(update + unit, as: V.self)
      unsafe store(multiplyAdd(z, previous - n, n), to: next + unit)
    default:
      let sum: V = sum(unit)
      let isTanh = unsafe layer.plan.pointee.activation.rawValue == sluice_activation_tanh.rawValue
      unsafe store(isTanh ? tanh(sum, fast: false) : relu(sum), to: next + unit)
    }
  }

  /// All that is summed for a tile's gates.
  @inline(always)
  private func sums<let gates: Int, V: SIMD>(
    _ packed: PackedGates<gates>, _ tile: Int
  ) -> InlineArray<gates, V> where V.Scalar == Float {
    var all = InlineArray<gates, V>(repeating: V(repeating: 0))
    for gate in 0..<gates {
      all[gate] = sum(tile &* gates &* 16 &+ gate &* V.scalarCount)
    }
    return all
  }

  /// All that is summed for a vector of lanes.
  @inline(always)
  private func sum<V: SIMD>(_ at: Int) -> V where V.Scalar == Float {
    let hidden: V = unsafe load(u + at, as: V.self)
    return unsafe isInteger(layer) ? load(x + at, as: V.self) + hidden : hidden
  }
}
