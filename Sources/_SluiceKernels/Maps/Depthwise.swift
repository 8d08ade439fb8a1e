import _SluiceContract

/// Taps over neighbouring columns, of each channel alone: of channel i and column c
/// f(b[i] + sum over k of W[i][k] x[c * stride + k * dilation][i]), the taps from the first to the last.
///
/// Lanes are channels. A tile's taps are 16 floats each, those of an odd last panel 8.
@inline(always)
func depthwise(
  _ layer: sluice_layer, _ shape: sluice_columns, _ x: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>
) {
  let channels = shape.output_channels
  let pairs = (channels &+ 7) &>> 4
  var tile = 0
  while tile < pairs {
    unsafe depthwiseTile(layer, shape, x, y, tile, as: PanelPair.self)
    tile &+= 1
  }
  if channels &- pairs &* 16 > 0 {
    unsafe depthwiseTile(layer, shape, x, y, pairs, as: Panel.self)
  }
  unsafe activateRows(
    y, pitch: layer.stride, rows: 1, layer.activation, count: layer.output_size,
    stride: layer.stride, fast: false)
}

/// A tile of all columns, four at a time: their sums share what is read of the taps, and wait for none of the
/// others.
@inline(always)
private func depthwiseTile<V: SIMD>(
  _ layer: sluice_layer, _ shape: sluice_columns, _ x: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ tile: Int, as: V.Type
) where V.Scalar == Float {
  let channels = shape.output_channels
  let left = channels &- tile &* 16
  let taps = unsafe layer.weights + tile &* 16 &* shape.kernel_size
  let bias = unsafe load(layer.biases + tile &* 16, as: V.self)
  let pitch = shape.stride &* channels
  var first = unsafe x + tile &* 16
  var target = unsafe y + tile &* 16
  var column = 0
  while column < shape.output_length {
    let isSeveral = shape.output_length &- column >= 4
    var (a, b, c, d) = (bias, bias, bias, bias)
    var source = unsafe first
    var tap = 0
    while tap < shape.kernel_size {
      let weight = unsafe load(taps + tap &* V.scalarCount, as: V.self)
      a = unsafe multiplyAdd(weight, loadLanes(source, left), a)
      if isSeveral {
        b = unsafe multiplyAdd(weight, loadLanes(source + pitch, left), b)
        c = unsafe multiplyAdd(weight, loadLanes(source + 2 &* pitch, left), c)
        d = unsafe multiplyAdd(weight, loadLanes(source + 3 &* pitch, left), d)
      }
      unsafe source += shape.dilation &* channels
      tap &+= 1
    }
    unsafe storeLanes(a, left, to: target)
    if isSeveral {
      unsafe storeLanes(b, left, to: target + channels)
      unsafe storeLanes(c, left, to: target + 2 &* channels)
      unsafe storeLanes(d, left, to: target + 3 &* channels)
    }
    let count = isSeveral ? 4 : 1
    unsafe first += count &* pitch
    unsafe target += count &* channels
    column &+= count
  }
}
