import SluiceBlob
import _SluiceSystem

extension Model {
  #if !hasFeature(Embedded)
    /// Opens a `.sluice` file and validates it.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - options: where its bytes lie, what is checked, and how much a stream of it may take.
    /// - Throws: ``ModelError``; nothing stays mapped.
    public init(contentsOf path: String, options: Options = Options()) throws(ModelError) {
      unsafe try self.init(path: path, options: options)
    }
  #endif

  /// `init(contentsOf:)` with the path as C has it.
  package init(path: UnsafePointer<CChar>, options: Options) throws(ModelError) {
    if options.memory == .mapped {
      let bytes = unsafe try Model.map(path, prefaulting: options.prefaulting)
      unsafe try self.init(owning: bytes, options)
      return
    }
    var start: UnsafeMutableRawPointer?
    var count = 0
    try Model.check(
      unsafe sluice_copy_file(path, options.memory == .sealed, &start, &count))
    unsafe try self.init(
      owning: UnsafeMutableRawBufferPointer(start: start, count: count), options)
  }

  /// Opens and validates a blob in memory.
  ///
  /// - Parameters:
  ///   - bytes: the blob. Where they are borrowed (``Memory/mapped``), 64-byte aligned, and the caller
  ///     keeps them, unchanged, for as long as the model and its streams exist; where they are copied, of
  ///     any alignment, and not used any more when this returns.
  ///   - options: where the model's bytes lie, what is checked, and how much a stream of it may take.
  /// - Throws: ``ModelError``.
  /// - Precondition: bytes that are borrowed are not to be locked.
  public init(
    bytes: UnsafeRawBufferPointer, options: Options = Options()
  ) throws(ModelError) {
    if options.memory == .mapped {
      precondition(!options.locking, "Borrowed bytes are not locked: copy or seal them")
      unsafe try self.init(validating: bytes, options)
      return
    }
    guard let base = bytes.baseAddress, bytes.count > 0 else {
      throw .invalid(BlobError(.emptyFile, at: 0))
    }
    var start: UnsafeMutableRawPointer?
    try Model.check(
      unsafe sluice_copy(-1, base, bytes.count, options.memory == .sealed, &start))
    unsafe try self.init(
      owning: UnsafeMutableRawBufferPointer(start: start, count: bytes.count), options)
  }

  /// Takes over pages.
  private init(
    owning bytes: UnsafeMutableRawBufferPointer, _ options: Options
  ) throws(ModelError) {
    guard let start = bytes.baseAddress else { throw .outOfMemory }
    do throws(ModelError) {
      let refusal = unsafe options.locking ? sluice_lock(start, bytes.count) : 0
      if refusal != 0 { throw .notLocked(errno: refusal) }
      unsafe try self.init(validating: UnsafeRawBufferPointer(bytes), options)
    } catch {
      unsafe sluice_unmap(start, bytes.count)
      throw error
    }
    unsafe plan.model.pointee.is_mapped = true
  }

  /// Throws what an errno stands for that is not 0.
  static func check(_ code: Int32) throws(ModelError) {
    switch code {
    case 0: return
    case EINVAL, EISDIR: throw .notARegularFile
    case ENOMEM: throw .outOfMemory
    default: throw .unreadable(errno: code)
    }
  }
}
