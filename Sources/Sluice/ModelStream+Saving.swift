import SluiceBlob
import _SluiceSystem

/// Why a saved state cannot be restored.
public enum StateError: Error, Equatable, Sendable {
  /// Not the number of bytes that the model's states have.
  case wrongSize
  /// The bytes do not begin as a saved state does.
  case notAState
  /// Saved by a version whose states are laid out differently.
  case otherVersion
  /// Saved from a stream of another model.
  case otherModel
  /// The checksum is not that of the bytes.
  case damaged
  /// A field of the head, at byte `offset`, has a value that no stream writes there.
  case invalidField(offset: Int)
  /// A float of the state, at byte `offset`, is NaN or infinite; padding may be anything.
  case notFinite(offset: Int)
}

/// A saved state: a head of 64 bytes, then the floats of the stream, little-endian.
///
///     u64 magic, u32 version, u32 phase, u64 hash of the model, u64 count of floats,
///     u64 XXH64 of all other bytes, 24 bytes zero
private enum StateLayout {
  static var headSize: Int { 64 }
  /// "SLUSTATE"
  static var magic: UInt64 { 0x4554_4154_5355_4C53 }
  /// To be raised when the floats of a plan's states are laid out differently.
  static var version: UInt32 { 1 }
}

extension Model {
  /// Bytes of a saved state of any stream of this model.
  public var stateByteCount: Int {
    StateLayout.headSize &+ 4 &* plan.stateFloats
  }
}

extension ModelStream {
  /// Bytes of a saved state.
  public var stateByteCount: Int {
    StateLayout.headSize &+ 4 &* plan.stateFloats
  }

  /// Writes what the stream remembers, for `restore` into a stream of the same model: with any
  /// block size, in another process, on another CPU.
  ///
  /// It carries the model's hash, a version and a checksum. Never allocates.
  ///
  /// - Parameter state: ``stateByteCount`` bytes, of any alignment.
  /// - Precondition: `state` has that size.
  public func save(into state: inout MutableRawSpan) {
    precondition(state.byteCount == stateByteCount, "state has the wrong size")
    unsafe state.withUnsafeMutableBytes { bytes in unsafe save(to: bytes.baseAddress!) }
  }

  /// Continues from a state that `save` wrote, with the bits that the saved stream would give.
  ///
  /// It finds damage, not forgery: whoever can write a state can write its checksum. No bytes make
  /// the stream read or write outside its memory; what pads a vector is not taken over. Never
  /// allocates.
  ///
  /// - Parameter state: the bytes, of any alignment.
  /// - Throws: ``StateError``; the stream is as it was then.
  public mutating func restore(_ state: RawSpan) throws(StateError) {
    let refused = unsafe state.withUnsafeBytes { bytes in unsafe refusal(of: bytes) }
    if let refused { throw refused }
    unsafe state.withUnsafeBytes { bytes in unsafe adopt(bytes.baseAddress!) }
  }

  /// Continues from where another stream of the same model is; both go on independently.
  ///
  /// - Precondition: `source` is a stream of the same model: ``hasModel(of:)``.
  public mutating func copyState(of source: borrowing ModelStream) {
    precondition(hasModel(of: source), "The other stream is of another model")
    adoptState(of: source)
  }

  /// `copyState` without its precondition.
  package mutating func adoptState(of source: borrowing ModelStream) {
    phase = source.phase
    unsafe buffer.update(from: source.buffer, count: plan.stateFloats)
  }

  /// Whether both are streams of the same model: opened once or several times, from bytes with the
  /// same hash. By the same rule a saved state is one of this model's.
  public func hasModel(of other: borrowing ModelStream) -> Bool {
    unsafe other.plan.model == plan.model
      || other.plan.hash == plan.hash && other.plan.stateFloats == plan.stateFloats
  }
}

