import _SluiceContract

/// An LSTM layer over a block of steps (Hochreiter and Schmidhuber 1997; with the forget gate of
/// Gers, Schmidhuber and Cummins 2000):
///
///     i, f, o = sigmoid(W x(t) + U h(t-1) + b)    g = tanh(W x(t) + U h(t-1) + b)
///     C(t) = f * C(t-1) + i * g                   h(t) = o * tanh C(t)
///
/// Gates of a tile: i f g o; biases the same.
@inline(always)
func lstm(_ layer: sluice_layer, _ block: sluice_block) {
  let gates = unsafe lstmGates(layer)
  let pitch = unsafe 4 &* layer.stride
  let isProjected = unsafe projectsInputs(layer, block, gates: 4)
  if isProjected {
    unsafe gates.projectInputs(
      block.input, rowPitch: block.input_stride, rowCount: block.steps,
      outputSize: layer.output_size, into: block.projected, projectedPitch: pitch, Rows<3>())
  }
  unsafe forEachStep(of: block, isProjected: isProjected, projectedPitch: pitch) {
    x, h, next, projected, backwards in
    unsafe forEachTile(
      of: layer.output_size, backwards: backwards, twoAtOnce: projected != nil
    ) { tile in
      unsafe lstmTiles(
        gates, x, h, projected, block.cell, next, tile, fast: layer.is_fast, as: TwoPairs.self)
    } pair: { tile in
      unsafe lstmTiles(
        gates, x, h, projected, block.cell, next, tile, fast: layer.is_fast, as: OnePair.self)
    } single: { tile in
      unsafe lstmTiles(
        gates, x, h, projected, block.cell, next, tile, fast: layer.is_fast, as: OnePanel.self)
    }
  }
}

@inline(always)
func lstmGates(_ layer: sluice_layer) -> PackedGates<4> {
  unsafe PackedGates<4>(
    weights: layer.weights, biases: layer.biases, biasPitch: BiasRows.pitch(BiasRows.lstm),
    inputSize: layer.input_size, hiddenSize: layer.output_size)
}

/// One tile at a time where W x is summed too: its gates keep both multipliers busy, and two at once
/// were measured 10 to 25 % slower beyond the nearest cache.
///
/// Two at once where W x is known: a step then passes over W between two tiles, and the CPU, which
/// reads ahead in ascending order, loses some 300 cycles at each. Half as many were a fifth less.
@inline(always)
private func lstmTiles<let tiles: Int, V: SIMD>(
  _ gates: PackedGates<4>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ projected: UnsafePointer<Float>?, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, _ tile: Int, fast: Bool,
  as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  let sums: InlineArray<tiles, InlineArray<4, V>> = unsafe gates.sums(tile, x, h, projected).total
  forEach(tiles) { t in unsafe lstmUnits(sums[t], cell, next, at: (tile &+ t) &* 16, fast: fast) }
}

