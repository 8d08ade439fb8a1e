extension BlobContents {
  /// The file of these contents, laid out and validated.
  ///
  /// The layers' ranges are laid out from the lengths of their arrays; whether these fit the sizes,
  /// and everything else, is the validator's to find.
  ///
  /// - Throws: ``BlobError``, its offset within the file that would have been.
  public func bytes() throws(BlobError) -> [UInt8] {
    let bytes = unvalidatedBytes()
    try BlobContents.validate(bytes)
    return bytes
  }

  /// The same, for whoever opens it at once, which validates it.
  package func unvalidatedBytes() -> [UInt8] {
    var writer = BlobWriter(contents: self)
    return writer.write()
  }

  private static func validate(_ bytes: [UInt8]) throws(BlobError) {
    let result = unsafe bytes.withUnsafeBytes { raw -> BlobError? in
      guard let base = raw.baseAddress else { return BlobError(.emptyFile, at: 0) }
      do throws(BlobError) {
        _ = unsafe try BlobView(base: base, count: raw.count, checkingHash: false)
        return nil
      } catch {
        return error
      }
    }
    if let result { throw result }
  }
}
