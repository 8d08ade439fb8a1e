import SluiceBlob
import _SluiceSystem

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

  /// The hash of the bytes, by which a saved state knows its model.
  public var hash: UInt64 { blob.hash }

  /// Whether the model reads forwards alone, so that it can take one step at a time.
  ///
  /// A model with a layer that reads from the sequence's end takes a whole sequence in one call of
  /// `process`, of at most as many steps as the stream's block has.
  public var isStreamable: Bool { unsafe !storage.pointee.reads_backwards }

  /// Whether `process` writes every step's output or the last alone.
  public var output: OutputMode { blob.output }
}

// The plan and the mapped bytes are never written after `init`; the count of references is atomic.
extension Model: @unchecked Sendable {}
