import _SluiceContract

/// The greatest of the taps over neighbouring columns, of each channel: of column c
/// max over k of x[c * stride - before + k], where there is a column. NaN where one is.
@inline(always)
func maxPool(_ layer: sluice_layer, _ block: sluice_block) {
  guard let shape = unsafe layer.columns?.pointee else { return }
  let channels = shape.input_channels
  var row = 0
  while unsafe row < block.steps {
    let x = unsafe block.input + row &* block.input_stride
    let y = unsafe block.output + row &* block.output_stride
    var column = 0
    while column < shape.output_length {
      let first = column &* shape.stride &- shape.before
      let start = first < 0 ? 0 : first
      let last = first &+ shape.kernel_size
      let end = last < shape.length ? last : shape.length
      unsafe greatest(
        x + start &* channels, columns: end &- start, channels: channels,
        into: y + column &* channels)
      column &+= 1
    }
    row &+= 1
  }
}

/// The greatest of `columns` columns, at least one.
@inline(always)
private func greatest(
  _ x: UnsafePointer<Float>, columns: Int, channels: Int, into y: UnsafeMutablePointer<Float>
) {
  var i = 0
  while i < channels {
    let left = channels &- i
    var most = unsafe load(x + i, first: left, as: PanelPair.self)
    var column = 1
    while column < columns {
      let next = unsafe load(x + column &* channels + i, first: left, as: PanelPair.self)
      most = greater(most, next)
      column &+= 1
    }
    unsafe store(most, first: left, to: y + i)
    i &+= 16
  }
}

/// The index of each column's greatest channel, of equal ones the first; a NaN is greater than none.
@inline(always)
func argMax(_ layer: sluice_layer, _ block: sluice_block) {
  unsafe forEachColumn(layer, block) { shape, x, y in
    var (best, most) = unsafe (0, x[0])
    var channel = 1
    while channel < shape.input_channels {
      if unsafe x[channel] > most || most != most {
        (best, most) = unsafe (channel, x[channel])
      }
      channel &+= 1
    }
    unsafe y[0] = Float(best)
  }
}
