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
      guard let plan = unsafe recurrentLayer(layer) else { return false }
      let h = unsafe buffer + plan.output_offset + phase * plan.stride
      hidden = unsafe Array(UnsafeBufferPointer(start: h, count: plan.output_size))
      return true
    }

    /// The cell state C of one LSTM layer as it is now, `[hiddenSize]`; as `copyHidden`.
    @discardableResult
    public func copyCell(ofLayer layer: Int, into cell: inout [Float]) -> Bool {
      guard let plan = unsafe recurrentLayer(layer), unsafe plan.hasCell else {
        return false
      }
      let c = unsafe buffer + plan.cell_offset
      cell = unsafe Array(UnsafeBufferPointer(start: c, count: plan.form.hidden_size))
      return true
    }

    /// What a layer wrote at the last step that was taken alone, `[outputSize]`; as `copyHidden`.
    ///
    /// - Returns: false for an embedding, whose rows lie in the blob, and for a last activation, which
    ///   may have written to the step's caller alone; nothing is written then.
    @discardableResult
    public func copyOutput(ofLayer layer: Int, into output: inout [Float]) -> Bool {
      let planned = unsafe model.layer(ofRecord: layer, model.pointee.layer_count)
      guard planned >= 0 else { return false }
      let plan = unsafe model.pointee.layers[planned]
      guard unsafe Int(plan.record) == layer else { return false }
      let isLast = unsafe planned == model.pointee.layer_count - 1
      if isLast, unsafe model.pointee.writes_output { return false }
      let y = unsafe buffer + plan.output_offset + (plan.is_recurrent ? phase * plan.stride : 0)
      output = unsafe Array(UnsafeBufferPointer(start: y, count: plan.output_size))
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
      guard let plan = unsafe recurrentLayer(layer), unsafe hidden.count == plan.output_size else {
        return false
      }
      let h = unsafe buffer + plan.output_offset + phase * plan.stride
      for unit in 0..<hidden.count { unsafe h[unit] = hidden[unit] }
      return true
    }

    /// Sets C of one LSTM layer, `[hiddenSize]`; as ``setHidden(ofLayer:to:)``.
    @discardableResult
    public mutating func setCell(ofLayer layer: Int, to cell: Span<Float>) -> Bool {
      guard let plan = unsafe recurrentLayer(layer), unsafe plan.hasCell,
        unsafe cell.count == plan.form.hidden_size
      else { return false }
      let c = unsafe buffer + plan.cell_offset
      for unit in 0..<cell.count { unsafe c[unit] = cell[unit] }
      return true
    }

    private func recurrentLayer(_ index: Int) -> sluice_layer? {
      let planned = unsafe model.layer(ofRecord: index, model.pointee.layer_count)
      guard planned >= 0 else { return nil }
      let layer = unsafe model.pointee.layers[planned]
      return unsafe layer.is_recurrent && Int(layer.record) == index ? layer : nil
    }
  }
#endif
