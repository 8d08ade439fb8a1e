extension BlobView {
  /// The number of layers, at least 1.
  public var layerCount: Int {
    sections.layers.count / recordSize
  }

  /// The record of a layer, in order of execution.
  ///
  /// - Precondition: `index` is at least 0 and less than ``layerCount``.
  public func record(at index: Int) -> LayerRecord {
    precondition(index >= 0 && index < layerCount, "Layer index out of range")
    do throws(BlobError) {
      return try LayerRecord(
        reading: file, at: sections.layers.start + index * recordSize)
    } catch {
      preconditionFailure("The blob was changed after its validation")
    }
  }

  /// The packed weights of a layer of this blob, starting at a multiple of 64 in memory.
  ///
  /// Shape: see `Format.md`; empty for an activation layer.
  public func weights(of record: LayerRecord) -> UnsafeRawBufferPointer {
    unsafe file.slice(extent(of: record.weights, in: sections.weights))
  }

  /// The packed biases of a layer of this blob, `[tile][biasRowCount][lane]`; empty for an embedding
  /// or activation layer.
  public func biases(of record: LayerRecord) -> UnsafeBufferPointer<Float> {
    unsafe floats(extent(of: record.biases, in: sections.biases))
  }

  /// The initial state of a layer of this blob, `[stateVectorCount][stateStride]`; empty where the
  /// state starts at zero.
  public func initialState(of record: LayerRecord) -> UnsafeBufferPointer<Float> {
    unsafe floats(extent(of: record.initialState, in: sections.states))
  }

  /// The scales of a layer of this blob, starting at a multiple of 64 in memory.
  ///
  /// Shape: see `Format.md`; empty for a layer whose weights are no integers.
  public func scales(of record: LayerRecord) -> UnsafeRawBufferPointer {
    unsafe file.slice(extent(of: record.scales, in: sections.scales))
  }

  /// The name of a layer of this blob: 1 to 255 bytes of UTF-8 without NUL.
  public func name(of record: LayerRecord) -> UnsafeRawBufferPointer {
    unsafe file.slice(extent(of: record.name, in: sections.names))
  }

  /// A record is a value that anyone may have changed: its ranges are compared once more.
  private func extent(of range: ByteRange, in section: Extent) -> Extent {
    let count = UInt64(section.count)
    precondition(
      range.length <= count && range.offset <= count - range.length,
      "The record is not of this blob")
    return Extent(start: section.start + Int(range.offset), count: Int(range.length))
  }

  private func floats(_ extent: Extent) -> UnsafeBufferPointer<Float> {
    let bytes = unsafe file.slice(extent)
    return unsafe bytes.assumingMemoryBound(to: Float.self)
  }
}
