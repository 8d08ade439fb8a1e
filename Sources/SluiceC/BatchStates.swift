// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice

@c @implementation
public func sluice_batch_set_stream(
  _ batch: OpaquePointer!, _ index: Int, _ stream: OpaquePointer!
) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), let stream = unsafe opened(stream), index >= 0,
    unsafe index < batch.pointee.batch.count
  else { return SLUICE_BAD_ARGUMENT }
  guard unsafe batch.pointee.batch.hasModel(of: stream.pointee.stream) else {
    return SLUICE_INVALID_STATE
  }
  unsafe batch.pointee.batch.adopt(stream.pointee.stream, at: index)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_get_stream(
  _ batch: OpaquePointer!, _ index: Int, _ stream: OpaquePointer!
) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), let stream = unsafe opened(stream), index >= 0,
    unsafe index < batch.pointee.batch.count
  else { return SLUICE_BAD_ARGUMENT }
  guard unsafe batch.pointee.batch.hasModel(of: stream.pointee.stream) else {
    return SLUICE_INVALID_STATE
  }
  unsafe batch.pointee.batch.give(index, to: &stream.pointee.stream)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_state_size(_ batch: OpaquePointer!) -> Int {
  unsafe openedBatch(batch)?.pointee.batch.stateByteCount ?? 0
}

@c @implementation
public func sluice_batch_save(
  _ batch: OpaquePointer!, _ states: UnsafeMutableRawPointer!, _ size: Int
) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), let states = unsafe states,
    let needed = unsafe batch.pointee.batch.stateByteCount, size >= needed
  else { return SLUICE_BAD_ARGUMENT }
  unsafe batch.pointee.batch.saveRows(to: states)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_restore(
  _ batch: OpaquePointer!, _ states: UnsafeRawPointer!, _ size: Int,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let batch = unsafe openedBatch(batch), let states = unsafe states, size >= 0 else {
    return unsafe Failure(SLUICE_BAD_ARGUMENT).report(to: error)
  }
  let bytes = unsafe UnsafeRawBufferPointer(start: states, count: size)
  if let refusal = unsafe batch.pointee.batch.refusal(of: bytes) {
    var failure = Failure(refusal.error)
    if failure.offset >= 0 { failure.offset &+= Int64(refusal.start) }
    return unsafe failure.report(to: error)
  }
  unsafe batch.pointee.batch.adoptRows(states)
  return SLUICE_OK
}
