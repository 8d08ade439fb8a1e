import _SluiceContract

/// Taps over neighbouring columns: of column c, f(sum over k of W[k] x[c * stride + k * dilation] + b).
///
/// A column's channels lie side by side, so that what one output sees of dilation 1 is one stretch of
/// memory, and a convolution is a dense layer over rows that overlap. Past columns, or zeros, are put
/// around the step's in scratch, whose zeros nobody overwrites.
@inline(always)
func convolution(_ layer: sluice_layer, _ block: sluice_block, pastPitch: Int) {
  guard let shape = unsafe layer.columns?.pointee else { return }
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
      unsafe sweep(layer, shape, window, into: y, scratch: window + shape.window)
      unsafe copy(window + layer.input_size, to: past, count: shape.past)
    } else {
      unsafe sweep(layer, shape, x, into: y, scratch: block.scratch)
    }
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    unsafe past += pastPitch
    row &+= 1
  }
}

/// Floats from one stream's past to the next's.
@inline(always)
func pastStride(_ layer: sluice_layer) -> Int {
  unsafe layer.columns?.pointee.past_stride ?? 0
}

/// All columns of one step.
@inline(always)
private func sweep(
  _ layer: sluice_layer, _ shape: sluice_columns, _ x: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
) {
  if unsafe layer.kernel.rawValue == sluice_kernel_depthwise.rawValue {
    unsafe depthwise(layer, shape, x, into: y)
  } else {
    unsafe convolve(layer, shape, x, into: y, scratch: scratch)
  }
}

/// All columns of one step, each channel of which sees them all.
@inline(always)
private func convolve(
  _ layer: sluice_layer, _ shape: sluice_columns, _ x: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
) {
  let lanes = shape.output_channels
  let padded = (lanes &+ 15) & ~15
  let rowFloats = shape.kernel_size &* shape.input_channels
  let gate = unsafe PackedGates<1>(
    weights: layer.weights, biases: layer.biases, biasPitch: BiasRows.pitch(BiasRows.single),
    inputSize: rowFloats, hiddenSize: 0)
  // Columns of whole lines are written where they belong, others by way of scratch.
  let isDirect = padded == lanes
  let isGathered = shape.dilation > 1 && shape.kernel_size > 1
  let spread =
    unsafe scratch + (isGathered ? Int(sluice_convolution_rows) &* rowFloats : 0)
  var column = 0
  while column < shape.output_length {
    let left = shape.output_length &- column
    let limit = Int(sluice_convolution_rows)
    let count = left < limit ? left : limit
    var rows = unsafe x + column &* shape.stride &* shape.input_channels
    var pitch = shape.stride &* shape.input_channels
    if isGathered {
      unsafe gather(shape, rows, count: count, into: scratch)
      unsafe rows = UnsafePointer(scratch)
      pitch = rowFloats
    }
    let target = unsafe isDirect ? y + column &* lanes : spread
    unsafe gate.projectInputs(
      rows, rowPitch: pitch, rowCount: count, outputSize: lanes, into: target,
      projectedPitch: padded, Rows<4>())
    unsafe activateRows(
      target, pitch: padded, rows: count, layer.activation, count: layer.output_size,
      stride: padded, fast: false)
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
