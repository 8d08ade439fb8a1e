import _SluiceContract

/// y(t) = x(t - d): the oldest of d steps is written and makes room for the newest.
///
/// Which one is the oldest lies behind them as an integer, and is not trusted: a saved state may hold anything.
@inline(always)
func delay(_ layer: sluice_layer, _ block: sluice_block, pastPitch: Int) {
  guard let shape = unsafe layer.columns?.pointee else { return }
  let size = unsafe layer.input_size
  var (x, y) = unsafe (block.input, block.output)
  var past = unsafe block.cell
  var row = 0
  while unsafe row < block.steps {
    let place = unsafe past + (shape.past &- 1)
    let stored = unsafe Int(truncatingIfNeeded: place.pointee.bitPattern)
    let oldest = stored < shape.delay ? stored : 0
    let kept = unsafe past + oldest &* size
    unsafe copy(kept, to: y, count: size)
    unsafe copy(x, to: kept, count: size)
    let next = oldest &+ 1 < shape.delay ? oldest &+ 1 : 0
    unsafe place.pointee = Float(bitPattern: UInt32(truncatingIfNeeded: next))
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    unsafe past += pastPitch
    row &+= 1
  }
}

/// y[j] = x[index[j]]; 0 where that is no feature, as -1 is none.
///
/// Indices are looked at again though they were validated: they lie in a file that may be mapped, and have been
/// written to since.
@inline(always)
func gather(_ layer: sluice_layer, _ block: sluice_block) {
  let indices = unsafe UnsafeRawPointer(layer.weights).assumingMemoryBound(to: UInt32.self)
  let size = unsafe UInt32(truncatingIfNeeded: layer.input_size)
  var (x, y) = unsafe (block.input, block.output)
  let count = unsafe layer.output_size
  var row = 0
  while unsafe row < block.steps {
    var i = 0
    while i < count {
      let index = unsafe indices[i]
      let isFeature = index < size
      // Read without a branch: there is always a first feature.
      let value = unsafe x[isFeature ? Int(truncatingIfNeeded: index) : 0]
      unsafe y[i] = isFeature ? value : 0
      i &+= 1
    }
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    row &+= 1
  }
}
