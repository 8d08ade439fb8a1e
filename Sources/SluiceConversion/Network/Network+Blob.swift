import SluiceBlob

extension Network {
  /// The network packed for a blob, its weights stored as `type`.
  ///
  /// - Throws: ``ConversionError`` naming the layer that a blob cannot hold.
  public func blobContents(
    type: StorageType = .f32, grade: ActivationGrade = .exact
  ) throws(ConversionError) -> BlobContents {
    throw .unsupported(provenance.source, "", "packing is not there yet")
  }
}
