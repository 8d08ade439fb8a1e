// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import SluiceBlob

@c @implementation
public func sluice_step(
  _ stream: OpaquePointer!, _ x: UnsafePointer<Float>!, _ y: UnsafeMutablePointer<Float>!
) -> sluice_status {
  guard let stream = unsafe opened(stream), let x = unsafe x, let y = unsafe y,
    unsafe isAligned(x) && isAligned(y)
  else { return SLUICE_BAD_ARGUMENT }
  if unsafe stream.pointee.stream.readsTokens { return SLUICE_WRONG_INPUT }
  guard unsafe stream.pointee.stream.takesSteps else { return SLUICE_NEEDS_SEQUENCE }
  let isFinite = unsafe stream.pointee.stream.stepRow(x, into: y, looking: stream.pointee.checks)
  return isFinite ? SLUICE_OK : SLUICE_NOT_FINITE
}

@c @implementation
public func sluice_step_token(
  _ stream: OpaquePointer!, _ token: Int32, _ y: UnsafeMutablePointer<Float>!
) -> sluice_status {
  guard let stream = unsafe opened(stream), let y = unsafe y, unsafe isAligned(y) else {
    return SLUICE_BAD_ARGUMENT
  }
  guard unsafe stream.pointee.stream.readsTokens,
    unsafe stream.pointee.stream.hasToken(Int(token))
  else { return SLUICE_WRONG_INPUT }
  guard unsafe stream.pointee.stream.takesSteps else { return SLUICE_NEEDS_SEQUENCE }
  let isFinite = unsafe stream.pointee.stream.stepToken(
    Int(token), into: y, looking: stream.pointee.checks)
  return isFinite ? SLUICE_OK : SLUICE_NOT_FINITE
}

@c @implementation
public func sluice_process(
  _ stream: OpaquePointer!, _ x: UnsafePointer<Float>!, _ steps: Int,
  _ y: UnsafeMutablePointer<Float>!
) -> sluice_status {
  guard let stream = unsafe opened(stream), let x = unsafe x, let y = unsafe y,
    unsafe isAligned(x) && isAligned(y)
  else { return SLUICE_BAD_ARGUMENT }
  if unsafe stream.pointee.stream.readsTokens { return SLUICE_WRONG_INPUT }
  guard let inputs = unsafe floats(steps, of: stream.pointee.stream.inputSize),
    let outputs = unsafe outputCount(stream, steps),
    unsafe !overlap(x, 4 &* inputs, y, 4 &* outputs)
  else { return SLUICE_BAD_ARGUMENT }
  guard unsafe stream.pointee.stream.takesBlock(of: steps) else { return SLUICE_NEEDS_SEQUENCE }
  let isFinite = unsafe stream.pointee.stream.processRows(
    x, steps: steps, into: y, looking: stream.pointee.checks)
  return isFinite ? SLUICE_OK : SLUICE_NOT_FINITE
}

@c @implementation
public func sluice_process_tokens(
  _ stream: OpaquePointer!, _ tokens: UnsafePointer<Int32>!, _ steps: Int,
  _ y: UnsafeMutablePointer<Float>!
) -> sluice_status {
  guard let stream = unsafe opened(stream), let tokens = unsafe tokens, let y = unsafe y,
    unsafe isAligned(tokens) && isAligned(y)
  else { return SLUICE_BAD_ARGUMENT }
  guard unsafe stream.pointee.stream.readsTokens else { return SLUICE_WRONG_INPUT }
  guard floats(steps, of: 1) != nil, let outputs = unsafe outputCount(stream, steps),
    unsafe !overlap(tokens, 4 &* steps, y, 4 &* outputs)
  else { return SLUICE_BAD_ARGUMENT }
  guard unsafe stream.pointee.stream.takesBlock(of: steps) else { return SLUICE_NEEDS_SEQUENCE }
  guard unsafe stream.pointee.stream.hasTokens(tokens, count: steps) else {
    return SLUICE_WRONG_INPUT
  }
  let isFinite = unsafe stream.pointee.stream.processTokens(
    tokens, steps: steps, into: y, looking: stream.pointee.checks)
  return isFinite ? SLUICE_OK : SLUICE_NOT_FINITE
}

/// Floats of a block's output; nil where that cannot be expressed.
private func outputCount(_ stream: UnsafeMutablePointer<OpenStream>, _ steps: Int) -> Int? {
  let rows = unsafe stream.pointee.stream.output == .last ? 1 : steps
  return unsafe floats(rows, of: stream.pointee.stream.outputSize)
}

/// `rows * size`, for at least one row; nil where as many bytes cannot lie in memory.
func floats(_ rows: Int, of size: Int) -> Int? {
  let (count, overflow) = rows.multipliedReportingOverflow(by: size)
  return rows >= 1 && !overflow && count <= Int.max / 8 ? count : nil
}

@inline(__always)
func isAligned<Value>(_ pointer: UnsafePointer<Value>) -> Bool {
  UInt(bitPattern: pointer) & 3 == 0
}

@inline(__always)
func isAligned<Value>(_ pointer: UnsafeMutablePointer<Value>) -> Bool {
  UInt(bitPattern: pointer) & 3 == 0
}

/// Whether two ranges of bytes have one in common.
func overlap(
  _ a: UnsafeRawPointer, _ aCount: Int, _ b: UnsafeMutableRawPointer, _ bCount: Int
) -> Bool {
  let (x, y) = (UInt(bitPattern: a), UInt(bitPattern: b))
  return x < y ? y &- x < UInt(bitPattern: aCount) : x &- y < UInt(bitPattern: bCount)
}
