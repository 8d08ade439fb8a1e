// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import SluiceBlob
import _SluiceSystem

/// What a `sluice_watch_t *` points to: this, and behind it the least and the greatest value of each input.
struct OpenWatch {
  let modelHash: UInt64
  let inputSize: Int
  /// Inputs whose range is known: all or none.
  let rangeCount: Int
  var steps: UInt64 = 0
  var inputs = WatchedShare()
  var values = WatchedShare()
  var longest: UInt64 = 0
  var latencies = InlineArray<64, UInt64>(repeating: 0)

  /// Bytes before the ranges: a whole number of lines.
  static var headSize: Int { (MemoryLayout<OpenWatch>.size &+ 63) / 64 &* 64 }
}

@c @implementation
public func sluice_watch_create(
  _ model: OpaquePointer!, _ watch: UnsafeMutablePointer<OpaquePointer?>!,
  _ report: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, watch) = unsafe creating(watch, of: model, report) else {
    return SLUICE_BAD_ARGUMENT
  }
  let opened = unsafe UnsafePointer<Model>(model)
  if unsafe opened.pointee.readsTokens {
    return unsafe Failure(SLUICE_WRONG_INPUT).report(to: report)
  }
  guard unsafe opened.pointee.isStreamable else {
    return unsafe Failure(SLUICE_NEEDS_SEQUENCE).report(to: report)
  }
  let size = unsafe opened.pointee.inputSize
  guard let memory = unsafe sluice_allocate(OpenWatch.headSize &+ 8 &* size) else {
    return unsafe Failure(SLUICE_OUT_OF_MEMORY).report(to: report)
  }
  let ranges = unsafe (memory + OpenWatch.headSize).assumingMemoryBound(to: Float.self)
  let caller = sluice_begin_floats()
  let hasRanges = unsafe readRanges(of: opened.pointee, to: ranges)
  sluice_end_floats(caller)
  let place = unsafe memory.bindMemory(to: OpenWatch.self, capacity: 1)
  unsafe place.initialize(
    to: OpenWatch(
      modelHash: opened.pointee.hash, inputSize: size, rangeCount: hasRanges ? size : 0))
  unsafe watch.pointee = OpaquePointer(place)
  return SLUICE_OK
}

@c @implementation
public func sluice_watch_destroy(_ watch: OpaquePointer!) {
  if let watch = unsafe watch { unsafe free(UnsafeMutableRawPointer(watch)) }
}

@c @implementation
public func sluice_watch_step(
  _ watch: OpaquePointer!, _ stream: OpaquePointer!, _ x: UnsafePointer<Float>!,
  _ y: UnsafeMutablePointer<Float>!
) -> sluice_status {
  guard let watch = unsafe openedWatch(watch), let stream = unsafe opened(stream),
    let x = unsafe x, let y = unsafe y, unsafe isAligned(x) && isAligned(y),
    unsafe watch.pointee.modelHash == stream.pointee.stream.modelHash,
    unsafe watch.pointee.inputSize == stream.pointee.stream.inputSize
  else { return SLUICE_BAD_ARGUMENT }
  // To count is to compare floats, which may be denormal or NaN.
  let caller = sluice_begin_floats()
  defer { sluice_end_floats(caller) }
  unsafe watch.pointee.noteRanges(of: x, ranges(of: watch))
  unsafe stream.pointee.stream.noteSaturation(ofInput: x, in: &watch.pointee.values)
  let isFinite = unsafe stream.pointee.stream.stepRow(x, into: y, looking: stream.pointee.checks)
  unsafe stream.pointee.stream.noteSaturationBetweenLayers(in: &watch.pointee.values)
  unsafe watch.pointee.steps &+= 1
  return isFinite ? SLUICE_OK : SLUICE_NOT_FINITE
}

@c @implementation
public func sluice_watch_latency(_ watch: OpaquePointer!, _ nanoseconds: UInt64) {
  guard let watch = unsafe openedWatch(watch) else { return }
  let bucket = nanoseconds == 0 ? 0 : 63 &- nanoseconds.leadingZeroBitCount
  unsafe watch.pointee.latencies[unchecked: bucket & 63] &+= 1
  if unsafe nanoseconds > watch.pointee.longest { unsafe watch.pointee.longest = nanoseconds }
}

@c @implementation
public func sluice_watch_read(
  _ watch: OpaquePointer!, _ counts: UnsafeMutablePointer<sluice_watch_counts>!
) -> sluice_status {
  // There is no version earlier than this.
  guard let watch = unsafe openedWatch(watch), let counts = unsafe counts,
    unsafe counts.pointee.size >= MemoryLayout<sluice_watch_counts>.size
  else { return SLUICE_BAD_ARGUMENT }
  unsafe counts.pointee.steps = unsafe watch.pointee.steps
  unsafe counts.pointee.inputs = unsafe watch.pointee.inputs.count
  unsafe counts.pointee.inputs_outside = unsafe watch.pointee.inputs.beyond
  unsafe counts.pointee.values = unsafe watch.pointee.values.count
  unsafe counts.pointee.values_saturated = unsafe watch.pointee.values.beyond
  unsafe counts.pointee.longest = unsafe watch.pointee.longest
  unsafe withUnsafeMutablePointer(to: &counts.pointee.latencies) { target in
    unsafe withUnsafePointer(to: watch.pointee.latencies) {
      _ = unsafe memcpy(target, $0, 64 &* 8)
    }
  }
  return SLUICE_OK
}

@c @implementation
public func sluice_watch_reset(_ watch: OpaquePointer!) {
  guard let watch = unsafe openedWatch(watch) else { return }
  let old = unsafe watch.pointee
  unsafe watch.pointee = OpenWatch(
    modelHash: old.modelHash, inputSize: old.inputSize, rangeCount: old.rangeCount)
}

extension OpenWatch {
  /// Counts the inputs of a step outside what the model was calibrated with.
  fileprivate mutating func noteRanges(
    of x: UnsafePointer<Float>, _ ranges: UnsafePointer<Float>
  ) {
    var index = 0
    while index < rangeCount {
      let (least, greatest) = unsafe (ranges[2 &* index], ranges[2 &* index &+ 1])
      unsafe inputs.note(!(x[index] >= least && x[index] <= greatest))
      index &+= 1
    }
  }
}

/// Takes the calibrated range of each input from the metadata; false where they do not say it.
private func readRanges(
  of model: borrowing Model, to ranges: UnsafeMutablePointer<Float>
) -> Bool {
  guard let all = model.metadataValue(at: "/calibrated_range") else { return false }
  // One pair for all, or one for each.
  let common = all.pair
  var places = all.elements
  var index = 0
  while index < model.inputSize {
    guard let (least, greatest) = common ?? places.next()?.pair else { return false }
    unsafe ranges[2 &* index] = Float(least)
    unsafe ranges[2 &* index &+ 1] = Float(greatest)
    index &+= 1
  }
  return common != nil || places.next() == nil
}

/// The ranges behind a watch, `[inputs, 2]`.
private func ranges(of watch: UnsafeMutablePointer<OpenWatch>) -> UnsafePointer<Float> {
  unsafe UnsafePointer(
    (UnsafeMutableRawPointer(watch) + OpenWatch.headSize).assumingMemoryBound(to: Float.self))
}

/// The watch behind a handle; nil for NULL.
@inline(__always)
private func openedWatch(_ watch: OpaquePointer?) -> UnsafeMutablePointer<OpenWatch>? {
  unsafe watch.map { unsafe UnsafeMutablePointer<OpenWatch>($0) }
}
