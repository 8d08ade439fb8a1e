// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import _SluiceSystem

/// What a `sluice_stream_t *` points to: this, and behind it the stream's flat buffer.
struct OpenStream: ~Copyable {
  var stream: ModelStream
  /// Whether the memory came from us.
  let ownsMemory: Bool
  var checks = true

  /// Bytes before the buffer: a whole number of lines.
  static var headSize: Int { (MemoryLayout<OpenStream>.size &+ 63) / 64 &* 64 }

  /// Steps of a block, by what the caller says.
  static func steps(_ blockSize: Int, of model: borrowing Model) -> Int {
    blockSize == 0 ? model.usualBlockSize : blockSize
  }

  /// Bytes of head and buffer; nil where there is no such stream.
  static func byteCount(of model: borrowing Model, blockSize: Int) -> Int? {
    guard
      let count = ModelStream.byteCount(of: model, blockSize: steps(blockSize, of: model)),
      count < Int.max &- headSize
    else { return nil }
    return count &+ headSize
  }

  /// Makes a stream in memory of that size.
  static func make(
    in memory: UnsafeMutableRawPointer, count: Int, owned: Bool, _ model: borrowing Model,
    blockSize: Int
  ) -> OpaquePointer {
    unsafe place(
      ModelStream(
        model, blockSize: steps(blockSize, of: model), at: memory + headSize,
        byteCount: count &- headSize, owned: false),
      in: memory, owned: owned)
  }

  /// Bytes of head and states of a stream that shares a workspace.
  static func byteCountWithoutWorkspace(of model: borrowing Model) -> Int {
    headSize &+ ModelStream.byteCountWithoutWorkspace(of: model)
  }

  /// Makes such a stream in memory of that size.
  static func make(
    in memory: UnsafeMutableRawPointer, owned: Bool, _ model: borrowing Model,
    sharing workspace: borrowing StreamWorkspace
  ) -> OpaquePointer {
    unsafe place(
      ModelStream(model, sharing: workspace, at: memory + headSize, owned: false), in: memory,
      owned: owned)
  }

  /// Puts a stream, whose buffer lies behind it, at the start of its memory.
  private static func place(
    _ stream: consuming ModelStream, in memory: UnsafeMutableRawPointer, owned: Bool
  ) -> OpaquePointer {
    let open = unsafe memory.bindMemory(to: OpenStream.self, capacity: 1)
    unsafe open.initialize(to: OpenStream(stream: stream, ownsMemory: owned))
    return OpaquePointer(open)
  }
}

@c @implementation
public func sluice_stream_alignment() -> Int { 64 }

@c @implementation
public func sluice_stream_size(_ model: OpaquePointer!, _ block_size: Int) -> Int {
  guard let model = unsafe model else { return 0 }
  return unsafe OpenStream.byteCount(
    of: UnsafePointer<Model>(model).pointee, blockSize: block_size) ?? 0
}

@c @implementation
public func sluice_stream_create(
  _ model: OpaquePointer!, _ block_size: Int, _ stream: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, stream) = unsafe creating(stream, of: model, error) else {
    return SLUICE_BAD_ARGUMENT
  }
  let steps = unsafe OpenStream.steps(block_size, of: UnsafePointer<Model>(model).pointee)
  if let excess = unsafe UnsafePointer<Model>(model).pointee.excess(streamOf: steps) {
    return unsafe Failure(excess).report(to: error)
  }
  guard
    let count = unsafe OpenStream.byteCount(
      of: UnsafePointer<Model>(model).pointee, blockSize: block_size),
    let memory = unsafe sluice_allocate(count)
  else { return unsafe Failure(SLUICE_OUT_OF_MEMORY).report(to: error) }
  unsafe stream.pointee = unsafe OpenStream.make(
    in: memory, count: count, owned: true, UnsafePointer<Model>(model).pointee,
    blockSize: block_size)
  return SLUICE_OK
}

@c @implementation
public func sluice_stream_init(
  _ model: OpaquePointer!, _ block_size: Int, _ memory: UnsafeMutableRawPointer!, _ size: Int,
  _ stream: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, stream) = unsafe creating(stream, of: model, error),
    let memory = unsafe adopting(memory, error)
  else { return SLUICE_BAD_ARGUMENT }
  guard
    let count = unsafe OpenStream.byteCount(
      of: UnsafePointer<Model>(model).pointee, blockSize: block_size), count <= size
  else {
    return unsafe Failure.argument("The memory is smaller than sluice_stream_size")
      .report(to: error)
  }
  unsafe stream.pointee = unsafe OpenStream.make(
    in: memory, count: count, owned: false, UnsafePointer<Model>(model).pointee,
    blockSize: block_size)
  return SLUICE_OK
}

@c @implementation
public func sluice_stream_destroy(_ stream: OpaquePointer!) {
  guard let stream = unsafe opened(stream) else { return }
  let owned = unsafe stream.pointee.ownsMemory
  unsafe stream.deinitialize(count: 1)
  if owned { unsafe free(stream) }
}

@c @implementation
public func sluice_stream_reset(_ stream: OpaquePointer!) {
  unsafe opened(stream)?.pointee.stream.reset()
}

@c @implementation
public func sluice_stream_check(_ stream: OpaquePointer!, _ on: Bool) {
  unsafe opened(stream)?.pointee.checks = on
}

/// What every function that creates has: a model, and a place for the handle, which is NULL until
/// it is done. Nil, with a report, where one of them is missing.
func creating(
  _ place: UnsafeMutablePointer<OpaquePointer?>?, of model: OpaquePointer?,
  _ error: UnsafeMutablePointer<sluice_error>?
) -> (model: OpaquePointer, place: UnsafeMutablePointer<OpaquePointer?>)? {
  unsafe place?.pointee = nil
  guard let model = unsafe model else {
    _ = unsafe Failure.argument("The model is NULL").report(to: error)
    return nil
  }
  guard let place = unsafe place else {
    _ = unsafe Failure.argument("The place for the handle is NULL").report(to: error)
    return nil
  }
  return unsafe (model, place)
}

/// The caller's memory, where a stream or batch can lie in it. Nil, with a report, where not.
func adopting(
  _ memory: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sluice_error>?
) -> UnsafeMutableRawPointer? {
  guard let memory = unsafe memory else {
    _ = unsafe Failure.argument("The memory is NULL").report(to: error)
    return nil
  }
  guard UInt(bitPattern: memory) % 64 == 0 else {
    _ = unsafe Failure.argument("The memory does not start at a multiple of 64").report(to: error)
    return nil
  }
  return unsafe memory
}

/// The stream behind a handle; nil for NULL.
@inline(__always)
func opened(_ stream: OpaquePointer?) -> UnsafeMutablePointer<OpenStream>? {
  unsafe stream.map { unsafe UnsafeMutablePointer<OpenStream>($0) }
}
