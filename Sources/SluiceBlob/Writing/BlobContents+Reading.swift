extension BlobContents {
  /// Copies everything out of a validated blob: what its writer was given, but for sections that this
  /// reader passed over.
  public init(_ view: BlobView) {
    layers = (0..<view.layerCount).map { index in
      let record = view.record(at: index)
      return unsafe Layer(
        record: record, name: BlobContents.string(view.name(of: record)),
        weights: Array(view.weights(of: record)), scales: Array(view.scales(of: record)),
        biases: Array(view.biases(of: record)),
        initialState: Array(view.initialState(of: record)))
    }
    output = view.output
    vocabulary = (0..<view.vocabularyCount).map { unsafe BlobContents.string(view.word(at: $0)) }
    labels = (0..<view.labelCount).map { unsafe BlobContents.string(view.label(at: $0)) }
    provenance = unsafe BlobContents.string(view.provenance)
    metadata = unsafe BlobContents.string(view.metadata)
  }

  /// The string of bytes that were found to be UTF-8.
  private static func string(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes, as: UTF8.self)
  }
}
