import SluiceBlob
import _SluiceShims

/// A trained network, opened: immutable, and shared by any number of streams and threads.
///
/// The blob is executed where it lies; opening costs its validation and one small record a layer.
/// The memory lives until the model and every stream of it are gone, in whatever order they go.
@safe
public struct Model: ~Copyable {
  let storage: UnsafeMutablePointer<sluice_model>
  /// The validated blob: layers, vocabulary, provenance.
  public let blob: BlobView
  /// The instruction set whose kernels run the model.
  public let instructionSet: InstructionSet

  /// Maps a `.sluice` file and validates it.
  ///
  /// The file must not be truncated or rewritten in place while it is mapped; replacing it by
  /// renaming another over it is safe.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - checkingHash: whether to compare the hash of every byte; the structure is always checked.
  ///   - instructionSet: nil chooses the best, or what `SLUICE_ISA` names.
  /// - Throws: ``ModelError``; nothing stays mapped.
  public init(
    contentsOf path: String, checkingHash: Bool = true, instructionSet: InstructionSet? = nil
  ) throws(ModelError) {
    var start: UnsafeRawPointer?
    var count = 0
    switch unsafe sluice_map_file(path, &start, &count) {
    case 0: break
    case EINVAL, EISDIR: throw .notARegularFile
    case let code: throw .unreadable(errno: code)
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    do throws(ModelError) {
      try unsafe self.init(
        bytes: bytes, checkingHash: checkingHash, instructionSet: instructionSet)
    } catch {
      if let start = unsafe start { unsafe sluice_unmap(start, count) }
      throw error
    }
    unsafe storage.pointee.is_mapped = true
  }

  /// Validates a blob in memory and borrows it.
  ///
  /// - Parameters:
  ///   - bytes: the blob, 64-byte aligned. The caller keeps it, unchanged, for as long as the model
  ///     and its streams exist.
  ///   - checkingHash: whether to compare the hash of every byte; the structure is always checked.
  ///   - instructionSet: nil chooses the best, or what `SLUICE_ISA` names.
  /// - Throws: ``ModelError``.
  public init(
    bytes: UnsafeRawBufferPointer, checkingHash: Bool = true,
    instructionSet: InstructionSet? = nil
  ) throws(ModelError) {
    let set = try InstructionSet.chosen(instructionSet)
    let view: BlobView
    do throws(BlobError) {
      view = unsafe try BlobView(validating: bytes, checkingHash: checkingHash)
    } catch {
      throw .invalid(error)
    }
    guard let plan = unsafe sluice_model.planned(for: view) else { throw .outOfMemory }
    unsafe storage = unsafe plan
    blob = view
    self.instructionSet = set
  }

  deinit { unsafe sluice_model_release(storage) }

  /// Features read at a step, or for a model that begins with an embedding the number of token ids.
  public var inputSize: Int { unsafe storage.pointee.input_size }

  /// Features written at a step.
  public var outputSize: Int { unsafe storage.pointee.output_size }

  /// Whether a step reads a token id instead of features.
  public var readsTokens: Bool { unsafe storage.pointee.embedding != nil }

  /// Whether `process` writes every step's output or the last alone.
  public var output: OutputMode { blob.output }
}

// The plan and the mapped bytes are never written after `init`; the count of references is atomic.
extension Model: @unchecked Sendable {}
