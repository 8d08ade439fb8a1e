import _SluiceContract

/// Taps over neighbouring columns: of column c, f(sum over k of W[k] x[c * stride + k * dilation] + b).
///
/// A column's channels lie side by side, so that what one output sees of dilation 1 is one stretch of
/// memory, and a convolution is a dense layer over rows that overlap.
@inline(always)
func convolution(_ layer: sluice_layer, _ block: sluice_block, pastPitch: Int) {
  guard let shape = unsafe layer.columns?.pointee else { return }
  unsafe forEachWindow(layer, shape, block, pastPitch: pastPitch) { x, y, scratch in
    if unsafe layer.kernel.rawValue == sluice_kernel_depthwise.rawValue {
      unsafe depthwise(layer, shape, x, into: y)
      return
    }
    let gate = unsafe PackedGates<1>(
      weights: layer.weights, biases: layer.biases, biasPitch: BiasRows.pitch(BiasRows.single),
      inputSize: shape.kernel_size &* shape.input_channels, hiddenSize: 0)
    unsafe convolve(shape, x, into: y, scratch: scratch, rowsAtOnce: Int(sluice_convolution_rows)) {
      rows, pitch, count, target, padded in
      unsafe gate.projectInputs(
        rows, rowPitch: pitch, rowCount: count, outputSize: shape.output_channels, into: target,
        projectedPitch: padded, Rows<4>())
      unsafe activateRows(
        target, pitch: padded, rows: count, layer.activation, count: layer.output_size,
        stride: padded, fast: false)
    }
  }
}

/// The dense layer, without its function, whose rows are what the outputs of a convolution see.
@inline(always)
func layerOfTaps(_ layer: sluice_layer, _ shape: sluice_columns) -> sluice_layer {
  var taps = unsafe layer
  unsafe taps.kernel = layer.inner
  unsafe taps.input_size = shape.kernel_size &* shape.input_channels
  unsafe taps.output_size = shape.output_channels
  unsafe taps.stride = (shape.output_channels &+ 15) & ~15
  unsafe taps.activation = sluice_activation_identity
  return unsafe taps
}

/// The same of weights that are not f32: `run` runs `inner`, the layer of ``layerOfTaps(_:_:)``.
///
/// Integers of 8 bits are too few for what convolutions read, bands of a spectrum or other maps of which the
/// faint ones count. So a row is rounded, and what that leaves once more: twice the products of the same weights,
/// which are read once.
@inline(always)
func compactConvolution(
  _ inner: UnsafePointer<sluice_layer>, _ layer: sluice_layer, _ shape: sluice_columns,
  _ block: sluice_block, pastPitch: Int,
  run: (UnsafePointer<sluice_layer>, UnsafePointer<sluice_block>) -> Void
) {
  let isInteger = unsafe sluice_is_integer(layer.compact.storage)
  let rowsAtOnce = Int(sluice_convolution_rows) &>> (isInteger ? 1 : 0)
  let size = shape.kernel_size &* shape.input_channels
  let sizePitch = (size &+ 15) & ~15
  var part = unsafe block
  unsafe part.backwards = false
  unsafe forEachWindow(layer, shape, block, pastPitch: pastPitch) { x, y, scratch in
    let parts = unsafe scratch + vectorFloats(shape)
    let sums = unsafe parts + 2 &* rowsAtOnce &* sizePitch
    unsafe convolve(shape, x, into: y, scratch: scratch, rowsAtOnce: rowsAtOnce) {
      rows, pitch, count, target, padded in
      unsafe part.input = isInteger ? UnsafePointer(parts) : rows
      unsafe part.input_stride = isInteger ? sizePitch : pitch
      unsafe part.output = isInteger ? sums : target
      unsafe part.output_stride = padded
      unsafe part.steps = isInteger ? 2 &* count : count
      if isInteger {
        unsafe part.quantised = UnsafeMutableRawPointer(sums + 2 &* rowsAtOnce &* padded)
        var row = 0
        while row < count {
          let whole = unsafe parts + row &* sizePitch
          unsafe copy(rows + row &* pitch, to: whole, count: size)
          unsafe remainder(whole, count: size, into: whole + count &* sizePitch)
          row &+= 1
        }
      }
      unsafe run(inner, &part)
      if isInteger { unsafe join(sums, count, padded, layer.biases, shape, into: target) }
      unsafe activateRows(
        target, pitch: padded, rows: count, layer.activation, count: shape.output_channels,
        stride: padded, fast: false)
    }
  }
}