#if SLUICE_AVX512
  /// Whether the sums of a layer's tiles fit the registers together, and its weights the nearest cache.
  ///
  /// Two panels gain by it only in a block, whose steps hand h on in a register.
  @inline(always)
  func isJoint(
    _ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>
  ) -> Bool {
    let panels = unsafe (layer.pointee.output_size &+ 7) &>> 3
    let columns = unsafe layer.pointee.input_size &+ layer.pointee.output_size
    return unsafe panels <= Thresholds.jointPanels
      && columns &* panels <= Thresholds.jointColumnPanels
      && (panels != 2 || block.pointee.steps > 1)
  }

  /// All tiles of such a layer at once.
  @inline(always)
  func lstmJointly(_ layer: sluice_layer, _ block: sluice_block) {
    let gates = unsafe lstmGates(layer)
    switch unsafe (layer.output_size &+ 7) &>> 3 {
    case 1 where unsafe block.steps > 1:
      unsafe lstmChain(gates, block, fast: layer.is_fast, JointSums<0, 2>.self, h: Panel.self)
    case 1: unsafe lstmJointly(gates, block, fast: layer.is_fast, JointSums<0, 2>.self)
    case 2:
      unsafe lstmChain(gates, block, fast: layer.is_fast, JointSums<1, 4>.self, h: PanelPair.self)
    case 3: unsafe lstmJointly(gates, block, fast: layer.is_fast, JointSums<1, 6>.self)
    case 4: unsafe lstmJointly(gates, block, fast: layer.is_fast, JointSums<2, 8>.self)
    default: unsafe lstmJointly(gates, block, fast: layer.is_fast, JointSums<2, 10>.self)
    }
  }

  /// Steps of a layer whose h fits a register: h(t-1) is there without a way through memory.
  @inline(always)
  private func lstmChain<let pairs: Int, let vectors: Int, V: SIMD>(
    _ gates: PackedGates<4>, _ block: sluice_block, fast: Bool,
    _: JointSums<pairs, vectors>.Type, h: V.Type
  ) where V.Scalar == Float {
    var lanes: PanelPair = unsafe pair(holding: load(block.hidden, as: V.self))
    unsafe forEachStep(of: block, isProjected: false, projectedPitch: 0) { x, _, next, _, _ in
      var sums = JointSums<pairs, vectors>()
      unsafe sums.start(at: gates.biases, tilePitch: gates.biasPitch)
      unsafe gates.addInputs(x, to: &sums, 0)
      sums.join()
      gates.addHidden(lanesOf: lanes, to: &sums)
      let total = sums
      if fast {
        unsafe lstmUnits(total, block.cell, next, fast: true)
      } else {
        unsafe lstmUnits(total, block.cell, next, fast: false)
      }
      lanes = unsafe pair(holding: load(next, as: V.self))
    }
  }

  @inline(always)
  private func lstmJointly<let pairs: Int, let vectors: Int>(
    _ gates: PackedGates<4>, _ block: sluice_block, fast: Bool,
    _: JointSums<pairs, vectors>.Type
  ) {
    unsafe forEachStep(of: block, isProjected: false, projectedPitch: 0) { x, h, next, _, _ in
      var sums = JointSums<pairs, vectors>()
      unsafe sums.start(at: gates.biases, tilePitch: gates.biasPitch)
      unsafe gates.addInputs(x, to: &sums, 0)
      sums.join()
      unsafe gates.addHidden(h, to: &sums, 0)
      let total = sums
      // Here, and not in every tile's units: all of them share the constants.
      if fast {
        unsafe lstmUnits(total, block.cell, next, fast: true)
      } else {
        unsafe lstmUnits(total, block.cell, next, fast: false)
      }
    }
  }

  @inline(always)
  private func lstmUnits<let pairs: Int, let vectors: Int>(
    _ total: JointSums<pairs, vectors>, _ cell: UnsafeMutablePointer<Float>,
    _ next: UnsafeMutablePointer<Float>, fast: Bool
  ) {
    if pairs > 0 {
      forEach(pairs) { pair in
        unsafe lstmUnits(total.pair(pair), cell, next, at: pair &* 16, fast: fast)
      }
    }
    if vectors > 4 &* pairs {
      unsafe lstmUnits(total.single, cell, next, at: pairs &* 16, fast: fast)
    }
  }
#endif

/// C(t) and h(t) of the units from `unit` on, given the sums of their gates.
@inline(always)
func lstmUnits<V: SIMD>(
  _ sums: InlineArray<4, V>, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, at unit: Int, fast: Bool
) where V.Scalar == Float {
  if fast {
    unsafe lstmUnits(sums, cell + unit, next + unit, fast: true)
  } else {
    unsafe lstmUnits(sums, cell + unit, next + unit, fast: false)
  }
}

/// As `lstmUnits` of sums, where W x + b and U h were summed apart.
@inline(always)
func lstmUnits<V: SIMD>(
  _ input: InlineArray<4, V>, _ hidden: InlineArray<4, V>, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, at unit: Int, fast: Bool
) where V.Scalar == Float {
  unsafe lstmUnits(
    [input[0] + hidden[0], input[1] + hidden[1], input[2] + hidden[2], input[3] + hidden[3]],
    cell, next, at: unit, fast: fast)
}

@inline(always)
private func lstmUnits<V: SIMD>(
  _ sums: InlineArray<4, V>, _ cell: UnsafeMutablePointer<Float>,
  _ next: UnsafeMutablePointer<Float>, fast: Bool
) where V.Scalar == Float {
  let kept = unsafe gated(sums[1], load(cell, as: V.self), fast: fast)
  let c = multiplyAdd(gate(sums[0], fast: fast), tanh(sums[2], fast: fast), kept)
  unsafe store(c, to: cell)
  unsafe store(scaledTanh(c, by: gate(sums[3], fast: fast), fast: fast), to: next)
}
