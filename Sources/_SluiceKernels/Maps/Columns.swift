import _SluiceContract
import _SluiceLanes

/// y = scale * x + shift, a factor and a summand for each channel.
@inline(always)
func scale(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachColumn(layer, block) { shape, x, y in
    let channels = shape.input_channels
    let pairs = (channels &+ 7) &>> 4
    var tile = 0
    while tile < pairs {
      unsafe scaleTile(layer.biases, x, y, tile, channels, as: PanelPair.self)
      tile &+= 1
    }
    if channels &- pairs &* 16 > 0 {
      unsafe scaleTile(layer.biases, x, y, pairs, channels, as: Panel.self)
    }
  }
}

@inline(always)
private func scaleTile<V: SIMD>(
  _ parameters: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ tile: Int, _ channels: Int, as: V.Type
) where V.Scalar == Float {
  let at = tile &* 16
  let count = channels &- at
  let factor = unsafe load(parameters + tile &* 32, as: V.self)
  let summand = unsafe load(parameters + tile &* 32 + V.scalarCount, as: V.self)
  let v: V = unsafe loadLanes(x + at, count)
  unsafe storeLanes(multiplyAdd(v, factor, summand), count, to: y + at)
}

/// (x - mean) / sqrt(variance + epsilon) * scale + shift, mean and variance over each column.
@inline(always)
func layerNorm(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachColumn(layer, block) { shape, x, y in
    let channels = shape.input_channels
    let count = Float(channels)
    let mean = unsafe total(of: x, count: channels, minus: 0, isSquared: false) / count
    let variance = unsafe total(of: x, count: channels, minus: mean, isSquared: true) / count
    // One lane's root and quotient: those of a vector, so that every instruction set rounds alike.
    let deviation = squareRoot(Panel(repeating: variance + shape.epsilon))[0]
    let pairs = (channels &+ 7) &>> 4
    var tile = 0
    while tile < pairs {
      unsafe normTile(layer.biases, x, y, tile, channels, mean, deviation, as: PanelPair.self)
      tile &+= 1
    }
    if channels &- pairs &* 16 > 0 {
      unsafe normTile(layer.biases, x, y, pairs, channels, mean, deviation, as: Panel.self)
    }
  }
}

@inline(always)
private func normTile<V: SIMD>(
  _ parameters: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ tile: Int, _ channels: Int, _ mean: Float, _ deviation: Float, as: V.Type
) where V.Scalar == Float {
  let at = tile &* 16
  let count = channels &- at
  let factor = unsafe load(parameters + tile &* 32, as: V.self)
  let summand = unsafe load(parameters + tile &* 32 + V.scalarCount, as: V.self)
  let v: V = unsafe loadLanes(x + at, count)
  let normal = (v - V(repeating: mean)) / V(repeating: deviation)
  unsafe storeLanes(multiplyAdd(normal, factor, summand), count, to: y + at)
}

/// The sum of x - mean, or of its squares: 16 running sums, added from the first lane to the last.
@inline(always)
private func total(
  of x: UnsafePointer<Float>, count: Int, minus mean: Float, isSquared: Bool
) -> Float {
  var sums = PanelPair(repeating: 0)
  var i = 0
  while i < count {
    // Lanes beyond the column's end add nothing.
    let left = count &- i
    let all = unsafe loadLanes(x + i, left) - PanelPair(repeating: mean)
    let v = left >= 16 ? all : sluice_keep_first16(all, left)
    sums = isSquared ? multiplyAdd(v, v, sums) : sums + v
    i &+= 16
  }
  return sluice_sum16(sums)
}

/// x where x >= 0, else the channel's slope times x.
@inline(always)
func prelu(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachColumn(layer, block) { shape, x, y in
    let channels = shape.input_channels
    let pairs = (channels &+ 7) &>> 4
    var tile = 0
    while tile < pairs {
      unsafe preluTile(layer.biases, x, y, tile, channels, as: PanelPair.self)
      tile &+= 1
    }
    if channels &- pairs &* 16 > 0 {
      unsafe preluTile(layer.biases, x, y, pairs, channels, as: Panel.self)
    }
  }
}

