import _SluiceContract
import _SluiceSystem

extension StreamBatch {
  /// One time step of every stream.
  ///
  /// - Parameters:
  ///   - input: x(t), `[count, inputSize]`.
  ///   - output: y(t), `[count, outputSize]`. Must not be the memory of `input`.
  ///   - active: `[count]`, which streams take the step; nil for all. The others keep their state,
  ///     and their rows of `output` stay as they are.
  /// - Precondition: the sizes are these, and the model does not begin with an embedding.
  public mutating func step(
    _ input: Span<Float>, into output: inout MutableSpan<Float>, active: Span<Bool>? = nil
  ) {
    precondition(unsafe model.pointee.embedding == nil, "This model reads token ids")
    precondition(
      unsafe input.count == count * model.pointee.input_size, "input is not [count, inputSize]")
    checkRows(output.count, active)
    unsafe input.withUnsafeBufferPointer { x in
      unsafe output.withUnsafeMutableBufferPointer { y in
        guard let active else {
          unsafe stepRows(x.baseAddress!, into: y.baseAddress!, active: nil)
          return
        }
        unsafe active.withUnsafeBufferPointer { active in
          unsafe stepRows(x.baseAddress!, into: y.baseAddress!, active: active.baseAddress)
        }
      }
    }
  }

  /// One time step of every stream of a model that begins with an embedding.
  ///
  /// - Parameters:
  ///   - tokens: `[count]` ids.
  ///   - output: as for ``step(_:into:active:)``.
  ///   - active: likewise; the ids of inactive streams are not looked at.
  /// - Returns: whether the model has all these tokens. If not, nothing happened.
  @discardableResult
  public mutating func step(
    tokens: Span<Int32>, into output: inout MutableSpan<Float>, active: Span<Bool>? = nil
  ) -> Bool {
    precondition(tokens.count == count, "tokens is not [count]")
    precondition(unsafe model.pointee.embedding != nil, "This model does not read token ids")
    checkRows(output.count, active)
    return unsafe tokens.withUnsafeBufferPointer { ids in
      unsafe output.withUnsafeMutableBufferPointer { y in
        guard let active else {
          return unsafe stepTokens(ids.baseAddress!, into: y.baseAddress!, active: nil)
        }
        return unsafe active.withUnsafeBufferPointer { active in
          unsafe stepTokens(ids.baseAddress!, into: y.baseAddress!, active: active.baseAddress)
        }
      }
    }
  }

  private func checkRows(_ outputCount: Int, _ active: Span<Bool>?) {
    precondition(
      unsafe outputCount == count * model.pointee.output_size, "output is not [count, outputSize]")
    if let active { precondition(active.count == count, "active is not [count]") }
  }
}

// Without preconditions, for callers who have looked: no trap is in here.
extension StreamBatch {
  /// One time step: x(t) `[count, inputSize]`, y(t) `[count, outputSize]`, `[count]` active or nil.
  package func stepRows(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, active: UnsafePointer<Bool>?
  ) {
    let size = unsafe model.pointee.input_size
    let rows = unsafe rowCount(active)
    guard let active = unsafe active, rows < count else {
      unsafe runAll(x, stride: size, into: y)
      return
    }
    unsafe gather(active) { stream, row in unsafe row.update(from: x + stream &* size, count: size)
    }
    unsafe runGathered(rows, active, into: y)
  }

  /// The same of `[count]` token ids; false where the model lacks one that is active.
  package func stepTokens(
    _ tokens: UnsafePointer<Int32>, into y: UnsafeMutablePointer<Float>,
    active: UnsafePointer<Bool>?
  ) -> Bool {
    var stream = 0
    while stream < count {
      if unsafe active?[stream] ?? true, unsafe !model.hasToken(Int(tokens[stream])) {
        return false
      }
      stream &+= 1
    }
    let rows = unsafe rowCount(active)
    guard let active = unsafe active, rows < count else {
      let inputs = unsafe inputRows
      stream = 0
      while stream < count {
        unsafe model.writeFeatures(
          of: Int(tokens[stream]), to: inputs + stream &* model.pointee.input_stride)
        stream &+= 1
      }
      unsafe runAll(inputs, stride: model.pointee.input_stride, into: y)
      return true
    }
    unsafe gather(active) { stream, row in
      unsafe model.writeFeatures(of: Int(tokens[stream]), to: row)
    }
    unsafe runGathered(rows, active, into: y)
    return true
  }

