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
enum SavedState {
  static var headSize: Int { 64 }
  /// "SLUSTATE"
  static var magic: UInt64 { 0x4554_4154_5355_4C53 }
  /// To be raised when the floats of a plan's states are laid out differently.
  static var version: UInt32 { 2 }
}

extension Model {
  /// Bytes of a saved state of any stream of this model.
  public var stateByteCount: Int { plan.stateByteCount }
}

extension Plan {
  /// Bytes of a saved state.
  var stateByteCount: Int { SavedState.headSize &+ stateBytes }

  /// Writes the state of a sequence: the same bytes wherever it ran, but for its phase.
  func save(_ place: StatePlace, phase: Int, to state: UnsafeMutableRawPointer) {
    let floats = unsafe state + SavedState.headSize
    unsafe memset(floats, 0, stateBytes)
    unsafe copyState(from: place, self, to: StatePlace(floats, phase: phase))
    unsafe writeHead(to: state, phase: phase)
  }

  /// Writes the head before a state's floats, which are there, behind it.
  private func writeHead(to state: UnsafeMutableRawPointer, phase: Int) {
    unsafe memset(state, 0, SavedState.headSize)
    unsafe state.storeBytes(of: SavedState.magic, as: UInt64.self)
    unsafe state.storeBytes(of: SavedState.version, toByteOffset: 8, as: UInt32.self)
    unsafe state.storeBytes(
      of: UInt32(truncatingIfNeeded: phase), toByteOffset: 12, as: UInt32.self)
    unsafe state.storeBytes(of: hash, toByteOffset: 16, as: UInt64.self)
    unsafe state.storeBytes(
      of: UInt64(truncatingIfNeeded: stateFloats), toByteOffset: 24, as: UInt64.self)
    unsafe state.storeBytes(of: checksum(of: state), toByteOffset: 32, as: UInt64.self)
  }

  /// The hash of the words before the field, of what is behind it, together.
  private func checksum(of state: UnsafeRawPointer) -> UInt64 {
    let head = unsafe XXH64.hash(UnsafeRawBufferPointer(start: state, count: 32))
    return unsafe XXH64.hash(
      UnsafeRawBufferPointer(start: state + 40, count: stateByteCount &- 40), seed: head)
  }

  /// Why bytes are no state of this model that could be continued from; nil where they are one.
  func refusal(of state: UnsafeRawBufferPointer) -> StateError? {
    guard state.count == stateByteCount else { return .wrongSize }
    guard let base = state.baseAddress else { return .wrongSize }
    guard unsafe base.loadUnaligned(as: UInt64.self) == SavedState.magic else { return .notAState }
    let version = unsafe base.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    guard version == SavedState.version else { return .otherVersion }
    guard unsafe base.loadUnaligned(fromByteOffset: 16, as: UInt64.self) == hash else {
      return .otherModel
    }
    let sum = unsafe base.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
    let phase = unsafe savedPhase(base)
    guard unsafe sum == checksum(of: base) else { return .damaged }
    guard phase == 0 || phase == 1 else { return .invalidField(offset: 12) }
    let count = unsafe base.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    guard count == UInt64(truncatingIfNeeded: stateFloats) else {
      return .invalidField(offset: 24)
    }
    var unused = 40
    while unused < SavedState.headSize {
      guard unsafe base.load(fromByteOffset: unused, as: UInt8.self) == 0 else {
        return .invalidField(offset: unused)
      }
      unused &+= 1
    }
    let found = unsafe firstNotFinite(of: base + SavedState.headSize, phase: phase)
    return found.map { .notFinite(offset: SavedState.headSize &+ 4 &* $0) }
  }

  /// Which of a recurrent layer's two vectors held h(t-1) when the state was saved.
  func savedPhase(_ state: UnsafeRawPointer) -> Int {
    Int(unsafe state.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
  }

  /// The first float that the state at `floats` holds and that is not finite, counted from there; nil
  /// where there is none.
  ///
  /// - Parameters:
  ///   - floats: a stream's state, of any alignment.
  ///   - phase: which of a recurrent layer's two vectors is h(t-1).
  private func firstNotFinite(of floats: UnsafeRawPointer, phase: Int) -> Int? {
    var index = 0
    while index < layerCount {
      let layer = self[index]
      let h = layer.outputOffset &+ phase &* layer.stride
      let size = layer.isRecurrent ? layer.outputSize : 0
      if let at = unsafe firstNotFinite(of: floats, from: h, size) { return at }
      if let at = unsafe firstNotFinite(of: floats, from: layer.cellOffset, layer.secondVectorSize)
      {
        return at
      }
      index &+= 1
    }
    return nil
  }

  private func firstNotFinite(of floats: UnsafeRawPointer, from start: Int, _ count: Int) -> Int? {
    var at = start
    while at < start &+ count {
      let bits = unsafe floats.loadUnaligned(fromByteOffset: 4 &* at, as: UInt32.self)
      if !bits.isOfFiniteFloat { return at }
      at &+= 1
    }
    return nil
  }
}
