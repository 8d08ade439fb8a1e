import _SluiceContract
import _SluiceSystem

/// Many independent sequences running through one model, a step of all of them in one call.
///
/// Every weight is read once for several streams, so that the cost of a stream nears the arithmetic
/// alone. Each stream has the bits that it would have in a ``ModelStream`` of its own. Like a stream, a
/// batch allocates nothing once it exists and belongs to one thread at a time.
@safe
public struct StreamBatch: ~Copyable {
  let plan: Plan
  /// The states.
  let buffer: UnsafeMutablePointer<Float>
  /// The vectors that last for a step, and the streams that there is room for there.
  let steps: UnsafeMutablePointer<Float>
  let rows: Int
  let instructionSet: InstructionSet
  private let ownsBuffer: Bool
  /// Of a workspace that it shares.
  private let workspace: UnsafeMutablePointer<sluice_workspace>?
  /// Number of streams.
  public let count: Int

  /// `count` streams at the model's initial state.
  ///
  /// - Parameters:
  ///   - model: may be let go before the batch.
  ///   - count: streams, at least 1.
  /// - Throws: ``ModelError/outOfMemory``, ``ModelError/streamTooLarge(byteCount:limit:)``,
  ///   ``ModelError/notStreamable`` where the model reads backwards.
  /// - Complexity: O(count * (state + widest layer)) bytes, all of them touched here.
  public init(_ model: borrowing Model, count: Int) throws(ModelError) {
    precondition(count >= 1, "A batch has at least one stream")
    guard model.isStreamable else { throw .notStreamable }
    if let excess = model.excessInBatches { throw excess.error }
    let size = StreamBatch.byteCount(of: model, count: count)
    let memory = unsafe try model.plan.allocate(size)
    unsafe self.init(model, count: count, at: memory, byteCount: size ?? 0, owned: true)
  }

  /// `count` streams at the model's initial state, in the caller's memory: nothing is allocated.
  ///
  /// - Parameters:
  ///   - model: may be let go before the batch.
  ///   - count: streams, at least 1.
  ///   - memory: ``byteCount(of:count:)`` bytes or more, 64-byte aligned; the batch's alone until it
  ///     is gone. All of them are touched here.
  public init(_ model: borrowing Model, count: Int, in memory: UnsafeMutableRawBufferPointer) {
    guard let size = StreamBatch.byteCount(of: model, count: count), size <= memory.count
    else { preconditionFailure("The memory is too small for this batch") }
    precondition(UInt(bitPattern: memory.baseAddress) % 64 == 0, "Misaligned memory")
    unsafe self.init(
      model, count: count, at: memory.baseAddress!, byteCount: size, owned: false)
  }

  /// As above without its preconditions, in just as many bytes as the batch has, which are freed at the end
  /// where they are `owned`.
  package init(
    _ model: borrowing Model, count: Int, at start: UnsafeMutableRawPointer, byteCount: Int,
    owned: Bool
  ) {
    let states = unsafe model.plan.adopt(start, byteCount)
    unsafe self.init(
      model, count: count, states: states, owned: owned,
      steps: states + count &* model.plan.stateFloats, rows: count, sharing: nil)
  }

  /// `count` streams at the model's initial state that hold their states alone, and step in a workspace that
  /// they share with others.
  ///
  /// - Parameters:
  ///   - model: may be let go before the batch.
  ///   - count: streams, at least 1 and at most the workspace's rows.
  ///   - workspace: of that model; may be let go before the batch, too.
  /// - Throws: ``ModelError/outOfMemory``, ``ModelError/notStreamable`` where the model reads backwards.
  public init(
    _ model: borrowing Model, count: Int, sharing workspace: borrowing StreamWorkspace
  ) throws(ModelError) {
    precondition(workspace.isOf(model), "The workspace is of another model")
    precondition(count >= 1 && count <= workspace.rows, "A batch has 1 stream to as many as rows")
    guard model.isStreamable else { throw .notStreamable }
    let size = StreamBatch.byteCountWithoutWorkspace(of: model, count: count)
    let memory = unsafe try model.plan.allocate(size)
    unsafe self.init(
      model, count: count, sharing: workspace, at: memory, byteCount: size ?? 0, owned: true)
  }

  /// As above without its preconditions, in just as many bytes as the batch has, which are freed at the end
  /// where they are `owned`.
  package init(
    _ model: borrowing Model, count: Int, sharing workspace: borrowing StreamWorkspace,
    at start: UnsafeMutableRawPointer, byteCount: Int, owned: Bool
  ) {
    let states = unsafe model.plan.adopt(start, byteCount)
    unsafe sluice_workspace_retain(workspace.head)
    unsafe self.init(
      model, count: count, states: states, owned: owned,
      steps: model.plan.batchSteps(of: workspace.head), rows: workspace.rows,
      sharing: workspace.head)
  }

