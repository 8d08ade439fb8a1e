import SluiceBlob
import _SluiceSystem

/// A trained network, opened: immutable, and shared by any number of streams and threads.
///
/// The blob is executed where it lies; opening costs its validation and one small record a layer.
/// The memory lives until the model and every stream of it are gone, in whatever order they go.
@safe
public struct Model: ~Copyable {
  let plan: Plan
  /// The validated blob: layers, vocabulary, provenance.
  public let blob: BlobView
  /// The instruction set whose kernels run the model.
  public let instructionSet: InstructionSet
  /// The most bytes that a stream may take: ``Options/maximumStreamByteCount``.
  let maximumStreamByteCount: Int?

  /// Validates bytes that lie where they are to be executed.
  init(validating bytes: UnsafeRawBufferPointer, _ options: Options) throws(ModelError) {
    let set = try InstructionSet.chosen(options.instructionSet)
    // Steps of quantised inputs are divided by, and a hostile file's floats may be signalling NaN.
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let view: BlobView
    do throws(BlobError) {
      view = unsafe try BlobView(validating: bytes, checkingHash: options.checkingHash)
    } catch {
      throw .invalid(error)
    }
    try Model.requireFewOperations(view, options)
    guard let plan = Plan(view) else { throw .outOfMemory }
    let least = plan.streamByteCount(blockSize: 1)
    if let excess = Excess(least, limit: options.maximumStreamByteCount) {
      plan.release()
      throw excess.error
    }
    self.plan = plan
    blob = view
    instructionSet = set
    maximumStreamByteCount = options.maximumStreamByteCount
  }

  deinit { plan.release() }

  /// Features read at a step, or for a model that begins with an embedding the number of token ids.
  public var inputSize: Int { plan.inputSize }

  /// Features written at a step.
  public var outputSize: Int { plan.outputSize }

  /// Whether a step reads a token id instead of features.
  public var readsTokens: Bool { plan.readsTokens }

  /// The hash of the bytes, by which a saved state knows its model.
  public var hash: UInt64 { blob.hash }

  /// Whether the model reads forwards alone, so that it can take one step at a time.
  ///
  /// A model with a layer that reads from the sequence's end takes a whole sequence in one call of
  /// `process`, of at most as many steps as the stream's block has.
  public var isStreamable: Bool { !plan.readsBackwards }

  /// Whether `process` writes every step's output or the last alone.
  public var output: OutputMode { blob.output }
}

// The plan and the mapped bytes are never written after `init`; the count of references is atomic.
extension Model: @unchecked Sendable {}
