import _SluiceContract
import _SluiceSystem

/// Sizes of what streams and batches are made of: states, which are each one's own, and a workspace, which
/// belongs to who steps. Of a plan's sizes, which the format's limits bound, only products may overflow.
extension Plan {
  /// Bytes of what a stream remembers: whole lines.
  var stateBytes: Int { 4 &* stateFloats }

  /// Bytes of the workspace of a stream that takes blocks of so many steps; nil where that cannot be expressed.
  func workspaceByteCount(blockSize: Int) -> Int? {
    bufferSize(
      fixed: workspaceHeadFloats &+ stepFloats &+ compactProjection &+ quantisedHidden
        &+ columnFloats &+ callFloats,
      count: blockSize,
      each: slotCount &* longestStride &+ longestProjection &+ quantisedInput)
  }

  /// Bytes of what a batch of so many streams needs of a workspace; as for a stream.
  func batchWorkspaceBytes(streams: Int) -> Int? {
    // A step's vectors, the gathered states of the active streams, two projections, one row of input, and
    // quantised x and h; and once the rows of a layer over columns.
    bufferSize(
      fixed: columnFloats, count: streams,
      each: stepFloats &+ stateFloats &+ 2 &* longestProjection &+ inputStride &+ quantisedInput
        &+ quantisedHidden)
  }

  /// Bytes of a stream with a workspace of its own; nil where that cannot be expressed.
  func streamByteCount(blockSize: Int) -> Int? {
    workspaceByteCount(blockSize: blockSize).map { $0 &+ stateBytes }
  }

  /// Bytes of the states of a batch's streams; nil where that cannot be expressed.
  func batchStateBytes(streams: Int) -> Int? {
    bufferSize(fixed: 0, count: streams, each: stateFloats)
  }

  /// Bytes of a batch with a workspace of its own; nil where that cannot be expressed.
  func batchByteCount(streams: Int) -> Int? {
    guard let states = batchStateBytes(streams: streams),
      let workspace = batchWorkspaceBytes(streams: streams)
    else { return nil }
    return states &+ workspace
  }

  /// Bytes of a workspace that streams and batches share: each kind has its part, since a convolution's scratch
  /// holds zeros that nobody else may overwrite.
  func sharedWorkspaceBytes(rows: Int) -> Int? {
    guard let streams = workspaceByteCount(blockSize: rows),
      let batches = batchWorkspaceBytes(streams: rows)
    else { return nil }
    return streams &+ batches
  }

  /// Where the batches' part begins.
  func batchSteps(
    of workspace: UnsafeMutablePointer<sluice_workspace>
  ) -> UnsafeMutablePointer<Float> {
    // Of a workspace that there is, the size can be expressed.
    let streams = unsafe workspaceByteCount(blockSize: workspace.pointee.rows) ?? 0
    return unsafe (UnsafeMutableRawPointer(workspace) + streams)
      .assumingMemoryBound(to: Float.self)
  }

  /// Floats of a workspace's head: a line.
  private var workspaceHeadFloats: Int { unsafe MemoryLayout<sluice_workspace>.stride / 4 }

  /// Bytes of a flat buffer of `fixed` floats and `count` times `each` more; nil where that cannot
  /// be expressed.
  private func bufferSize(fixed: Int, count: Int, each: Int) -> Int? {
    let (variable, overflow) = count.multipliedReportingOverflow(by: each)
    let limit = Int.max / 32
    guard !overflow, variable < limit, fixed < limit else { return nil }
    return 4 &* (fixed &+ variable)
  }
}

extension Plan {
  /// Memory of `byteCount` bytes, 64-byte aligned, for `release(_:)` to let go.
  ///
  /// - Throws: ``ModelError/outOfMemory``, also where the size could not be expressed.
  func allocate(_ byteCount: Int?) throws(ModelError) -> UnsafeMutableRawPointer {
    guard let byteCount, let memory = unsafe sluice_allocate(byteCount) else {
      throw .outOfMemory
    }
    return unsafe memory
  }

  /// Makes memory a stream's or batch's: zero, every page touched. It holds on to the model.
  func adopt(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) -> UnsafeMutablePointer<Float> {
    unsafe memset(memory, 0, byteCount)
    unsafe sluice_model_retain(model)
    return unsafe memory.assumingMemoryBound(to: Float.self)
  }

  /// Makes zeroed memory a workspace.
  func makeWorkspace(
    at memory: UnsafeMutableRawPointer, rows: Int, owned: Bool
  ) -> UnsafeMutablePointer<sluice_workspace> {
    let workspace = unsafe memory.bindMemory(to: sluice_workspace.self, capacity: 1)
    unsafe workspace.pointee.model = model
    unsafe workspace.pointee.rows = rows
    unsafe workspace.pointee.references = 1
    unsafe workspace.pointee.owns_memory = owned
    return unsafe workspace
  }

  /// Lets go of the model: the last to do so frees it.
  func release() { unsafe sluice_model_release(model) }

  /// Frees memory of ``allocate(_:)``, or leaves an adopted one alone, and lets go of the model.
  func release(_ buffer: UnsafeMutablePointer<Float>, owned: Bool) {
    if owned { unsafe free(buffer) }
    release()
  }
}

extension UnsafeMutablePointer<sluice_workspace> {
  /// The first float behind the head: of a step's vectors.
  @inline(__always)
  var floats: UnsafeMutablePointer<Float> {
    unsafe UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: Float.self)
  }
}
