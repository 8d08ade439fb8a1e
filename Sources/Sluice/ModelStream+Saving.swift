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
    unsafe StateLayout.headSize &+ 4 &* storage.pointee.state_floats
  }
}

extension ModelStream {
  /// Bytes of a saved state.
  public var stateByteCount: Int {
    unsafe StateLayout.headSize &+ 4 &* model.pointee.state_floats
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
  /// the stream read or write outside its memory. Never allocates.
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
  /// - Precondition: `source` is a stream of the same ``Model``.
  public mutating func copyState(of source: borrowing ModelStream) {
    precondition(unsafe source.model == model, "The other stream is of another model")
    phase = source.phase
    unsafe buffer.update(from: source.buffer, count: model.pointee.state_floats)
  }

  /// Whether both are streams of one opened model.
  public func hasModel(of other: borrowing ModelStream) -> Bool { unsafe other.model == model }
}

extension ModelStream {
  private var hash: UInt64 {
    unsafe (model.pointee.bytes + BlobLayout.Header.hash).load(as: UInt64.self)
  }

  package func save(to state: UnsafeMutableRawPointer) {
    let count = unsafe 4 &* model.pointee.state_floats
    unsafe memset(state, 0, StateLayout.headSize)
    unsafe state.storeBytes(of: StateLayout.magic, as: UInt64.self)
    unsafe state.storeBytes(of: StateLayout.version, toByteOffset: 8, as: UInt32.self)
    unsafe state.storeBytes(
      of: UInt32(truncatingIfNeeded: phase), toByteOffset: 12, as: UInt32.self)
    unsafe state.storeBytes(of: hash, toByteOffset: 16, as: UInt64.self)
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
    guard unsafe base.loadUnaligned(fromByteOffset: 16, as: UInt64.self) == hash else {
      return .otherModel
    }
    let sum = unsafe base.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
    let phase = unsafe base.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    guard unsafe sum == checksum(of: base, count: state.count), phase < 2 else { return .damaged }
    let found = unsafe firstNotFinite(of: base + StateLayout.headSize, phase: Int(phase))
    return found.map { .notFinite(offset: StateLayout.headSize &+ 4 &* $0) }
  }

  /// Takes over a state that was not refused.
  package mutating func adopt(_ state: UnsafeRawPointer) {
    phase = Int(unsafe state.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    unsafe memcpy(buffer, state + StateLayout.headSize, 4 &* model.pointee.state_floats)
  }
}