/// The sums of `count` rows and of what their rounding left, each with the bias.
@inline(always)
private func join(
  _ sums: UnsafePointer<Float>, _ count: Int, _ padded: Int, _ biases: UnsafePointer<Float>,
  _ shape: sluice_columns, into target: UnsafeMutablePointer<Float>
) {
  let rest = unsafe sums + count &* padded
  var row = 0
  while row < count {
    var i = 0
    while i < padded {
      let bias = unsafe load(biases + i, first: shape.output_channels &- i, as: PanelPair.self)
      let at = row &* padded &+ i
      let left = unsafe load(rest + at, as: PanelPair.self) - bias
      unsafe store(load(sums + at, as: PanelPair.self) + left, to: target + at)
      i &+= 16
    }
    row &+= 1
  }
}

/// Floats from one stream's past to the next's.
@inline(always)
func pastStride(_ layer: sluice_layer) -> Int {
  unsafe layer.columns?.pointee.past_stride ?? 0
}

/// Calls `sweep` for every row of a block: with the columns that the taps see, where the row's outputs go, and
/// scratch. Past columns, or zeros, are put around the step's in scratch, whose zeros nobody overwrites.
@inline(always)
private func forEachWindow(
  _ layer: sluice_layer, _ shape: sluice_columns, _ block: sluice_block, pastPitch: Int,
  sweep: (
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) -> Void
) {
  var x = unsafe block.input
  var y = unsafe block.output
  var past = unsafe block.cell
  var row = 0
  while unsafe row < block.steps {
    if shape.window > 0 {
      let window = unsafe block.scratch
      let lead = shape.past &+ shape.before &* shape.input_channels
      unsafe copy(past, to: window, count: shape.past)
      unsafe copy(x, to: window + lead, count: layer.input_size)
      unsafe sweep(window, y, window + shape.window)
      unsafe copy(window + layer.input_size, to: past, count: shape.past)
    } else {
      unsafe sweep(x, y, block.scratch)
    }
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    unsafe past += pastPitch
    row &+= 1
  }
}

/// Whether what an output sees is put together first.
@inline(always)
private func isGathered(_ shape: sluice_columns) -> Bool {
  shape.dilation > 1 && shape.kernel_size > 1
}

/// Floats of the rows that are gathered, whole lines.
@inline(always)
private func gatheredFloats(_ shape: sluice_columns) -> Int {
  isGathered(shape)
    ? (Int(sluice_convolution_rows) &* shape.kernel_size &* shape.input_channels &+ 15) & ~15 : 0
}

/// Floats of the rows that are gathered or spread.
@inline(always)
private func vectorFloats(_ shape: sluice_columns) -> Int {
  let lanes = shape.output_channels
  let padded = (lanes &+ 15) & ~15
  return gatheredFloats(shape)
    &+ (padded == lanes ? 0 : Int(sluice_convolution_rows) &* padded)
}

/// All columns of one step, each channel of which sees them all: `project` computes the outputs of `count` rows,
/// `pitch` floats apart, into `target`, `padded` floats apart.
@inline(always)
private func convolve(
  _ shape: sluice_columns, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  scratch: UnsafeMutablePointer<Float>, rowsAtOnce: Int,
  project: (
    _ rows: UnsafePointer<Float>, _ pitch: Int, _ count: Int,
    _ target: UnsafeMutablePointer<Float>, _ padded: Int
  ) -> Void
) {
  let lanes = shape.output_channels
  let padded = (lanes &+ 15) & ~15
  // Columns of whole lines are written where they belong, others by way of scratch.
  let isDirect = padded == lanes
  let isGathered = isGathered(shape)
  let spread = unsafe scratch + gatheredFloats(shape)
  var column = 0
  while column < shape.output_length {
    let left = shape.output_length &- column
    let count = left < rowsAtOnce ? left : rowsAtOnce
    var rows = unsafe x + column &* shape.stride &* shape.input_channels
    var pitch = shape.stride &* shape.input_channels
    if isGathered {
      unsafe gather(shape, rows, count: count, into: scratch)
      unsafe rows = UnsafePointer(scratch)
      pitch = shape.kernel_size &* shape.input_channels
    }
    let target = unsafe isDirect ? y + column &* lanes : spread
    unsafe project(rows, pitch, count, target, padded)
    var row = isDirect ? count : 0
    while row < count {
      unsafe copy(target + row &* padded, to: y + (column &+ row) &* lanes, count: lanes)
      row &+= 1
    }
    column &+= count
  }
}

/// The taps of `count` outputs side by side.
@inline(always)
private func gather(
  _ shape: sluice_columns, _ x: UnsafePointer<Float>, count: Int,
  into rows: UnsafeMutablePointer<Float>
) {
  var target = unsafe rows
  var row = 0
  while row < count {
    var tap = 0
    while tap < shape.kernel_size {
      let column = row &* shape.stride &+ tap &* shape.dilation
      unsafe copy(
        x + column &* shape.input_channels, to: target, count: shape.input_channels)
      unsafe target += shape.input_channels
      tap &+= 1
    }
    row &+= 1
  }
}
