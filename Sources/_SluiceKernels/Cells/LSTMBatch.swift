import _SluiceContract

/// One step of many LSTM streams, a tile after the other.
@inline(always)
func lstmBatch(_ layer: sluice_layer, _ block: sluice_block) {
  let batch = unsafe LSTMBatch(layer, block)
  unsafe forEachTile(of: layer.output_size, backwards: false) { tile in
    batch.stepPair(tile)
  } single: { tile in
    batch.stepPanel(tile)
  }
  batch.replaceStates()
}

@safe private struct LSTMBatch {
  let gates: PackedGates<4>
  let layer: sluice_layer
  let block: sluice_block
  /// The sums of the tile at hand, [streams][4][lanes], rows 64 floats apart.
  let sums: UnsafeMutablePointer<Float>
  /// h(t), beside h(t-1), which the tiles to come still read.
  let next: UnsafeMutablePointer<Float>
  let nextPitch: Int
  /// Whether `next` is the output itself: of a single tile nobody reads h(t-1) afterwards.
  let isInPlace: Bool

  @inline(always)
  init(_ layer: sluice_layer, _ block: sluice_block) {
    gates = unsafe lstmGates(layer)
    unsafe self.layer = layer
    unsafe self.block = block
    unsafe sums = block.projected
    isInPlace = unsafe layer.stride == 16
    unsafe next = isInPlace ? block.output : block.recurrent
    nextPitch = unsafe isInPlace ? block.output_stride : layer.stride
  }

  /// A pair of panels of all streams.
  ///
  /// Two gates of six streams at a time: a line of weights that comes from the second cache is then
  /// used for as many products as that takes. All gates of the streams that are left over.
  @inline(always)
  func stepPair(_ tile: Int) {
    #if SLUICE_AVX512
      let count = unsafe block.steps
      var left = 0
      var gate = 0
      while gate < 4 {
        var row = 0
        // 7, 8 and 11 are sums of 4 and 3.
        while count &- row >= 6 && count &- row != 7 && count &- row != 8 && count &- row != 11 {
          sum(tile, gate: gate, row, Rows<6>(), Width<2>(), as: PanelPair.self)
          if gate != 0 { units(tile, row, count: 6, as: PanelPair.self) }
          row &+= 6
        }
        while count &- row >= 4 {
          sum(tile, gate: gate, row, Rows<4>(), Width<2>(), as: PanelPair.self)
          if gate != 0 { units(tile, row, count: 4, as: PanelPair.self) }
          row &+= 4
        }
        left = row
        gate &+= 2
      }
      stepAllGates(tile, from: left, Rows<3>(), as: PanelPair.self)
    #elseif SLUICE_AVX2
      let count = unsafe block.steps
      let whole = count &- count % 3
      var gate = 0
      while gate < 4 {
        var row = 0
        while row < whole {
          sum(tile, gate: gate, row, Rows<3>(), Width<1>(), as: PanelPair.self)
          if gate == 3 { units(tile, row, count: 3, as: PanelPair.self) }
          row &+= 3
        }
        gate &+= 1
      }
      stepAllGates(tile, from: whole, Rows<1>(), as: PanelPair.self)
    #else
      stepAllGates(tile, from: 0, Rows<1>(), as: PanelPair.self)
    #endif
  }

  /// An odd last panel of all streams.
  @inline(always)
  func stepPanel(_ tile: Int) {
    #if SLUICE_AVX512
      stepAllGates(tile, from: 0, Rows<3>(), as: Panel.self)
    #else
      stepAllGates(tile, from: 0, Rows<1>(), as: Panel.self)
    #endif
  }

  /// The streams from `first` on, `rows` at a time where there are as many, all gates together.
  @inline(always)
  private func stepAllGates<let rows: Int, V: SIMD>(
    _ tile: Int, from first: Int, _: Rows<rows>, as: V.Type
  ) where V.Scalar == Float {
    var row = first
    if rows > 1 {
      while unsafe row &+ rows <= block.steps {
        sum(tile, gate: 0, row, Rows<rows>(), Width<4>(), as: V.self)
        units(tile, row, count: rows, as: V.self)
        row &+= rows
      }
    }
    while unsafe row < block.steps {
      sum(tile, gate: 0, row, Rows<1>(), Width<4>(), as: V.self)
      units(tile, row, count: 1, as: V.self)
      row &+= 1
    }
  }

  /// The sums of `width` gates from `gate` on, for `rows` streams from `row` on.
  @inline(always)
  private func sum<let rows: Int, let width: Int, V: SIMD>(
    _ tile: Int, gate: Int, _ row: Int, _: Rows<rows>, _: Width<width>, as: V.Type
  ) where V.Scalar == Float {
    var all: Sums<rows, 1, width, V> = gates.biasSums(tile, gate: gate)
    unsafe gates.add(
      block.input + row &* block.input_stride, rowPitch: block.input_stride, to: &all, tile,
      gate: gate)
    all.join()
    unsafe gates.addHidden(
      block.hidden + row &* layer.stride, rowPitch: layer.stride, to: &all, tile, gate: gate)
    unsafe gates.storeRows(
      all.total, to: sums + row &* 64 + gate &* V.scalarCount, pitch: 64)
  }

  @inline(always)
  private func units<V: SIMD>(_ tile: Int, _ first: Int, count: Int, as: V.Type)
  where V.Scalar == Float {
    var row = first
    while row < first &+ count {
      let all: InlineArray<1, InlineArray<4, V>> = unsafe gates.loadSums(0, sums + row &* 64)
      unsafe lstmUnits(
        all[0], block.cell + row &* layer.stride, next + row &* nextPitch, at: tile &* 16,
        fast: layer.is_fast)
      row &+= 1
    }
  }

  /// h(t) becomes the output, now that no product with h(t-1) is to come.
  @inline(always)
  func replaceStates() {
    guard !isInPlace else { return }
    let panels = unsafe (layer.output_size &+ 7) &>> 3
    var row = 0
    while unsafe row < block.steps {
      let source = unsafe UnsafePointer(next) + row &* nextPitch
      let target = unsafe block.output + row &* block.output_stride
      var panel = 0
      while panel < panels {
        unsafe store(load(source + panel &* 8, as: Panel.self), to: target + panel &* 8)
        panel &+= 1
      }
      row &+= 1
    }
  }
}
