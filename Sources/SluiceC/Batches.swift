// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import _SluiceSystem

/// What a `sluice_batch_t *` points to: this, and behind it the batch's flat buffer.
struct OpenBatch: ~Copyable {
  var batch: StreamBatch
  /// Whether the memory came from us.
  let ownsMemory: Bool

  /// Bytes before the buffer: a whole number of lines.
  static var headSize: Int { (MemoryLayout<OpenBatch>.size &+ 63) / 64 &* 64 }

  /// Bytes of head and buffer; nil where there is no such batch.
  static func byteCount(of model: borrowing Model, count: Int) -> Int? {
    guard let bytes = StreamBatch.byteCount(of: model, count: count), bytes < Int.max &- headSize
    else { return nil }
    return bytes &+ headSize
  }

  /// Makes a batch in memory of that size.
  static func make(
    in memory: UnsafeMutableRawPointer, byteCount: Int, owned: Bool, _ model: borrowing Model,
    count: Int
  ) -> OpaquePointer {
    unsafe place(
      StreamBatch(
        model, count: count, at: memory + headSize, byteCount: byteCount &- headSize, owned: false),
      in: memory, owned: owned)
  }

  /// Bytes of head and states of a batch that shares a workspace; nil where there is no such batch.
  static func byteCountWithoutWorkspace(of model: borrowing Model, count: Int) -> Int? {
    guard let bytes = StreamBatch.byteCountWithoutWorkspace(of: model, count: count),
      bytes < Int.max &- headSize
    else { return nil }
    return bytes &+ headSize
  }

  /// Makes such a batch in memory of that size.
  static func make(
    in memory: UnsafeMutableRawPointer, byteCount: Int, owned: Bool, _ model: borrowing Model,
    count: Int, sharing workspace: borrowing StreamWorkspace
  ) -> OpaquePointer {
    unsafe place(
      StreamBatch(
        model, count: count, sharing: workspace, at: memory + headSize,
        byteCount: byteCount &- headSize, owned: false),
      in: memory, owned: owned)
  }

  /// Puts a batch, whose buffer lies behind it, at the start of its memory.
  private static func place(
    _ batch: consuming StreamBatch, in memory: UnsafeMutableRawPointer, owned: Bool
  ) -> OpaquePointer {
    let open = unsafe memory.bindMemory(to: OpenBatch.self, capacity: 1)
    unsafe open.initialize(to: OpenBatch(batch: batch, ownsMemory: owned))
    return OpaquePointer(open)
  }
}

@c @implementation
public func sluice_batch_size(_ model: OpaquePointer!, _ count: Int) -> Int {
  guard let model = unsafe model else { return 0 }
  return unsafe OpenBatch.byteCount(of: UnsafePointer<Model>(model).pointee, count: count) ?? 0
}

@c @implementation
public func sluice_batch_create(
  _ model: OpaquePointer!, _ count: Int, _ batch: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, batch) = unsafe creating(batch, of: model, error) else {
    return SLUICE_BAD_ARGUMENT
  }
  if let failure = unsafe refusal(of: count, UnsafePointer<Model>(model).pointee) {
    return unsafe failure.report(to: error)
  }
  if let excess = unsafe UnsafePointer<Model>(model).pointee.excessInBatches {
    return unsafe Failure(excess).report(to: error)
  }
  guard
    let size = unsafe OpenBatch.byteCount(of: UnsafePointer<Model>(model).pointee, count: count),
    let memory = unsafe sluice_allocate(size)
  else { return unsafe Failure(SLUICE_OUT_OF_MEMORY).report(to: error) }
  unsafe batch.pointee = unsafe OpenBatch.make(
    in: memory, byteCount: size, owned: true, UnsafePointer<Model>(model).pointee, count: count)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_init(
  _ model: OpaquePointer!, _ count: Int, _ memory: UnsafeMutableRawPointer!, _ size: Int,
  _ batch: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, batch) = unsafe creating(batch, of: model, error),
    let memory = unsafe adopting(memory, error)
  else { return SLUICE_BAD_ARGUMENT }
  if let failure = unsafe refusal(of: count, UnsafePointer<Model>(model).pointee) {
    return unsafe failure.report(to: error)
  }
  guard
    let needed = unsafe OpenBatch.byteCount(of: UnsafePointer<Model>(model).pointee, count: count),
    needed <= size
  else {
    return unsafe Failure.argument("The memory is smaller than sluice_batch_size")
      .report(to: error)
  }
  unsafe batch.pointee = unsafe OpenBatch.make(
    in: memory, byteCount: needed, owned: false, UnsafePointer<Model>(model).pointee, count: count)
  return SLUICE_OK
}

