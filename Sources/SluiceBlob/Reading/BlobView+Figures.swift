extension BlobView {
  /// A hash of what the model computes but for its numbers: the output mode, and of every layer its
  /// kind, form, direction, sizes, inputs, activations with their parameters, limits and columns; not
  /// weights, biases, initial states, storage types, scales, roundings, grades or names.
  ///
  /// Two blobs of the same topology hash run one after the other on the same inputs, and a state of
  /// the one has the shape of the other's. `Format.md` states how it is computed.
  public var topologyHash: UInt64 {
    var hash = UInt64(output.rawValue)
    for index in 0..<layerCount {
      let start = sections.layers.start + index * recordSize
      var offset = 0
      while offset < BlobLayout.recordSize {
        if BlobLayout.Record.isTopology(offset) {
          let word = file.u32(start + offset)
          if word != 0 { hash = XXH64.hash(of: UInt32(offset), word, seed: hash) }
        }
        offset += 4
      }
    }
    return hash
  }

  /// Bytes of state and scratch that the layers declare: what a stream needs at least. A runtime
  /// keeps h twice and needs room to arrange columns; see ``LayerRecord/stateByteCount``.
  public var declaredStreamBytes: Int {
    var total = 0
    for index in 0..<layerCount {
      let record = record(at: index)
      total += record.stateByteCount + record.scratchByteCount
    }
    return total
  }

  /// Operations of a step of the model, as ``LayerRecord/stepOperationCount`` counts them: what running
  /// it costs, to compare it with a budget.
  public var stepOperationCount: Int {
    // The format's limits keep it far from overflowing.
    var count = 0
    for index in 0..<layerCount { count += record(at: index).stepOperationCount }
    return count
  }
}

extension BlobLayout.Record {
  /// Whether the word at an offset of a record says what is computed.
  static func isTopology(_ offset: Int) -> Bool {
    offset < gateOrder
      || offset >= gateActivation && offset < grade
      || offset >= inputSize && offset < weights
      || offset >= kernelSize && offset < hiddenRounding
      || offset >= columns
  }
}
