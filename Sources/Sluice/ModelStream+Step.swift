import _SluiceSystem

extension ModelStream {
  /// One time step: reads x(t), moves the state on, writes y(t).
  ///
  /// - Parameters:
  ///   - input: x(t), `[inputSize]`.
  ///   - output: y(t), `[outputSize]`; may be the memory of `input`.
  /// - Precondition: both have the model's sizes, the model is ``Model/isStreamable`` and does not
  ///   begin with an embedding.
  /// - Complexity: one pass over the weights; no allocation, lock or system call.
  public mutating func step(_ input: Span<Float>, into output: inout MutableSpan<Float>) {
    precondition(!plan.readsTokens, "This model reads token ids")
    precondition(input.count == plan.inputSize, "input has the wrong size")
    precondition(output.count == plan.outputSize, "output has the wrong size")
    precondition(!plan.readsBackwards, "This model takes whole sequences")
    unsafe input.withUnsafeBufferPointer { x in
      unsafe output.withUnsafeMutableBufferPointer { y in
        _ = unsafe stepRow(x.baseAddress!, into: y.baseAddress!, looking: false)
      }
    }
  }

  /// `step` without its preconditions; then ``isFinite`` if `looks`: in one go, since to turn to the
  /// kernels' way with floats and back takes longer than to look.
  @inline(__always)
  package mutating func stepRow(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, looking looks: Bool
  ) -> Bool {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    unsafe stepRowAsComputed(x, into: y)
    return !looks || isFiniteAsComputed
  }

  @inline(__always)
  private mutating func stepRowAsComputed(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    let size = plan.outputSize
    // A last layer that reads x itself must not write what it has yet to read.
    let distance = unsafe (UnsafePointer(y) - x).magnitude
    let isSafe = distance == 0 || distance >= size.magnitude
    let row = unsafe runStep(x, into: isSafe ? y : nil)
    guard unsafe row != UnsafePointer(y) else { return }
    unsafe instructionSet.copyRows(
      row, pitch: size, to: y, targetPitch: size, count: size, rows: 1)
  }

  /// One time step of a model that begins with an embedding.
  ///
  /// - Parameters:
  ///   - token: the id of the token at t.
  ///   - output: y(t), `[outputSize]`.
  /// - Returns: whether the model has that token. If not, nothing happened: neither the state nor
  ///   `output` changed.
  /// - Precondition: `output` has the model's size, the model is ``Model/isStreamable`` and begins
  ///   with an embedding.
  @discardableResult
  public mutating func step(token: Int, into output: inout MutableSpan<Float>) -> Bool {
    precondition(output.count == plan.outputSize, "output has the wrong size")
    precondition(!plan.readsBackwards, "This model takes whole sequences")
    precondition(plan.readsTokens, "This model does not read token ids")
    guard hasToken(token) else { return false }
    unsafe output.withUnsafeMutableBufferPointer { y in
      _ = unsafe stepToken(token, into: y.baseAddress!, looking: false)
    }
    return true
  }

  /// Whether a model that begins with an embedding has a token.
  @inline(__always)
  package func hasToken(_ token: Int) -> Bool { plan.hasToken(token) }

  /// `step(token:into:)` without its preconditions, of a token that the model has; then ``isFinite`` if
  /// `looks`.
  @inline(__always)
  package mutating func stepToken(
    _ token: Int, into y: UnsafeMutablePointer<Float>, looking looks: Bool
  ) -> Bool {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let row = unsafe plan.features(of: token, using: embeddedRows)
    unsafe stepRowAsComputed(row, into: y)
    return !looks || isFiniteAsComputed
  }

  /// Where a block's embedded tokens lie: rows that are free until the first layer has run.
  var embeddedRows: UnsafeMutablePointer<Float> {
    unsafe plan.blockRows(of: workspace) + blockSize &* plan.longestStride
  }
}

#if !hasFeature(Embedded)
  extension ModelStream {
    /// `step(_:into:)` on arrays.
    public mutating func step(_ input: [Float], into output: inout [Float]) {
      var y = output.mutableSpan
      step(input.span, into: &y)
    }

    /// `step(token:into:)` on an array.
    @discardableResult
    public mutating func step(token: Int, into output: inout [Float]) -> Bool {
      var y = output.mutableSpan
      return step(token: token, into: &y)
    }
  }
#endif
