import _SluiceContract

/// A vector of one layer's state, where it lies in its stream. No buffer pointer, whose making can trap.
@safe
package struct LayerState {
  /// Its first float.
  package let start: UnsafeMutablePointer<Float>
  /// Floats without padding.
  package let count: Int
}

extension ModelStream {
  /// Sets h of one recurrent layer, of which the next step makes h(t-1).
  ///
  /// - Parameters:
  ///   - layer: the layer's index among the blob's records.
  ///   - hidden: h, `[outputSize]` of the layer.
  /// - Returns: false where the layer has no such state, or one of another size; nothing changed.
  @discardableResult
  public mutating func setHidden(ofLayer layer: Int, to hidden: Span<Float>) -> Bool {
    set(self.hidden(ofLayer: layer), to: hidden)
  }

  /// Sets C of one LSTM layer, `[hiddenSize]`; as ``setHidden(ofLayer:to:)``.
  @discardableResult
  public mutating func setCell(ofLayer layer: Int, to cell: Span<Float>) -> Bool {
    set(self.cell(ofLayer: layer), to: cell)
  }

  private func set(_ vector: LayerState?, to values: Span<Float>) -> Bool {
    guard let vector, vector.count == values.count else { return false }
    for unit in 0..<values.count { unsafe vector.start[unit] = values[unit] }
    return true
  }

  /// h of one recurrent layer as it is now, `[outputSize]`, where it lies; nil where the layer has none.
  package func hidden(ofLayer layer: Int) -> LayerState? {
    guard let layer = recurrentLayer(layer) else { return nil }
    return unsafe LayerState(
      start: layer.vector(phase, in: memory), count: layer.outputSize)
  }

  /// C of one LSTM layer as it is now, `[hiddenSize]`; as ``hidden(ofLayer:)``.
  package func cell(ofLayer layer: Int) -> LayerState? {
    guard let layer = recurrentLayer(layer), layer.hasCell else { return nil }
    return unsafe LayerState(start: buffer + layer.cellOffset, count: layer.hiddenSize)
  }

  private func recurrentLayer(_ record: Int) -> PlannedLayer? {
    let index = unsafe plan.model.layer(ofRecord: record, plan.layerCount)
    guard index >= 0 else { return nil }
    return plan[index].isRecurrent && plan[index].record == record ? plan[index] : nil
  }
}

#if !hasFeature(Embedded)
  extension ModelStream {
    /// The state of one recurrent layer as it is now.
    ///
    /// - Parameters:
    ///   - layer: the layer's index among the blob's records.
    ///   - hidden: receives h, `[outputSize]`.
    /// - Returns: false where the layer has no such state; nothing is written then.
    @discardableResult
    public func copyHidden(ofLayer layer: Int, into hidden: inout [Float]) -> Bool {
      guard let h = self.hidden(ofLayer: layer) else { return false }
      hidden = unsafe Array(UnsafeBufferPointer(start: h.start, count: h.count))
      return true
    }

    /// The cell state C of one LSTM layer as it is now, `[hiddenSize]`; as `copyHidden`.
    @discardableResult
    public func copyCell(ofLayer layer: Int, into cell: inout [Float]) -> Bool {
      guard let c = self.cell(ofLayer: layer) else { return false }
      cell = unsafe Array(UnsafeBufferPointer(start: c.start, count: c.count))
      return true
    }

    /// What a layer wrote at the last step that was taken alone, `[outputSize]`; as `copyHidden`.
    ///
    /// Of a stream that shares its workspace, and a layer without a state, it may be another stream's.
    ///
    /// - Returns: false for an embedding, whose rows lie in the blob, and for a last activation, which
    ///   may have written to the step's caller alone; nothing is written then.
    @discardableResult
    public func copyOutput(ofLayer layer: Int, into output: inout [Float]) -> Bool {
      let index = unsafe plan.model.layer(ofRecord: layer, plan.layerCount)
      guard index >= 0, plan[index].record == layer else { return false }
      if index == plan.layerCount - 1, plan.writesOutput { return false }
      let y = unsafe plan[index].vector(phase, in: memory)
      output = unsafe Array(UnsafeBufferPointer(start: y, count: plan[index].outputSize))
      return true
    }
  }
#endif
