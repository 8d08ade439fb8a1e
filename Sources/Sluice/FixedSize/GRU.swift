import SluiceBlob

/// One GRU layer whose sizes stand in its type, and whose state lies in the value itself: no heap,
/// on the stack of a task or within another type.
///
///     r, z = sigmoid(W x(t) + U h(t-1) + b)       h(t) = (1 - z) * n + z * h(t-1)
///
/// with n of either `GRUVariant`, as the blob has it (Cho et al. 2014). It runs the same kernels
/// from the same blob as ``ModelStream``, and gives the same bits.
@safe
public struct GRU<let Input: Int, let Hidden: Int>: ~Copyable {
  @usableFromInline var core: FixedCell
  @usableFromInline var memory = FixedMemory<Hidden>()

  /// The cell at its initial state.
  ///
  /// - Parameters:
  ///   - blob: a validated blob, whose bytes the caller keeps for as long as this value exists. Of
  ///     an open model it is ``Model/blob``: keep the model.
  ///   - layer: the layer's index among the blob's records.
  ///   - instructionSet: nil chooses the best, or what `SLUICE_ISA` names.
  /// - Throws: ``ModelError/layerDiffers(index:)`` where the layer is no plain GRU with float32
  ///   weights of `Input` features and `Hidden` units.
  public init(
    _ blob: BlobView, layer: Int = 0, instructionSet: InstructionSet? = nil
  ) throws(ModelError) {
    core = try FixedCell(
      blob, layer: layer, kind: .gru, inputSize: Input, hiddenSize: Hidden,
      instructionSet: instructionSet)
    reset()
  }

  /// One time step: reads x(t), returns h(t).
  ///
  /// - Complexity: one pass over the weights; no allocation, lock or system call.
  @inlinable
  public mutating func step(_ input: InlineArray<Input, Float>) -> InlineArray<Hidden, Float> {
    core.step(input, in: &memory)
  }

  /// Returns to the model's initial state.
  public mutating func reset() { core.reset(&memory) }

  /// h as it is now.
  public var hidden: InlineArray<Hidden, Float> {
    mutating get { core.hidden(in: &memory) }
  }
}

// One owner, no shared mutable state: whoever holds the cell may send it on.
extension GRU: @unchecked Sendable {}
