import SluiceBlob
import _SluiceContract
import _SluiceSystem

/// One sequence running through a model, a step at a time.
///
/// A stream owns one flat, 64-byte aligned buffer: its states, and behind them a workspace, unless it shares
/// a ``StreamWorkspace``. Once it exists it never allocates, locks, enters the kernel or faults a page. It may
/// move between threads, but only one may use it at a time.
///
/// Steps round to nearest, and a result below 2^-126 in magnitude is zero, whatever the thread's
/// floating-point control register says. It is left unchanged, but on x86-64 the inexact flag may be
/// set, as by any arithmetic, unless the thread traps it.
@safe
public struct ModelStream: ~Copyable {
  let plan: Plan
  /// The states.
  let buffer: UnsafeMutablePointer<Float>
  let workspace: UnsafeMutablePointer<sluice_workspace>
  let instructionSet: InstructionSet
  /// Steps that one pass over a layer takes in `process`; the longest sequence of a model that
  /// reads backwards.
  public let blockSize: Int
  private let ownsBuffer: Bool
  private let sharesWorkspace: Bool
  /// What each layer's kernel reads and writes at a single step: of all layers with h(t-1) in their
  /// first vector, then of all with h(t-1) in the second.
  let calls: UnsafeMutablePointer<sluice_block>
  /// Which of a recurrent layer's two vectors holds h(t-1); the other receives h(t).
  var phase = 0

  /// A stream at the model's initial state.
  ///
  /// - Parameters:
  ///   - model: may be let go before the stream.
  ///   - blockSize: steps that `process` takes through a layer at once, at least 1; nil for
  ///     ``Model/usualBlockSize``. A model that is not ``Model/isStreamable`` runs sequences of at most so
  ///     many steps.
  /// - Throws: ``ModelError/outOfMemory``, ``ModelError/streamTooLarge(byteCount:limit:)``.
  /// - Complexity: O(state + blockSize * widest layer) bytes, all of them touched here.
  public init(_ model: borrowing Model, blockSize: Int? = nil) throws(ModelError) {
    let blockSize = blockSize ?? model.usualBlockSize
    precondition(blockSize >= 1, "A block has at least one step")
    if let excess = model.excess(streamOf: blockSize) { throw excess.error }
    let count = ModelStream.byteCount(of: model, blockSize: blockSize)
    let memory = unsafe try model.plan.allocate(count)
    unsafe self.init(
      model, blockSize: blockSize, at: memory, byteCount: count ?? 0, owned: true)
  }

  /// A stream at the model's initial state, in the caller's memory: nothing is allocated.
  ///
  /// - Parameters:
  ///   - model: may be let go before the stream.
  ///   - blockSize: as for a stream that allocates.
  ///   - memory: ``byteCount(of:blockSize:)`` bytes or more, 64-byte aligned; the stream's alone until
  ///     it is gone. All of them are touched here.
  public init(
    _ model: borrowing Model, blockSize: Int? = nil, in memory: UnsafeMutableRawBufferPointer
  ) {
    let blockSize = blockSize ?? model.usualBlockSize
    precondition(blockSize >= 1, "A block has at least one step")
    guard let count = ModelStream.byteCount(of: model, blockSize: blockSize),
      count <= memory.count
    else { preconditionFailure("The memory is too small for this stream") }
    precondition(UInt(bitPattern: memory.baseAddress) % 64 == 0, "Misaligned memory")
    unsafe self.init(
      model, blockSize: blockSize, at: memory.baseAddress!, byteCount: count, owned: false)
  }

  /// As above without its preconditions, in just as many bytes as the stream has, which are freed at the end
  /// where they are `owned`.
  package init(
    _ model: borrowing Model, blockSize: Int, at start: UnsafeMutableRawPointer, byteCount: Int,
    owned: Bool
  ) {
    let plan = model.plan
    let states = unsafe plan.adopt(start, byteCount)
    let workspace = unsafe plan.makeWorkspace(
      at: start + plan.stateBytes, rows: blockSize, owned: false)
    unsafe plan.writeCalls(of: states, in: workspace)
    unsafe self.init(model, states: states, owned: owned, in: workspace, shared: false)
  }

