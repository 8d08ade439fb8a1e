import _SluiceContract

#if !SLUICE_BASELINE
  /// Whether a stream's steps go by `int8Steps`: those of an LSTM or a GRU that resets after.
  @inline(always)
  func takesInt8Steps(_ layer: UnsafePointer<sluice_layer>) -> Bool {
    let cell = unsafe layer.pointee.compact.cell.rawValue
    return cell == sluice_kernel_lstm.rawValue || cell == sluice_kernel_gru_reset_after.rawValue
  }

  /// Runs `step` for each step of such a layer, its h made integers, and x where W x + b is not there already.
  @inline(always)
  func forEachInt8Turn(
    _ layer: CompactLayer, _ block: sluice_block,
    step: (_ row: CompactRow, _ isProjected: Bool, _ backwards: Bool) -> Void
  ) {
    let isProjected = unsafe block.steps > 1
    if !isProjected { unsafe quantiseInputs(layer, block) }
    var turn = 0
    while unsafe turn < block.steps {
      let row = unsafe CompactRow(layer, block, turn: turn, isChained: true)
      unsafe quantiseHidden(layer, block, row, isCandidate: false)
      unsafe step(row, isProjected, block.backwards != (turn & 1 != 0))
      turn &+= 1
    }
  }
#endif
