import SluiceBlob
import _SluiceSystem

extension ModelStream {
  /// A block of time steps, with the bits that as many single steps give.
  ///
  /// A model that is not ``Model/isStreamable`` takes a whole sequence, of at most ``blockSize``
  /// steps, from the state that the stream has: ``reset()`` it between sequences.
  ///
  /// - Parameters:
  ///   - input: x, `[T, inputSize]` row after row.
  ///   - output: y, `[T, outputSize]`, or the last step's `[outputSize]` where the model's
  ///     ``Model/output`` is `last`. Must not be the memory of `input`.
  /// - Returns: whether the block was run. A sequence that is longer than ``blockSize`` is not, where
  ///   the model reads backwards: then nothing happened.
  /// - Precondition: `input` holds T >= 1 whole steps and `output` as many, and the model does not
  ///   begin with an embedding.
  @discardableResult
  public mutating func process(
    _ input: Span<Float>, into output: inout MutableSpan<Float>
  ) -> Bool {
    precondition(!plan.readsTokens, "This model reads token ids")
    let size = plan.inputSize
    let steps = input.count / size
    precondition(steps >= 1 && steps * size == input.count, "input is not [T, inputSize]")
    checkRows(output.count, steps: steps)
    guard takesBlock(of: steps) else { return false }
    unsafe input.withUnsafeBufferPointer { x in
      unsafe output.withUnsafeMutableBufferPointer { y in
        _ = unsafe processRows(
          x.baseAddress!, steps: steps, into: y.baseAddress!, looking: false)
      }
    }
    return true
  }

  /// `process` without its preconditions, of a model that takes so many steps; then ``isFinite`` if
  /// `looks`. No trap is in here.
  package mutating func processRows(
    _ x: UnsafePointer<Float>, steps: Int, into y: UnsafeMutablePointer<Float>, looking looks: Bool
  ) -> Bool {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let size = plan.inputSize
    var done = 0
    while done < steps {
      let count = min(blockSize, steps &- done)
      let rows = unsafe run(x + done &* size, stride: size, steps: count)
      unsafe copyRows(rows, count: count, from: done, of: steps, into: y)
      done &+= count
    }
    return !looks || isFiniteAsComputed
  }

  /// Whether the model takes one step at a time.
  package var takesSteps: Bool { !plan.readsBackwards }

  /// Whether `process` takes so many steps: where the model reads backwards, a block at most.
  package func takesBlock(of steps: Int) -> Bool { takesSteps || steps <= blockSize }

  /// A block of tokens through a model that begins with an embedding.
  ///
  /// - Parameters:
  ///   - tokens: T ids.
  ///   - output: as for ``process(_:into:)-(Span<Float>,_)``.
  /// - Returns: whether the model has all these tokens, and the sequence is not too long as for
  ///   ``process(_:into:)-(Span<Float>,_)``. If not, nothing happened.
  /// - Precondition: T >= 1, `output` has T rows, and the model begins with an embedding.
  @discardableResult
  public mutating func process(
    tokens: Span<Int32>, into output: inout MutableSpan<Float>
  ) -> Bool {
    precondition(tokens.count >= 1, "no token")
    checkRows(output.count, steps: tokens.count)
    guard takesBlock(of: tokens.count) else { return false }
    precondition(plan.readsTokens, "This model does not read token ids")
    return unsafe tokens.withUnsafeBufferPointer { ids in
      unsafe output.withUnsafeMutableBufferPointer { y in
        guard unsafe hasTokens(ids.baseAddress!, count: ids.count) else { return false }
        _ = unsafe processTokens(
          ids.baseAddress!, steps: ids.count, into: y.baseAddress!, looking: false)
        return true
      }
    }
  }

  /// Whether a model that begins with an embedding has all these tokens.
  package func hasTokens(_ tokens: UnsafePointer<Int32>, count: Int) -> Bool {
    var index = 0
    while index < count {
      guard unsafe plan.hasToken(Int(tokens[index])) else { return false }
      index &+= 1
    }
    return true
  }

  /// `process(tokens:into:)` without its preconditions, of tokens that the model has; then ``isFinite``
  /// if `looks`.
  package mutating func processTokens(
    _ tokens: UnsafePointer<Int32>, steps: Int, into y: UnsafeMutablePointer<Float>,
    looking looks: Bool
  ) -> Bool {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let stride = plan.inputStride
    var done = 0
    while done < steps {
      let count = min(blockSize, steps &- done)
      let rows = unsafe embeddedRows
      var t = 0
      while t < count {
        unsafe plan.writeFeatures(of: Int(tokens[done &+ t]), to: rows + t &* stride)
        t &+= 1
      }
      let outputs = unsafe run(rows, stride: stride, steps: count)
      unsafe copyRows(outputs, count: count, from: done, of: steps, into: y)
      done &+= count
    }
    return !looks || isFiniteAsComputed
  }

  private func checkRows(_ count: Int, steps: Int) {
    let size = plan.outputSize
    let rows = plan.yieldsLast ? 1 : steps
    precondition(count == rows * size, "output is not [T, outputSize]")
  }

  /// Copies the rows of one block to where the caller wants them.
  @inline(__always)
  private func copyRows(
    _ rows: Rows, count: Int, from first: Int, of steps: Int, into y: UnsafeMutablePointer<Float>
  ) {
    let size = plan.outputSize
    if plan.yieldsLast {
      guard first &+ count == steps else { return }
      unsafe instructionSet.copyRows(
        rows[count &- 1], pitch: 0, to: y, targetPitch: 0, count: size, rows: 1)
      return
    }
    unsafe instructionSet.copyRows(
      rows.start, pitch: rows.stride, to: y + first &* size, targetPitch: size, count: size,
      rows: count)
  }
}

#if !hasFeature(Embedded)
  extension ModelStream {
    /// `process(_:into:)` on arrays.
    @discardableResult
    public mutating func process(_ input: [Float], into output: inout [Float]) -> Bool {
      var y = output.mutableSpan
      return process(input.span, into: &y)
    }

    /// `process(tokens:into:)` on arrays.
    @discardableResult
    public mutating func process(tokens: [Int32], into output: inout [Float]) -> Bool {
      var y = output.mutableSpan
      return process(tokens: tokens.span, into: &y)
    }
  }
#endif