@inline(always)
private func preluTile<V: SIMD>(
  _ slopes: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ tile: Int, _ channels: Int, as: V.Type
) where V.Scalar == Float {
  let at = tile &* 16
  let count = channels &- at
  let slope = unsafe load(slopes + at, as: V.self)
  let v: V = unsafe loadLanes(x + at, count)
  // One of the two is zero; NaN passes through both.
  unsafe storeLanes(multiplyAdd(slope, capped(v, 0), floored(v, 0)), count, to: y + at)
}

/// Some channels of every column, to some channels of every column.
@inline(always)
func copyChannels(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachColumn(layer, block) { shape, x, y in
    unsafe copyShort(x + shape.input_start, to: y + shape.output_start, count: shape.count)
  }
}

/// Copies the channels of a column, which are few: by panels, and what is left one by one.
@inline(always)
private func copyShort(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  var i = 0
  while i < count &- 7 {
    unsafe store(load(source + i, as: Panel.self), to: target + i)
    i &+= 8
  }
  if i < count {
    unsafe store(
      load(source + i, first: count &- i, as: Panel.self), first: count &- i, to: target + i)
  }
}

/// y += x
@inline(always)
func accumulate(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe combine(layer, block) { $0 + $1 }
}

/// y *= x
@inline(always)
func multiply(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe combine(layer, block) { $0 * $1 }
}

/// y = operation(y, x)
@inline(always)
private func combine(
  _ layer: sluice_layer, _ block: sluice_block, _ operation: (PanelPair, PanelPair) -> PanelPair
) {
  var x = unsafe block.input
  var y = unsafe block.output
  var row = 0
  while unsafe row < block.steps {
    var i = 0
    while unsafe i < layer.output_size {
      let left = unsafe layer.output_size &- i
      let (old, next) = unsafe (
        load(y + i, as: PanelPair.self), loadLanes(x + i, left) as PanelPair
      )
      unsafe store(operation(old, next), to: y + i)
      i &+= 16
    }
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    row &+= 1
  }
}

/// sqrt(re^2 + im^2), of columns that hold all re, then all im.
@inline(always)
func magnitudes(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachColumn(layer, block) { shape, x, y in
    let channels = shape.output_channels
    var i = 0
    while i < channels {
      let left = channels &- i
      let re = unsafe load(x + i, first: left, as: PanelPair.self)
      let im = unsafe load(x + channels + i, first: left, as: PanelPair.self)
      unsafe store(squareRoot(multiplyAdd(re, re, im * im)), first: left, to: y + i)
      i &+= 16
    }
  }
}

/// Mirrored columns before and behind those of the step.
@inline(always)
func reflectPad(_ layer: sluice_layer, _ block: sluice_block) {
  guard let shape = unsafe layer.columns?.pointee else { return }
  let channels = shape.input_channels
  var x = unsafe block.input
  var y = unsafe block.output
  var row = 0
  while unsafe row < block.steps {
    var target = unsafe y
    var column = shape.before
    while column > 0 {
      unsafe copy(x + column &* channels, to: target, count: channels)
      unsafe target += channels
      column &-= 1
    }
    unsafe copy(x, to: target, count: layer.input_size)
    unsafe target += layer.input_size
    column = shape.length &- 2
    while column > shape.length &- 2 &- shape.after {
      unsafe copy(x + column &* channels, to: target, count: channels)
      unsafe target += channels
      column &-= 1
    }
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    row &+= 1
  }
}

/// Runs `body` for every column of every row, with where it is read and written.
@inline(always)
func forEachColumn(
  _ layer: sluice_layer, _ block: sluice_block,
  body: (
    _ shape: sluice_columns, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) -> Void
) {
  guard let shape = unsafe layer.columns?.pointee else { return }
  var row = 0
  while unsafe row < block.steps {
    var x = unsafe block.input + row &* block.input_stride
    var y = unsafe block.output + row &* block.output_stride
    var column = 0
    while column < shape.length {
      unsafe body(shape, x, y)
      unsafe x += shape.input_channels
      unsafe y += shape.output_channels
      column &+= 1
    }
    row &+= 1
  }
}