  private init(
    _ model: borrowing Model, count: Int, states: UnsafeMutablePointer<Float>, owned: Bool,
    steps: UnsafeMutablePointer<Float>, rows: Int,
    sharing workspace: UnsafeMutablePointer<sluice_workspace>?
  ) {
    plan = model.plan
    unsafe buffer = unsafe states
    unsafe self.steps = unsafe steps
    self.rows = rows
    instructionSet = model.instructionSet
    ownsBuffer = owned
    unsafe self.workspace = unsafe workspace
    self.count = count
    reset()
  }

  /// Bytes of a batch's flat buffer; nil where there can be no such batch: it would be too large, or
  /// the model is not ``Model/isStreamable``.
  public static func byteCount(of model: borrowing Model, count: Int) -> Int? {
    guard count >= 1, model.isStreamable else { return nil }
    return model.plan.batchByteCount(streams: count)
  }

  /// Bytes of a batch that shares a workspace; as ``byteCount(of:count:)``.
  public static func byteCountWithoutWorkspace(of model: borrowing Model, count: Int) -> Int? {
    guard count >= 1, model.isStreamable else { return nil }
    return model.plan.batchStateBytes(streams: count)
  }

  deinit {
    if let workspace = unsafe workspace { unsafe sluice_workspace_release(workspace) }
    unsafe plan.release(buffer, owned: ownsBuffer)
  }

  package var inputSize: Int { plan.inputSize }
  package var outputSize: Int { plan.outputSize }
  package var readsTokens: Bool { plan.readsTokens }

  /// Returns every stream to the model's initial state.
  public mutating func reset() {
    var stream = 0
    while stream < count {
      resetRow(stream)
      stream &+= 1
    }
  }

  /// Returns one stream to the model's initial state; the others go on.
  ///
  /// - Precondition: `stream` is at least 0 and less than ``count``.
  public mutating func reset(_ stream: Int) {
    precondition(stream >= 0 && stream < count, "No such stream")
    resetRow(stream)
  }

  /// `reset(_:)` without its precondition.
  package mutating func resetRow(_ stream: Int) {
    var index = 0
    while index < plan.layerCount {
      var vectors = unsafe plan[index].stateVectors(of: buffer, streams: count)
      var initial = unsafe plan[index].layer.pointee.initial_state
      while let vector = vectors.next() {
        let row = unsafe vector.start + stream &* vector.stride
        if let start = unsafe initial {
          unsafe memcpy(row, start, 4 &* vector.stride)
          unsafe initial = start + vector.stride
        } else {
          unsafe memset(row, 0, 4 &* vector.stride)
        }
      }
      index &+= 1
    }
  }
}

extension StreamBatch: @unchecked Sendable {}

extension PlannedLayer {
  /// The layer's state vectors in a buffer of many streams, each [streams][stride]: h, then the
  /// LSTM's C, or the columns that a convolution keeps.
  func stateVectors(
    of buffer: UnsafeMutablePointer<Float>, streams: Int
  ) -> StateVectors {
    let hidden = unsafe isRecurrent ? buffer + streams &* outputOffset : nil
    return unsafe StateVectors(
      first: hidden, stride, second: cellStride > 0 ? buffer + streams &* cellOffset : nil,
      cellStride)
  }
}

/// One state vector of every stream.
@safe
struct StateVector {
  let start: UnsafeMutablePointer<Float>
  /// Floats from one stream's to the next's.
  let stride: Int
}

/// One or two state vectors, without an array.
@safe
struct StateVectors {
  private var first: UnsafeMutablePointer<Float>?
  private var second: UnsafeMutablePointer<Float>?
  private var stride: Int
  private let secondStride: Int

  init(
    first: UnsafeMutablePointer<Float>?, _ stride: Int, second: UnsafeMutablePointer<Float>?,
    _ secondStride: Int
  ) {
    unsafe self.first = first
    unsafe self.second = second
    self.stride = stride
    self.secondStride = secondStride
  }

  mutating func next() -> StateVector? {
    if unsafe first == nil {
      unsafe swap(&first, &second)
      stride = secondStride
    }
    defer { unsafe first = nil }
    return unsafe first.map { unsafe StateVector(start: $0, stride: stride) }
  }
}
