import _SluiceContract

/// The layer of one column.
@inline(always)
func layerOfColumn(_ layer: sluice_layer, _ shape: sluice_columns) -> sluice_layer {
  var column = unsafe layer
  unsafe column.kernel = layer.inner
  unsafe column.input_size = shape.input_channels
  unsafe column.output_size = shape.output_channels
  unsafe column.stride = (shape.output_channels &+ 15) & ~15
  unsafe column.cell_stride = layer.form.hidden_stride
  return unsafe column
}

/// A recurrent layer over the columns of each row, which share its weights. *Along*: the columns are the steps
/// of a stream that begins anew in every row. *Each*: they are streams, of which a row is one step.
///
/// `run` runs the layer of one column, `inner`, in that way. Its kernels keep vectors in whole lines; the
/// columns of a row lie side by side without padding, so that those of other sizes go by way of the workspace.
@inline(always)
func overColumns(
  _ inner: UnsafePointer<sluice_layer>, _ outer: UnsafePointer<sluice_layer>,
  _ shape: sluice_columns, _ block: sluice_block, isChained: Bool,
  run: (UnsafePointer<sluice_layer>, UnsafePointer<sluice_block>) -> Void
) {
  let columns = unsafe ColumnRows(inner, shape, block)
  var part = unsafe columns.block(block)
  var (x, y) = unsafe (block.input, block.output)
  var (h, cell) = unsafe (block.hidden, block.cell)
  var row = 0
  while unsafe row < block.steps {
    unsafe part.input = x
    if shape.is_along {
      unsafe columns.begin(inner.pointee, y, &part)
    } else {
      unsafe columns.resume(h, cell, y, &part)
    }
    unsafe run(inner, &part)
    unsafe columns.finish(y, cell)
    unsafe x += block.input_stride
    unsafe h = isChained ? UnsafePointer(y) : h + outer.pointee.stride
    unsafe y += block.output_stride
    if !isChained { unsafe cell += outer.pointee.cell_stride }
    row &+= 1
  }
}

/// Where the columns of a row lie while they are computed.
@safe private struct ColumnRows {
  let shape: sluice_columns
  /// The workspace, which begins with h(t-1).
  let start: UnsafeMutablePointer<Float>
  let rows: sluice_column_rows
  /// Floats of a column's h and C, with padding.
  let stride: Int, units: Int
  /// Units of a column that have a C; 0 where none has.
  let cells: Int
  /// Whether columns are whole lines, h written where it belongs.
  let isDirect: Bool

  @inline(always)
  init(_ inner: UnsafePointer<sluice_layer>, _ shape: sluice_columns, _ block: sluice_block) {
    let layer = unsafe inner.pointee
    self.shape = shape
    unsafe start = block.projected
    stride = unsafe layer.stride
    units = unsafe layer.form.hidden_stride
    cells = shape.has_cell ? unsafe layer.form.hidden_size : 0
    isDirect = stride == shape.output_channels
    rows = unsafe sluice_rows_of_columns(
      shape.length, stride, units, layer.compact.gates, layer.input_size, layer.output_size,
      sluice_is_integer(layer.compact.storage))
  }

  /// What all rows of a block have in common.
  @inline(always)
  func block(_ block: sluice_block) -> sluice_block {
    var part = unsafe block
    unsafe part.steps = shape.length
    unsafe part.input_stride = shape.input_channels
    unsafe part.output_stride = stride
    if shape.is_reverse {
      unsafe part.input_stride = 0 &- shape.input_channels
      unsafe part.output_stride = 0 &- stride
    }
    unsafe part.scratch = start + rows.scratch
    unsafe part.projected = start + rows.projected
    unsafe part.recurrent = start + rows.recurrent
    unsafe part.quantised = UnsafeMutableRawPointer(start + rows.quantised)
    unsafe part.cell = start + rows.cell
    unsafe part.backwards = false
    return unsafe part
  }

  /// The initial state, and the column from which it goes on.
  @inline(always)
  func begin(
    _ layer: sluice_layer, _ y: UnsafeMutablePointer<Float>, _ part: inout sluice_block
  ) {
    let initial = unsafe layer.initial_state
    unsafe fill(start, from: initial, count: stride)
    if cells > 0 {
      unsafe fill(start + rows.cell, from: initial.map { unsafe $0 + stride }, count: units)
    }
    unsafe part.hidden = UnsafePointer(start)
    unsafe part.output = isDirect ? y : start + rows.next
    if shape.is_reverse {
      let last = shape.length &- 1
      unsafe part.input += last &* shape.input_channels
      unsafe part.output += last &* stride
    }
  }

  /// h and C of every column as its kernel has them. h(t) may lie where h(t-1) does, as for streams.
  @inline(always)
  func resume(
    _ h: UnsafePointer<Float>, _ cell: UnsafeMutablePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, _ part: inout sluice_block
  ) {
    unsafe part.hidden = isDirect ? h : UnsafePointer(start)
    unsafe part.output = isDirect ? y : start + rows.next
    if !isDirect { unsafe spread(h, shape.output_channels, to: start, stride) }
    guard cells > 0 else { return }
    if cells == units {
      unsafe part.cell = cell
    } else {
      unsafe spread(cell, cells, to: start + rows.cell, units)
    }
  }

  /// What the columns wrote, side by side.
  @inline(always)
  func finish(_ y: UnsafeMutablePointer<Float>, _ cell: UnsafeMutablePointer<Float>) {
    if !isDirect { unsafe join(start + rows.next, stride, to: y, shape.output_channels) }
    if !shape.is_along && cells > 0 && cells != units {
      unsafe join(start + rows.cell, units, to: cell, cells)
    }
  }

  /// Columns of `count` floats side by side to columns of `pitch`, the others zero.
  @inline(always)
  private func spread(
    _ source: UnsafePointer<Float>, _ count: Int, to target: UnsafeMutablePointer<Float>,
    _ pitch: Int
  ) {
    var column = 0
    while column < shape.length {
      var i = 0
      while i < count {
        let v = unsafe load(
          source + column &* count + i, first: count &- i, as: PanelPair.self)
        unsafe store(v, to: target + column &* pitch + i)
        i &+= 16
      }
      column &+= 1
    }
  }

  /// Columns of `pitch` floats, of which each has `count`, side by side.
  ///
  /// In ascending order, whole panels: the next column overwrites what one has too much, and the last has
  /// nothing behind it.
  @inline(always)
  private func join(
    _ source: UnsafePointer<Float>, _ pitch: Int, to target: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    let total = shape.length &* count
    var column = 0
    while column < shape.length {
      var i = 0
      while i < count {
        let at = column &* count &+ i
        let v = unsafe load(source + column &* pitch + i, as: Panel.self)
        if total &- at >= 8 {
          unsafe store(v, to: target + at)
        } else {
          unsafe store(v, first: total &- at, to: target + at)
        }
        i &+= 8
      }
      column &+= 1
    }
  }
}

/// A vector of `count` floats, or zeros, in whole lines.
@inline(always)
private func fill(
  _ target: UnsafeMutablePointer<Float>, from source: UnsafePointer<Float>?, count: Int
) {
  var i = 0
  while i < count {
    var v = PanelPair(repeating: 0)
    if let source = unsafe source { v = unsafe load(source + i, as: PanelPair.self) }
    unsafe store(v, to: target + i)
    i &+= 16
  }
}
