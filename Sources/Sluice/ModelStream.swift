import SluiceBlob
import _SluiceContract
import _SluiceSystem

/// One sequence running through a model, a step at a time.
///
/// A stream owns one flat, 64-byte aligned buffer with its states and scratch. Once it exists it
/// never allocates, locks, enters the kernel or faults a page. It may move between threads, but
/// only one may use it at a time.
///
/// Steps round to nearest, and a result below 2^-126 in magnitude is zero, whatever the thread's
/// floating-point control register says. It is left unchanged, but on x86-64 the inexact flag may be
/// set, as by any arithmetic, unless the thread traps it.
@safe
public struct ModelStream: ~Copyable {
  let plan: Plan
  let buffer: UnsafeMutablePointer<Float>
  let instructionSet: InstructionSet
  /// Steps that one pass over a layer takes in `process`; the longest sequence of a model that
  /// reads backwards.
  public let blockSize: Int
  private let ownsBuffer: Bool
  /// What each layer's kernel reads and writes at a single step: of all layers with h(t-1) in their
  /// first vector, then of all with h(t-1) in the second.
  let calls: UnsafeMutablePointer<sluice_block>
  /// Which of a recurrent layer's two vectors holds h(t-1); the other receives h(t).
  var phase = 0

  /// A stream at the model's initial state.
  ///
  /// - Parameters:
  ///   - model: may be let go before the stream.
  ///   - blockSize: steps that `process` takes through a layer at once, at least 1. A model that is
  ///     not ``Model/isStreamable`` runs sequences of at most so many steps.
  /// - Throws: ``ModelError/outOfMemory``, ``ModelError/streamTooLarge(byteCount:limit:)``.
  /// - Complexity: O(state + blockSize * widest layer) bytes, all of them touched here.
  public init(_ model: borrowing Model, blockSize: Int = 32) throws(ModelError) {
    precondition(blockSize >= 1, "A block has at least one step")
    if let excess = model.excess(streamOf: blockSize) { throw excess.error }
    unsafe buffer = try model.plan.makeBuffer(
      ModelStream.byteCount(of: model, blockSize: blockSize))
    ownsBuffer = true
    plan = model.plan
    instructionSet = model.instructionSet
    self.blockSize = blockSize
    unsafe calls = plan.makeCalls(in: buffer, blockSize: blockSize)
    reset()
  }

  /// A stream at the model's initial state, in the caller's memory: nothing is allocated.
  ///
  /// - Parameters:
  ///   - model: may be let go before the stream.
  ///   - blockSize: steps that `process` takes through a layer at once, at least 1.
  ///   - memory: ``byteCount(of:blockSize:)`` bytes or more, 64-byte aligned; the stream's alone until
  ///     it is gone. All of them are touched here.
  public init(
    _ model: borrowing Model, blockSize: Int = 32, in memory: UnsafeMutableRawBufferPointer
  ) {
    precondition(blockSize >= 1, "A block has at least one step")
    guard let count = ModelStream.byteCount(of: model, blockSize: blockSize),
      count <= memory.count
    else { preconditionFailure("The memory is too small for this stream") }
    precondition(UInt(bitPattern: memory.baseAddress) % 64 == 0, "Misaligned memory")
    unsafe self.init(model, blockSize: blockSize, at: memory.baseAddress!, byteCount: count)
  }

  /// As above without its preconditions, in just as many bytes as the stream has.
  package init(
    _ model: borrowing Model, blockSize: Int, at start: UnsafeMutableRawPointer, byteCount: Int
  ) {
    unsafe buffer = unsafe model.plan.adopt(start, byteCount)
    ownsBuffer = false
    plan = model.plan
    instructionSet = model.instructionSet
    self.blockSize = blockSize
    unsafe calls = unsafe plan.makeCalls(in: buffer, blockSize: blockSize)
    reset()
  }

  /// Bytes of a stream's flat buffer; nil where there can be no such stream.
  public static func byteCount(of model: borrowing Model, blockSize: Int = 32) -> Int? {
    guard blockSize >= 1 else { return nil }
    return model.plan.streamByteCount(blockSize: blockSize)
  }

  deinit {
    unsafe plan.release(buffer, owned: ownsBuffer)
  }

  package var inputSize: Int { plan.inputSize }
  package var outputSize: Int { plan.outputSize }
  package var readsTokens: Bool { plan.readsTokens }
  package var output: OutputMode { plan.yieldsLast ? .last : .sequence }

  /// Returns to the model's initial state: the bits of a fresh stream.
  public mutating func reset() {
    phase = 0
    unsafe memset(buffer, 0, 4 &* plan.stateFloats)
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
      unsafe vector.start.update(from: initial, count: vector.stride)
      unsafe initial += vector.stride
    }
  }
}
