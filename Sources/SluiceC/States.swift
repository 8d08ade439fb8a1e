// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice

@c @implementation
public func sluice_state_size(_ model: OpaquePointer!) -> Int {
  unsafe model == nil ? 0 : UnsafePointer<Model>(model).pointee.stateByteCount
}

@c @implementation
public func sluice_stream_save(
  _ stream: OpaquePointer!, _ state: UnsafeMutableRawPointer!, _ size: Int
) -> sluice_status {
  guard let stream = unsafe opened(stream), let state = unsafe state,
    unsafe size >= stream.pointee.stream.stateByteCount
  else { return SLUICE_BAD_ARGUMENT }
  unsafe stream.pointee.stream.save(to: state)
  return SLUICE_OK
}

@c @implementation
public func sluice_stream_restore(
  _ stream: OpaquePointer!, _ state: UnsafeRawPointer!, _ size: Int,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let stream = unsafe opened(stream), let state = unsafe state, size >= 0 else {
    return unsafe Failure(SLUICE_BAD_ARGUMENT).report(to: error)
  }
  let bytes = unsafe UnsafeRawBufferPointer(start: state, count: size)
  if let refusal = unsafe stream.pointee.stream.refusal(of: bytes) {
    return unsafe Failure(refusal).report(to: error)
  }
  unsafe stream.pointee.stream.adopt(state)
  return SLUICE_OK
}

@c @implementation
public func sluice_stream_fork(_ stream: OpaquePointer!, _ source: OpaquePointer!) -> sluice_status
{
  guard let stream = unsafe opened(stream), let source = unsafe opened(source) else {
    return SLUICE_BAD_ARGUMENT
  }
  if unsafe stream == source { return SLUICE_OK }
  guard unsafe stream.pointee.stream.hasModel(of: source.pointee.stream) else {
    return SLUICE_INVALID_STATE
  }
  unsafe stream.pointee.stream.adoptState(of: source.pointee.stream)
  return SLUICE_OK
}
