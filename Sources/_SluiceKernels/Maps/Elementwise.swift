import _SluiceContract
import _SluiceLanes

/// An Elman layer (Elman 1990): h(t) = f(W x(t) + U h(t-1) + b), f = tanh or relu.
@inline(always)
func elman(_ layer: sluice_layer, _ block: sluice_block) {
  let gate = unsafe singleGate(layer, hiddenSize: layer.output_size)
  let isProjected = unsafe projectsInputs(layer, block, gates: 1)
  if isProjected {
    unsafe gate.projectInputs(
      block.input, rowPitch: block.input_stride, rowCount: block.steps,
      outputSize: layer.output_size, into: block.projected, projectedPitch: layer.stride,
      Rows<8>())
  }
  unsafe forEachStep(of: block, isProjected: isProjected, projectedPitch: layer.stride) {
    x, h, next, projected, backwards in
    unsafe affine(
      gate, x, h, projected, into: next, outputSize: layer.output_size, backwards: backwards)
    unsafe activateRow(next, layer)
  }
}

/// A dense layer: y(t) = f(W x(t) + b), all rows of a block at once.
@inline(always)
func dense(_ layer: sluice_layer, _ block: sluice_block) {
  let gate = unsafe singleGate(layer, hiddenSize: 0)
  unsafe gate.projectInputs(
    block.input, rowPitch: block.input_stride, rowCount: block.steps,
    outputSize: layer.output_size, into: block.output, projectedPitch: block.output_stride,
    Rows<8>())
  unsafe activateRows(
    block.output, pitch: block.output_stride, rows: block.steps, layer.activation,
    count: layer.output_size, stride: layer.stride, fast: layer.is_fast)
}

@inline(always)
func activateRow(_ y: UnsafeMutablePointer<Float>, _ layer: sluice_layer) {
  unsafe activateRows(
    y, pitch: 0, rows: 1, layer.activation, count: layer.output_size, stride: layer.stride,
    fast: layer.is_fast)
}

@inline(always)
func singleGate(_ layer: sluice_layer, hiddenSize: Int) -> PackedGates<1> {
  unsafe PackedGates<1>(
    weights: layer.weights, biases: layer.biases, biasPitch: BiasRows.pitch(BiasRows.single),
    inputSize: layer.input_size, hiddenSize: hiddenSize)
}

/// output = (W x + b) + U h of a single gate, padding lanes included.
@inline(always)
func affine(
  _ gate: PackedGates<1>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ projected: UnsafePointer<Float>?, into output: UnsafeMutablePointer<Float>, outputSize: Int,
  backwards: Bool
) {
  forEachTile(of: outputSize, backwards: backwards) { tile in
    unsafe affineTiles(gate, x, h, projected, output, tile, as: TwoPairs.self)
  } pair: { tile in
    unsafe affineTiles(gate, x, h, projected, output, tile, as: OnePair.self)
  } single: { tile in
    unsafe affineTiles(gate, x, h, projected, output, tile, as: OnePanel.self)
  }
}

@inline(always)
private func affineTiles<let tiles: Int, V: SIMD>(
  _ gate: PackedGates<1>, _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>,
  _ projected: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>, _ tile: Int,
  as: InlineArray<tiles, V>.Type
) where V.Scalar == Float {
  let sums: InlineArray<tiles, InlineArray<1, V>> = unsafe gate.sums(tile, x, h, projected).total
  forEach(tiles) { t in unsafe store(sums[t][0], to: output + (tile &+ t) &* 16) }
}

/// An activation alone: y(t) = f(x(t)), which may lie where x(t) does.
@inline(always)
func activation(_ layer: sluice_layer, _ block: sluice_block) {
  switch unsafe layer.activation {
  case sluice_activation_tanh where unsafe layer.is_fast:
    unsafe mapRows(layer, block) { fastTanh.product(of: $0) }
  case sluice_activation_tanh: unsafe mapRows(layer, block) { tanh($0, fast: false) }
  case sluice_activation_sigmoid where unsafe layer.is_fast:
    unsafe mapRows(layer, block) { fastSigmoid($0) }
  case sluice_activation_sigmoid: unsafe mapRows(layer, block) { sigmoid($0) }
  case sluice_activation_relu: unsafe mapRows(layer, block) { relu($0) }
  case sluice_activation_softmax, sluice_activation_log_softmax:
    unsafe mapRows(layer, block) { $0 }
    let isLogarithm =
      unsafe layer.activation.rawValue == sluice_activation_log_softmax.rawValue
    var row = 0
    while unsafe row < block.steps {
      unsafe softmax(
        block.output + row &* block.output_stride, count: layer.output_size, stride: layer.stride,
        isLogarithm: isLogarithm)
      row &+= 1
    }
  default: unsafe mapRows(layer, block) { $0 }
  }
}