/// Why there is no batch of so many streams of a model, if there is none. A count below 0 is one of
/// C's above 2^63: a size that cannot be expressed.
func refusal(of count: Int, _ model: borrowing Model) -> Failure? {
  if count == 0 { return .argument("A batch has at least one stream") }
  return model.isStreamable ? nil : Failure(SLUICE_NEEDS_SEQUENCE)
}

@c @implementation
public func sluice_batch_destroy(_ batch: OpaquePointer!) {
  guard let batch = unsafe openedBatch(batch) else { return }
  let owned = unsafe batch.pointee.ownsMemory
  unsafe batch.deinitialize(count: 1)
  if owned { unsafe free(batch) }
}

@c @implementation
public func sluice_batch_reset(_ batch: OpaquePointer!) {
  unsafe openedBatch(batch)?.pointee.batch.reset()
}

@c @implementation
public func sluice_batch_reset_stream(_ batch: OpaquePointer!, _ index: Int) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), index >= 0, unsafe index < batch.pointee.batch.count
  else { return SLUICE_BAD_ARGUMENT }
  unsafe batch.pointee.batch.resetRow(index)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_step(
  _ batch: OpaquePointer!, _ x: UnsafePointer<Float>!, _ y: UnsafeMutablePointer<Float>!,
  _ active: UnsafePointer<Bool>!
) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), let x = unsafe x, let y = unsafe y,
    unsafe isAligned(x) && isAligned(y)
  else { return SLUICE_BAD_ARGUMENT }
  if unsafe batch.pointee.batch.readsTokens { return SLUICE_WRONG_INPUT }
  let count = unsafe batch.pointee.batch.count
  guard let inputs = unsafe floats(count, of: batch.pointee.batch.inputSize),
    let outputs = unsafe floats(count, of: batch.pointee.batch.outputSize),
    unsafe !overlap(x, 4 &* inputs, y, 4 &* outputs)
  else { return SLUICE_BAD_ARGUMENT }
  unsafe batch.pointee.batch.stepRows(x, into: y, active: active)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_step_tokens(
  _ batch: OpaquePointer!, _ tokens: UnsafePointer<Int32>!, _ y: UnsafeMutablePointer<Float>!,
  _ active: UnsafePointer<Bool>!
) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), let tokens = unsafe tokens, let y = unsafe y,
    unsafe isAligned(tokens) && isAligned(y)
  else { return SLUICE_BAD_ARGUMENT }
  guard unsafe batch.pointee.batch.readsTokens else { return SLUICE_WRONG_INPUT }
  let count = unsafe batch.pointee.batch.count
  guard let outputs = unsafe floats(count, of: batch.pointee.batch.outputSize),
    unsafe !overlap(tokens, 4 &* count, y, 4 &* outputs)
  else { return SLUICE_BAD_ARGUMENT }
  let isDone = unsafe batch.pointee.batch.stepTokens(tokens, into: y, active: active)
  return isDone ? SLUICE_OK : SLUICE_WRONG_INPUT
}

/// The batch behind a handle; nil for NULL.
@inline(__always)
func openedBatch(_ batch: OpaquePointer?) -> UnsafeMutablePointer<OpenBatch>? {
  unsafe batch.map { unsafe UnsafeMutablePointer<OpenBatch>($0) }
}