  private func rowCount(_ active: UnsafePointer<Bool>?) -> Int {
    guard let active = unsafe active else { return count }
    var (rows, stream) = (0, 0)
    while stream < count {
      if unsafe active[stream] { rows &+= 1 }
      stream &+= 1
    }
    return rows
  }

  /// Where the active streams' states and inputs are gathered.
  private var gathered: UnsafeMutablePointer<Float> {
    unsafe buffer + count &* model.pointee.state_floats
  }

  private var projections: UnsafeMutablePointer<Float> {
    unsafe gathered + count &* model.pointee.state_floats
  }

  private var inputRows: UnsafeMutablePointer<Float> {
    unsafe projections + 2 &* count &* model.pointee.longest_projection
  }

  private func runAll(
    _ x: UnsafePointer<Float>, stride: Int, into y: UnsafeMutablePointer<Float>
  ) {
    let size = unsafe model.pointee.output_size
    let (rows, pitch) = unsafe run(x, stride: stride, rows: count, states: buffer)
    var stream = 0
    while stream < count {
      unsafe (y + stream &* size).update(from: rows + stream &* pitch, count: size)
      stream &+= 1
    }
  }

  /// Copies what the active streams need to neighbouring rows.
  private func gather(
    _ active: UnsafePointer<Bool>,
    writeInput: (_ stream: Int, _ row: UnsafeMutablePointer<Float>) -> Void
  ) {
    var (row, stream) = (0, 0)
    while stream < count {
      if unsafe active[stream] {
        unsafe writeInput(stream, inputRows + row &* model.pointee.input_stride)
        unsafe copyStates(from: buffer, row: stream, to: gathered, row: row)
        row &+= 1
      }
      stream &+= 1
    }
  }

  private func runGathered(
    _ count: Int, _ active: UnsafePointer<Bool>, into y: UnsafeMutablePointer<Float>
  ) {
    guard count > 0 else { return }
    let size = unsafe model.pointee.output_size
    let (rows, pitch) = unsafe run(
      inputRows, stride: model.pointee.input_stride, rows: count, states: gathered)
    var (row, stream) = (0, 0)
    while stream < self.count {
      if unsafe active[stream] {
        unsafe copyStates(from: gathered, row: row, to: buffer, row: stream)
        unsafe (y + stream &* size).update(from: rows + row &* pitch, count: size)
        row &+= 1
      }
      stream &+= 1
    }
  }

  private func copyStates(
    from source: UnsafeMutablePointer<Float>, row: Int, to target: UnsafeMutablePointer<Float>,
    row targetRow: Int
  ) {
    var index = 0
    while unsafe index < model.pointee.layer_count {
      let layer = unsafe model.pointee.layers[index]
      var sources = unsafe layer.stateVectors(of: source, streams: count)
      var targets = unsafe layer.stateVectors(of: target, streams: count)
      while let from = sources.next(), let to = targets.next() {
        unsafe (to.start + targetRow &* to.stride).update(
          from: from.start + row &* from.stride, count: from.stride)
      }
      index &+= 1
    }
  }

  /// Every layer over one step of `rows` streams; returns the last layer's outputs.
  private func run(
    _ x: UnsafePointer<Float>, stride: Int, rows: Int, states: UnsafeMutablePointer<Float>
  ) -> (output: UnsafePointer<Float>, stride: Int) {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    var (output, outputStride) = unsafe (x, stride)
    let projected = unsafe projections
    var index = 0
    while unsafe index < model.pointee.layer_count {
      let layer = unsafe model.pointee.layers + index
      if unsafe model.pointee.branches {
        unsafe (output, outputStride) = (x, stride)
        let source = unsafe Int(layer.pointee.source)
        if source >= 0 {
          let read = unsafe model.pointee.layers[source]
          unsafe output = UnsafePointer(states + count &* read.output_offset)
          unsafe outputStride = read.stride
        }
      }
      // h(t) replaces h(t-1): every product with h(t-1) is formed before.
      let target = unsafe states + count &* layer.pointee.output_offset
      var block = unsafe sluice_block(
        input: output, input_stride: outputStride, hidden: target, output: target,
        output_stride: layer.pointee.stride, cell: states + count &* layer.pointee.cell_offset,
        scratch: states + count &* layer.pointee.scratch_offset, projected: projected,
        recurrent: projected + count &* model.pointee.longest_projection,
        quantised: inputRows + count &* model.pointee.input_stride, steps: rows,
        backwards: false)
      unsafe instructionSet.runBatch(layer, &block)
      unsafe output = UnsafePointer(target)
      unsafe outputStride = layer.pointee.stride
      index &+= 1
    }
    return unsafe (output, outputStride)
  }
}