/// y = f(x) of every row, in lines of y.
@inline(always)
private func mapRows(
  _ layer: sluice_layer, _ block: sluice_block, _ function: (PanelPair) -> PanelPair
) {
  let count = unsafe layer.output_size
  var (x, y) = unsafe (block.input, block.output)
  var row = 0
  while unsafe row < block.steps {
    var i = 0
    #if SLUICE_AVX512
      // Four lines are read before one is written: a load waits for each store before it whose
      // address ends alike.
      while i < count &- 63 {
        let (a, b) = unsafe (load(x + i, as: PanelPair.self), load(x + i + 16, as: PanelPair.self))
        let c = unsafe load(x + i + 32, as: PanelPair.self)
        let d = unsafe load(x + i + 48, as: PanelPair.self)
        unsafe store(function(a), to: y + i)
        unsafe store(function(b), to: y + i + 16)
        unsafe store(function(c), to: y + i + 32)
        unsafe store(function(d), to: y + i + 48)
        i &+= 64
      }
    #endif
    while i < count &- 15 {
      unsafe store(function(load(x + i, as: PanelPair.self)), to: y + i)
      i &+= 16
    }
    if i < count {
      unsafe store(function(load(x + i, first: count &- i, as: PanelPair.self)), to: y + i)
    }
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    row &+= 1
  }
}

/// What `activateRows` does.
@inline(always)
func activate(
  _ sums: UnsafeMutablePointer<Float>, pitch: Int, rows: Int, _ activation: sluice_activation,
  count: Int, stride: Int, fast: Bool
) {
  var y = unsafe sums
  var left = rows
  while left > 0 {
    switch activation {
    case sluice_activation_tanh where fast:
      unsafe map(y, stride) { fastTanh.product(of: $0) }
    case sluice_activation_tanh: unsafe map(y, stride) { tanh($0, fast: false) }
    case sluice_activation_sigmoid where fast:
      unsafe map(y, stride) { fastSigmoid($0) }
    case sluice_activation_sigmoid: unsafe map(y, stride) { sigmoid($0) }
    case sluice_activation_relu: unsafe map(y, stride) { relu($0) }
    case sluice_activation_softmax, sluice_activation_log_softmax:
      unsafe softmax(
        y, count: count, stride: stride,
        isLogarithm: activation.rawValue == sluice_activation_log_softmax.rawValue)
    default: return
    }
    unsafe y += pitch
    left &-= 1
  }
}

/// y_i = exp(y_i - max y) / sum_j exp(y_j - max y) in place, or the logarithm of that.
///
/// Lanes are summed column by column, then from the first to the last: the one order for every
/// instruction set.
@inline(always)
private func softmax(
  _ y: UnsafeMutablePointer<Float>, count: Int, stride: Int, isLogarithm: Bool
) {
  var i = count
  while i < stride {
    unsafe y[i] = -Float.infinity
    i &+= 1
  }
  var most = unsafe y[0]
  i = 1
  while i < count {
    // A NaN stays the maximum, so that every output becomes NaN.
    if unsafe !(y[i] <= most) && most == most { most = unsafe y[i] }
    i &+= 1
  }
  let top = PanelPair(repeating: most)
  var sums = PanelPair(repeating: 0)
  i = 0
  while i < stride {
    let e = unsafe expOfNegated(top - load(y + i, as: PanelPair.self))
    sums += e
    if !isLogarithm { unsafe store(e, to: y + i) }
    i &+= 16
  }
  var total: Float = 0
  for lane in 0..<16 { total += sums[lane] }
  if isLogarithm {
    unsafe logarithms(y, count: count, stride: stride, most: most, total: total)
    return
  }
  let divisor = PanelPair(repeating: total)
  i = 0
  while i < stride {
    unsafe store(load(y + i, as: PanelPair.self) / divisor, to: y + i)
    i &+= 16
  }
}

/// y_i = y_i - most - log(total), 1 <= total, and 0 in the lanes behind `count`.
@inline(always)
private func logarithms(
  _ y: UnsafeMutablePointer<Float>, count: Int, stride: Int, most: Float, total: Float
) {
  let bits = total.bitPattern
  let exponent = Float(Int32(truncatingIfNeeded: bits &>> 23) &- 127)
  let mantissa = Float(bitPattern: bits & 0x007F_FFFF | 0x3F80_0000)
  let fraction = log1p(PanelPair(repeating: mantissa - 1))
  // NaN, of which the bits tell nothing, stays so.
  let sum =
    multiplyAdd(PanelPair(repeating: exponent), PanelPair(repeating: 0.6931472), fraction)
    + PanelPair(repeating: total - total)
  let top = PanelPair(repeating: most)
  var i = 0
  while i < stride {
    let value = unsafe load(y + i, as: PanelPair.self) - top - sum
    unsafe store(sluice_keep_first16(value, count &- i), to: y + i)
    i &+= 16
  }
}
