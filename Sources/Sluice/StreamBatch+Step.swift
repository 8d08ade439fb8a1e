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
    precondition(!plan.readsTokens, "This model reads token ids")
    precondition(input.count == count * plan.inputSize, "input is not [count, inputSize]")
    checkRows(output.count, active)
    unsafe input.withUnsafeBufferPointer { x in
      unsafe output.withUnsafeMutableBufferPointer { y in
        guard let active else {
          unsafe stepRows(x.baseAddress!, into: y.baseAddress!, active: nil)
          return
        }
        unsafe active.withUnsafeBytes { active in
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
    precondition(plan.readsTokens, "This model does not read token ids")
    checkRows(output.count, active)
    return unsafe tokens.withUnsafeBufferPointer { ids in
      unsafe output.withUnsafeMutableBufferPointer { y in
        guard let active else {
          return unsafe stepTokens(ids.baseAddress!, into: y.baseAddress!, active: nil)
        }
        return unsafe active.withUnsafeBytes { active in
          unsafe stepTokens(ids.baseAddress!, into: y.baseAddress!, active: active.baseAddress)
        }
      }
    }
  }

  private func checkRows(_ outputCount: Int, _ active: Span<Bool>?) {
    precondition(
      outputCount == count * plan.outputSize, "output is not [count, outputSize]")
    if let active { precondition(active.count == count, "active is not [count]") }
  }
}

// Without preconditions, for callers who have looked: no trap is in here.
extension StreamBatch {
  /// One time step: x(t) `[count, inputSize]`, y(t) `[count, outputSize]`, `[count]` active or nil:
  /// bytes, each of which is true if it is not 0. C and NumPy have masks of other bytes than 0 and 1,
  /// which a Bool must not be.
  package func stepRows(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, active: UnsafeRawPointer?
  ) {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let active = unsafe active?.assumingMemoryBound(to: UInt8.self)
    let size = plan.inputSize
    let rows = unsafe rowCount(active)
    guard let active = unsafe active, rows < count else {
      unsafe runAll(x, stride: size, into: y)
      return
    }
    unsafe gather(active) { stream, row in
      unsafe instructionSet.copyRows(
        x + stream &* size, pitch: size, to: row, targetPitch: size, count: size, rows: 1)
    }
    unsafe runGathered(rows, active, into: y)
  }

  /// The same of `[count]` token ids; false where the model lacks one that is active.
  package func stepTokens(
    _ tokens: UnsafePointer<Int32>, into y: UnsafeMutablePointer<Float>,
    active: UnsafeRawPointer?
  ) -> Bool {
    let active = unsafe active?.assumingMemoryBound(to: UInt8.self)
    var stream = 0
    while stream < count {
      if unsafe active?[stream] != 0, unsafe !plan.hasToken(Int(tokens[stream])) {
        return false
      }
      stream &+= 1
    }
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let rows = unsafe rowCount(active)
    guard let active = unsafe active, rows < count else {
      let inputs = unsafe inputRows
      stream = 0
      while stream < count {
        unsafe plan.writeFeatures(
          of: Int(tokens[stream]), to: inputs + stream &* plan.inputStride)
        stream &+= 1
      }
      unsafe runAll(inputs, stride: plan.inputStride, into: y)
      return true
    }
    unsafe gather(active) { stream, row in
      unsafe plan.writeFeatures(of: Int(tokens[stream]), to: row)
    }
    unsafe runGathered(rows, active, into: y)
    return true
  }

  private func rowCount(_ active: UnsafePointer<UInt8>?) -> Int {
    guard let active = unsafe active else { return count }
    var (rows, stream) = (0, 0)
    while stream < count {
      if unsafe active[stream] != 0 { rows &+= 1 }
      stream &+= 1
    }
    return rows
  }

  /// Where the active streams' states and inputs are gathered, behind a step's vectors.
  private var gathered: UnsafeMutablePointer<Float> { unsafe steps + rows &* plan.stepFloats }

  private var projections: UnsafeMutablePointer<Float> {
    unsafe gathered + count &* plan.stateFloats
  }

  var inputRows: UnsafeMutablePointer<Float> {
    unsafe projections + 2 &* count &* plan.longestProjection
  }

  private func runAll(
    _ x: UnsafePointer<Float>, stride: Int, into y: UnsafeMutablePointer<Float>
  ) {
    unsafe run(first: count, x, stride: stride, into: y)
  }

  /// A step of the first `streams`, where floats are computed with as the kernels expect it.
  func run(
    first streams: Int, _ x: UnsafePointer<Float>, stride: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    let size = plan.outputSize
    let rows = unsafe run(Rows(reading: x, stride: stride), streams, states: buffer)
    unsafe instructionSet.copyRows(
      rows.start, pitch: rows.stride, to: y, targetPitch: size, count: size, rows: streams)
  }

  /// Copies what the active streams need to neighbouring rows.
  private func gather(
    _ active: UnsafePointer<UInt8>,
    writeInput: (_ stream: Int, _ row: UnsafeMutablePointer<Float>) -> Void
  ) {
    var (row, stream) = (0, 0)
    while stream < count {
      if unsafe active[stream] != 0 {
        unsafe writeInput(stream, inputRows + row &* plan.inputStride)
        unsafe copyStates(from: buffer, row: stream, to: gathered, row: row)
        row &+= 1
      }
      stream &+= 1
    }
  }

  private func runGathered(
    _ count: Int, _ active: UnsafePointer<UInt8>, into y: UnsafeMutablePointer<Float>
  ) {
    guard count > 0 else { return }
    let size = plan.outputSize
    let rows = unsafe run(Rows(inputRows, stride: plan.inputStride), count, states: gathered)
    var (row, stream) = (0, 0)
    while stream < self.count {
      if unsafe active[stream] != 0 {
        unsafe copyStates(from: gathered, row: row, to: buffer, row: stream)
        unsafe instructionSet.copyRows(
          rows[row], pitch: rows.stride, to: y + stream &* size, targetPitch: size, count: size,
          rows: 1)
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
    while index < plan.layerCount {
      var sources = unsafe plan[index].stateVectors(of: source, streams: count)
      var targets = unsafe plan[index].stateVectors(of: target, streams: count)
      while let from = sources.next(), let to = targets.next() {
        unsafe instructionSet.copyRows(
          from.start + row &* from.stride, pitch: 0, to: to.start + targetRow &* to.stride,
          targetPitch: 0, count: from.stride, rows: 1)
      }
      index &+= 1
    }
  }

  /// Every layer over one step of `rows` streams, where floats are computed with as the kernels expect
  /// it; returns the last layer's outputs.
  private func run(_ x: Rows, _ rows: Int, states: UnsafeMutablePointer<Float>) -> Rows {
    let projected = unsafe projections
    let quantised = unsafe inputRows + count &* plan.inputStride
    let memory = unsafe StepMemory(states: states, count, steps: steps, self.rows)
    let scratch = unsafe ScratchRows(
      projected: projected, recurrent: projected + count &* plan.longestProjection,
      quantised: quantised,
      columns: quantised + count &* (plan.quantisedInput &+ plan.quantisedHidden))
    var output = x
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      var input = output
      if plan.branches { input = layer.source < 0 ? x : outputs(of: plan[layer.source]) }
      // h(t) replaces h(t-1): every product with h(t-1) is formed before.
      output = outputs(of: layer)
      var block = unsafe sluice_block(
        layer, in: memory, from: input, hidden: output.start, to: output, scratch, steps: rows,
        backwards: false)
      unsafe instructionSet.runBatch(layer.layer, &block)
      index &+= 1
    }
    return output

    func outputs(of layer: PlannedLayer) -> Rows {
      unsafe Rows(layer.vector(0, in: memory), stride: layer.stride)
    }
  }
}