  /// A stream at the model's initial state that holds its state alone, and steps in a workspace that it shares.
  ///
  /// - Parameters:
  ///   - model: may be let go before the stream.
  ///   - workspace: of that model; may be let go before the stream, too. Its rows are the stream's
  ///     ``blockSize``.
  /// - Throws: ``ModelError/outOfMemory``.
  public init(
    _ model: borrowing Model, sharing workspace: borrowing StreamWorkspace
  ) throws(ModelError) {
    precondition(workspace.isOf(model), "The workspace is of another model")
    let count = ModelStream.byteCountWithoutWorkspace(of: model)
    let memory = unsafe try model.plan.allocate(count)
    unsafe self.init(model, sharing: workspace, at: memory, owned: true)
  }

  /// As above without its precondition, in ``byteCountWithoutWorkspace(of:)`` bytes, which are freed at the end
  /// where they are `owned`.
  package init(
    _ model: borrowing Model, sharing workspace: borrowing StreamWorkspace,
    at start: UnsafeMutableRawPointer, owned: Bool
  ) {
    let states = unsafe model.plan.adopt(start, model.plan.stateBytes)
    unsafe sluice_workspace_retain(workspace.head)
    unsafe self.init(model, states: states, owned: owned, in: workspace.head, shared: true)
  }

  private init(
    _ model: borrowing Model, states: UnsafeMutablePointer<Float>, owned: Bool,
    in workspace: UnsafeMutablePointer<sluice_workspace>, shared: Bool
  ) {
    plan = model.plan
    unsafe buffer = unsafe states
    unsafe self.workspace = unsafe workspace
    instructionSet = model.instructionSet
    blockSize = unsafe workspace.pointee.rows
    ownsBuffer = owned
    sharesWorkspace = shared
    unsafe calls = model.plan.calls(of: workspace)
    reset()
  }

  /// Bytes of a stream's flat buffer; nil where there can be no such stream.
  public static func byteCount(of model: borrowing Model, blockSize: Int? = nil) -> Int? {
    let blockSize = blockSize ?? model.usualBlockSize
    guard blockSize >= 1 else { return nil }
    return model.plan.streamByteCount(blockSize: blockSize)
  }

  /// Bytes of a stream that shares a workspace.
  public static func byteCountWithoutWorkspace(of model: borrowing Model) -> Int {
    model.plan.stateBytes
  }

  deinit {
    if sharesWorkspace {
      // Memory of the next stream may lie where this one's did.
      unsafe workspace.pointee.owner = 0
      unsafe sluice_workspace_release(workspace)
    }
    unsafe plan.release(buffer, owned: ownsBuffer)
  }

  /// Where the vectors of its layers lie.
  @inline(__always)
  var memory: StepMemory { unsafe StepMemory(states: buffer, steps: workspace.floats) }

  package var inputSize: Int { plan.inputSize }
  package var outputSize: Int { plan.outputSize }
  package var readsTokens: Bool { plan.readsTokens }
  package var output: OutputMode { plan.yieldsLast ? .last : .sequence }

  /// Returns to the model's initial state: the bits of a fresh stream.
  public mutating func reset() {
    phase = 0
    unsafe memset(buffer, 0, plan.stateBytes)
    var index = 0
    while index < plan.layerCount {
      unsafe plan[index].writeInitialState(to: buffer)
      index &+= 1
    }
  }
}

// One owner, no shared mutable state: whoever holds the stream may send it on.
extension ModelStream: @unchecked Sendable {}

extension PlannedLayer {
  /// Sets the layer's state in a stream's zeroed buffer, where it does not start at zero.
  func writeInitialState(to buffer: UnsafeMutablePointer<Float>) {
    guard var initial = unsafe layer.pointee.initial_state else { return }
    var vectors = unsafe stateVectors(of: buffer, streams: 1)
    while let vector = vectors.next() {
      unsafe memcpy(vector.start, initial, 4 &* vector.stride)
      unsafe initial += vector.stride
    }
  }
}
