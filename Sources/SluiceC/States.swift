// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import _SluiceSystem

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

@c @implementation
public func sluice_stream_carry(_ from: OpaquePointer!, _ to: OpaquePointer!) -> sluice_status {
  guard let from = unsafe opened(from), let to = unsafe opened(to) else {
    return SLUICE_BAD_ARGUMENT
  }
  if unsafe from == to { return SLUICE_OK }
  guard unsafe to.pointee.stream.hasTopology(of: from.pointee.stream) else {
    return SLUICE_OTHER_TOPOLOGY
  }
  unsafe to.pointee.stream.adoptCarried(of: from.pointee.stream)
  return SLUICE_OK
}

@c @implementation
public func sluice_vad_carry(_ from: OpaquePointer!, _ to: OpaquePointer!) -> sluice_status {
  guard let from = unsafe openedVAD(from), let to = unsafe openedVAD(to) else {
    return SLUICE_BAD_ARGUMENT
  }
  if unsafe from == to { return SLUICE_OK }
  guard unsafe to.pointee.activity.canCarry(from: from.pointee.activity) else {
    return SLUICE_OTHER_TOPOLOGY
  }
  unsafe to.pointee.activity.adopt(from.pointee.activity)
  return SLUICE_OK
}

@c @implementation
public func sluice_stream_read_hidden(
  _ stream: OpaquePointer!, _ layer: Int, _ h: UnsafeMutablePointer<Float>!, _ count: Int
) -> sluice_status {
  guard let stream = unsafe opened(stream) else { return SLUICE_BAD_ARGUMENT }
  return unsafe read(stream.pointee.stream.hidden(ofLayer: layer), to: h, count)
}

@c @implementation
public func sluice_stream_read_cell(
  _ stream: OpaquePointer!, _ layer: Int, _ c: UnsafeMutablePointer<Float>!, _ count: Int
) -> sluice_status {
  guard let stream = unsafe opened(stream) else { return SLUICE_BAD_ARGUMENT }
  return unsafe read(stream.pointee.stream.cell(ofLayer: layer), to: c, count)
}

@c @implementation
public func sluice_stream_write_hidden(
  _ stream: OpaquePointer!, _ layer: Int, _ h: UnsafePointer<Float>!, _ count: Int
) -> sluice_status {
  guard let stream = unsafe opened(stream) else { return SLUICE_BAD_ARGUMENT }
  return unsafe write(h, count, to: stream.pointee.stream.hidden(ofLayer: layer))
}

@c @implementation
public func sluice_stream_write_cell(
  _ stream: OpaquePointer!, _ layer: Int, _ c: UnsafePointer<Float>!, _ count: Int
) -> sluice_status {
  guard let stream = unsafe opened(stream) else { return SLUICE_BAD_ARGUMENT }
  return unsafe write(c, count, to: stream.pointee.stream.cell(ofLayer: layer))
}

/// Copies a layer's vector to the caller's floats.
private func read(
  _ vector: LayerState?, to floats: UnsafeMutablePointer<Float>?,
  _ count: Int
) -> sluice_status {
  guard let vector, let floats = unsafe floats, unsafe isAligned(floats), vector.count == count
  else { return SLUICE_BAD_ARGUMENT }
  unsafe memcpy(floats, vector.start, 4 &* count)
  return SLUICE_OK
}

/// Copies the caller's floats to a layer's vector.
private func write(
  _ floats: UnsafePointer<Float>?, _ count: Int, to vector: LayerState?
) -> sluice_status {
  guard let vector, let floats = unsafe floats, unsafe isAligned(floats), vector.count == count
  else { return SLUICE_BAD_ARGUMENT }
  var index = 0
  while index < count {
    guard unsafe floats[index].bitPattern.isOfFiniteFloat else { return SLUICE_INVALID_STATE }
    index &+= 1
  }
  unsafe memcpy(vector.start, floats, 4 &* count)
  return SLUICE_OK
}
