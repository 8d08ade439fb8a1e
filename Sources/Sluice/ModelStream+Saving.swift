import SluiceBlob
import _SluiceSystem

extension ModelStream {
  /// Bytes of a saved state.
  public var stateByteCount: Int { plan.stateByteCount }

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
    unsafe memcpy(buffer, source.buffer, plan.stateBytes)
  }

  /// Whether both are streams of the same model: opened once or several times, from bytes with the
  /// same hash. By the same rule a saved state is one of this model's.
  public func hasModel(of other: borrowing ModelStream) -> Bool {
    plan.isSameModel(as: other.plan)
  }
}

extension ModelStream {
  package func save(to state: UnsafeMutableRawPointer) {
    unsafe plan.save(place, phase: phase, to: state)
  }

  package func refusal(of state: UnsafeRawBufferPointer) -> StateError? {
    unsafe plan.refusal(of: state)
  }

  /// Takes over a state that was not refused.
  package mutating func adopt(_ state: UnsafeRawPointer) {
    phase = unsafe plan.savedPhase(state)
    unsafe memset(buffer, 0, plan.stateBytes)
    unsafe plan.copyState(
      from: StatePlace(
        UnsafeMutableRawPointer(mutating: state) + SavedState.headSize, phase: phase), plan,
      to: place)
  }

  /// Where the stream's state lies.
  var place: StatePlace { unsafe StatePlace(buffer, phase: phase) }
}
