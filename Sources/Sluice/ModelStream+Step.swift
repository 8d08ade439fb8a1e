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
    precondition(unsafe model.pointee.embedding == nil, "This model reads token ids")
    precondition(unsafe input.count == model.pointee.input_size, "input has the wrong size")
    precondition(unsafe output.count == model.pointee.output_size, "output has the wrong size")
    precondition(unsafe !model.pointee.reads_backwards, "This model takes whole sequences")
    unsafe input.withUnsafeBufferPointer { x in
      unsafe output.withUnsafeMutableBufferPointer { y in
        unsafe stepRow(x.baseAddress!, into: y.baseAddress!)
      }
    }
  }

  /// `step` without its preconditions: one row of features, or of the embedding.
  @inline(__always)
  package mutating func stepRow(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    unsafe stepRowAsComputed(x, into: y)
  }

  /// `stepRow`, then ``isFinite`` if `looks`: in one go, since to turn to the kernels' way with floats and
  /// back takes longer than to look.
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
    let size = unsafe model.pointee.output_size
    // A last layer that reads x itself must not write what it has yet to read.
    let distance = unsafe (UnsafePointer(y) - x).magnitude
    let isSafe = distance == 0 || distance >= size.magnitude
    let row = unsafe runStepAsComputed(x, into: isSafe ? y : nil)
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
    precondition(unsafe output.count == model.pointee.output_size, "output has the wrong size")
    precondition(unsafe !model.pointee.reads_backwards, "This model takes whole sequences")
    guard let features = unsafe features(of: token) else { return false }
    unsafe output.withUnsafeMutableBufferPointer { y in
      unsafe stepRow(features, into: y.baseAddress!)
    }
    return true
  }

  /// The embedding's row of a token, as floats; nil if there is no such token.
  @inline(__always)
  package func features(of token: Int) -> UnsafePointer<Float>? {
    precondition(unsafe model.pointee.embedding != nil, "This model does not read token ids")
    guard unsafe model.hasToken(token) else { return nil }
    return unsafe model.features(of: token, using: embeddedRows)
  }

  /// Where a block's embedded tokens lie: rows that are free until the first layer has run.
  var embeddedRows: UnsafeMutablePointer<Float> {
    unsafe buffer + model.pointee.state_floats + blockSize &* model.pointee.longest_stride
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