extension ModelStream {
  package func save(to state: UnsafeMutableRawPointer) {
    let count = 4 &* plan.stateFloats
    unsafe memset(state, 0, StateLayout.headSize)
    unsafe state.storeBytes(of: StateLayout.magic, as: UInt64.self)
    unsafe state.storeBytes(of: StateLayout.version, toByteOffset: 8, as: UInt32.self)
    unsafe state.storeBytes(
      of: UInt32(truncatingIfNeeded: phase), toByteOffset: 12, as: UInt32.self)
    unsafe state.storeBytes(of: plan.hash, toByteOffset: 16, as: UInt64.self)
    unsafe state.storeBytes(
      of: UInt64(truncatingIfNeeded: count / 4), toByteOffset: 24, as: UInt64.self)
    unsafe memcpy(state + StateLayout.headSize, buffer, count)
    let sum = unsafe checksum(of: state, count: StateLayout.headSize &+ count)
    unsafe state.storeBytes(of: sum, toByteOffset: 32, as: UInt64.self)
  }

  /// The hash of the words before the field, of what is behind it, together.
  private func checksum(of state: UnsafeRawPointer, count: Int) -> UInt64 {
    let head = unsafe XXH64.hash(UnsafeRawBufferPointer(start: state, count: 32))
    return unsafe XXH64.hash(
      UnsafeRawBufferPointer(start: state + 40, count: count &- 40), seed: head)
  }

  package func refusal(of state: UnsafeRawBufferPointer) -> StateError? {
    guard state.count == stateByteCount else { return .wrongSize }
    guard let base = state.baseAddress else { return .wrongSize }
    guard unsafe base.loadUnaligned(as: UInt64.self) == StateLayout.magic else { return .notAState }
    let version = unsafe base.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    guard version == StateLayout.version else { return .otherVersion }
    guard unsafe base.loadUnaligned(fromByteOffset: 16, as: UInt64.self) == plan.hash else {
      return .otherModel
    }
    let sum = unsafe base.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
    let phase = unsafe base.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    guard unsafe sum == checksum(of: base, count: state.count) else { return .damaged }
    guard phase < 2 else { return .invalidField(offset: 12) }
    let count = unsafe base.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    guard count == UInt64(truncatingIfNeeded: plan.stateFloats) else {
      return .invalidField(offset: 24)
    }
    var unused = 40
    while unused < StateLayout.headSize {
      guard unsafe base.load(fromByteOffset: unused, as: UInt8.self) == 0 else {
        return .invalidField(offset: unused)
      }
      unused &+= 1
    }
    let found = unsafe firstNotFinite(of: base + StateLayout.headSize, phase: Int(phase))
    return found.map { .notFinite(offset: StateLayout.headSize &+ 4 &* $0) }
  }

  /// Takes over a state that was not refused.
  package mutating func adopt(_ state: UnsafeRawPointer) {
    phase = Int(unsafe state.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    unsafe memcpy(buffer, state + StateLayout.headSize, 4 &* plan.stateFloats)
    clearPadding()
  }

  /// Makes zero, as in a fresh stream, what a state holds beside the layers' vectors: their padding,
  /// which kernels read along, and scratch memory.
  private func clearPadding() {
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      index &+= 1
      let (start, size, stride) = (layer.outputOffset, layer.outputSize, layer.stride)
      clear(start &+ size, start &+ stride)
      if layer.isRecurrent { clear(start &+ stride &+ size, start &+ 2 &* stride) }
      clear(layer.cellOffset &+ layer.secondVectorSize, layer.cellOffset &+ layer.cellStride)
      // The parts of a layer that reads several lie in the same place.
      let end = index < plan.layerCount ? plan[index].outputOffset : plan.stateFloats
      clear(layer.scratchOffset, end)
    }
  }

  /// Makes floats of the state zero.
  private func clear(_ start: Int, _ end: Int) {
    if start < end { unsafe memset(buffer + start, 0, 4 &* (end &- start)) }
  }
}
