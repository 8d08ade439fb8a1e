import _SluiceContract

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
      guard let layer = recurrentLayer(layer) else { return false }
      let h = unsafe buffer + layer.outputOffset + phase * layer.stride
      hidden = unsafe Array(UnsafeBufferPointer(start: h, count: layer.outputSize))
      return true
    }

    /// The cell state C of one LSTM layer as it is now, `[hiddenSize]`; as `copyHidden`.
    @discardableResult
    public func copyCell(ofLayer layer: Int, into cell: inout [Float]) -> Bool {
      guard let layer = recurrentLayer(layer), layer.hasCell else { return false }
      let c = unsafe buffer + layer.cellOffset
      cell = unsafe Array(UnsafeBufferPointer(start: c, count: layer.hiddenSize))
      return true
    }

    /// What a layer wrote at the last step that was taken alone, `[outputSize]`; as `copyHidden`.
    ///
    /// - Returns: false for an embedding, whose rows lie in the blob, and for a last activation, which
    ///   may have written to the step's caller alone; nothing is written then.
    @discardableResult
    public func copyOutput(ofLayer layer: Int, into output: inout [Float]) -> Bool {
      let index = unsafe plan.model.layer(ofRecord: layer, plan.layerCount)
      guard index >= 0, plan[index].record == layer else { return false }
      if index == plan.layerCount - 1, plan.writesOutput { return false }
      let y = unsafe buffer + plan[index].outputOffset + plan[index].vector(phase)
      output = unsafe Array(UnsafeBufferPointer(start: y, count: plan[index].outputSize))
      return true
    }

    /// Sets h of one recurrent layer, of which the next step makes h(t-1).
    ///
    /// - Parameters:
    ///   - layer: the layer's index among the blob's records.
    ///   - hidden: h, `[outputSize]` of the layer.
    /// - Returns: false where the layer has no such state, or one of another size; nothing changed.
    @discardableResult
    public mutating func setHidden(ofLayer layer: Int, to hidden: Span<Float>) -> Bool {
      guard let layer = recurrentLayer(layer), hidden.count == layer.outputSize else {
        return false
      }
      let h = unsafe buffer + layer.outputOffset + phase * layer.stride
      for unit in 0..<hidden.count { unsafe h[unit] = hidden[unit] }
      return true
    }

    /// Sets C of one LSTM layer, `[hiddenSize]`; as ``setHidden(ofLayer:to:)``.
    @discardableResult
    public mutating func setCell(ofLayer layer: Int, to cell: Span<Float>) -> Bool {
      guard let layer = recurrentLayer(layer), layer.hasCell, cell.count == layer.hiddenSize
      else { return false }
      let c = unsafe buffer + layer.cellOffset
      for unit in 0..<cell.count { unsafe c[unit] = cell[unit] }
      return true
    }

    private func recurrentLayer(_ record: Int) -> PlannedLayer? {
      let index = unsafe plan.model.layer(ofRecord: record, plan.layerCount)
      guard index >= 0 else { return nil }
      return plan[index].isRecurrent && plan[index].record == record ? plan[index] : nil
    }
  }
#endif
