import _SluiceContract
import _SluiceLanes

/// x and a mark behind it; zeros where all features that are compared have the masked value.
@inline(always)
func mask(_ layer: sluice_layer, _ block: sluice_block) {
  guard let shape = unsafe layer.columns?.pointee else { return }
  let size = unsafe layer.input_size
  var (x, y) = unsafe (block.input, block.output)
  var row = 0
  while unsafe row < block.steps {
    var isMasked = true
    var i = shape.input_start
    while i < shape.input_start &+ shape.count {
      isMasked = unsafe isMasked && x[i] == shape.masked
      i &+= 1
    }
    i = 0
    while i < size {
      let left = size &- i
      let value = unsafe load(x + i, first: left, as: PanelPair.self)
      unsafe store(sluice_keep_first16(value, isMasked ? 0 : left), first: left, to: y + i)
      i &+= 16
    }
    unsafe y[size] = isMasked ? 0 : mark
    unsafe x += block.input_stride
    unsafe y += block.output_stride
    row &+= 1
  }
}

/// What stands beside a step that counts: not 0, and so small that the integers of an input with a step of
/// its own are what they were without it.
private var mark: Float { 0x1p-64 }

/// The rows of a recurrent layer whose last feature is not 0, each stretch of them by `inner`, the same
/// layer with its own kernel; of the others h is what it was.
@inline(always)
func runMasked(
  _ inner: UnsafePointer<sluice_layer>, _ block: sluice_block, isChained: Bool,
  run: (UnsafePointer<sluice_layer>, UnsafePointer<sluice_block>) -> Void
) {
  let (stride, cellStride) = unsafe (inner.pointee.stride, inner.pointee.cell_stride)
  let mark = unsafe block.input + (inner.pointee.input_size &- 1)
  let steps = unsafe block.steps
  // h(t-1): of one stream the row before, of many streams each stream's own.
  var hidden = unsafe block.hidden
  var row = 0
  while row < steps {
    let first = row
    while unsafe row < steps && mark[row &* block.input_stride] != 0 { row &+= 1 }
    if row > first {
      var part = unsafe block
      unsafe part.steps = row &- first
      unsafe part.input = block.input + first &* block.input_stride
      unsafe part.output = block.output + first &* block.output_stride
      unsafe part.hidden = isChained ? hidden : block.hidden + first &* stride
      if !isChained { unsafe part.cell = block.cell + first &* cellStride }
      unsafe run(inner, &part)
      unsafe hidden = UnsafePointer(block.output + (row &- 1) &* block.output_stride)
    }
    while unsafe row < steps && mark[row &* block.input_stride] == 0 {
      let h = unsafe isChained ? hidden : block.hidden + row &* stride
      let y = unsafe block.output + row &* block.output_stride
      var i = 0
      while i < stride {
        unsafe store(load(h + i, as: PanelPair.self), to: y + i)
        i &+= 16
      }
      unsafe hidden = UnsafePointer(y)
      row &+= 1
    }
  }
}
