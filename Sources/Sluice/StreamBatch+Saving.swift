import _SluiceSystem

extension StreamBatch {
  /// Bytes of all streams' saved states, one after another, each as ``ModelStream`` saves its own.
  ///
  /// Nil where that cannot be expressed.
  public var stateByteCount: Int? {
    let (bytes, isTooMany) = plan.stateByteCount.multipliedReportingOverflow(by: count)
    return isTooMany ? nil : bytes
  }

  /// Writes what all streams remember: ``count`` states, each of which a ``ModelStream`` of the same
  /// model restores too. Never allocates.
  ///
  /// - Parameter states: ``stateByteCount`` bytes, of any alignment.
  /// - Precondition: `states` has that size.
  public func save(into states: inout MutableRawSpan) {
    precondition(states.byteCount == stateByteCount, "states has the wrong size")
    unsafe states.withUnsafeMutableBytes { bytes in unsafe saveRows(to: bytes.baseAddress!) }
  }

  /// Continues from states that `save` wrote, of this batch or one of as many streams, or from ``count``
  /// states that streams saved.
  ///
  /// - Throws: ``StateError`` of the first that is refused, offsets counted from the start of all; every
  ///   stream is as it was then.
  public mutating func restore(_ states: RawSpan) throws(StateError) {
    let refused = unsafe states.withUnsafeBytes { bytes in unsafe refusal(of: bytes) }
    if let refused { throw refused.error.moved(by: refused.start) }
    unsafe states.withUnsafeBytes { bytes in unsafe adoptRows(bytes.baseAddress!) }
  }

  /// Copies the state of a stream to one of the batch's.
  ///
  /// - Precondition: `index` is one of the batch's streams, and ``hasModel(of:)``.
  public mutating func setStream(_ index: Int, to stream: borrowing ModelStream) {
    precondition(index >= 0 && index < count, "No such stream")
    precondition(hasModel(of: stream), "The stream is of another model")
    adopt(stream, at: index)
  }

  /// Copies the state of one of the batch's streams to one that stands alone.
  ///
  /// - Precondition: `index` is one of the batch's streams, and ``hasModel(of:)``.
  public func copyStream(_ index: Int, to stream: inout ModelStream) {
    precondition(index >= 0 && index < count, "No such stream")
    precondition(hasModel(of: stream), "The stream is of another model")
    give(index, to: &stream)
  }

  /// Whether a stream is of the batch's model, by the rule of ``ModelStream/hasModel(of:)``.
  public func hasModel(of stream: borrowing ModelStream) -> Bool {
    plan.isSameModel(as: stream.plan)
  }
}

// Without preconditions, for callers who have looked.
extension StreamBatch {
  private func place(_ row: Int) -> StatePlace { unsafe StatePlace(buffer, of: count, row: row) }

  package mutating func adopt(_ stream: borrowing ModelStream, at row: Int) {
    plan.copyState(from: stream.place, plan, to: place(row))
  }

  package func give(_ row: Int, to stream: inout ModelStream) {
    plan.copyState(from: place(row), plan, to: stream.place)
  }

  package func saveRows(to states: UnsafeMutableRawPointer) {
    let size = plan.stateByteCount
    var row = 0
    while row < count {
      unsafe plan.save(place(row), phase: 0, to: states + row &* size)
      row &+= 1
    }
  }

  /// Why states are refused, and where the first of them begins that is.
  package func refusal(of states: UnsafeRawBufferPointer) -> (error: StateError, start: Int)? {
    guard states.count == stateByteCount, let base = states.baseAddress else {
      return (.wrongSize, 0)
    }
    let size = plan.stateByteCount
    var row = 0
    while row < count {
      let state = unsafe UnsafeRawBufferPointer(start: base + row &* size, count: size)
      if let refused = unsafe plan.refusal(of: state) { return (refused, row &* size) }
      row &+= 1
    }
    return nil
  }

  /// Takes over states that were not refused.
  package mutating func adoptRows(_ states: UnsafeRawPointer) {
    let size = plan.stateByteCount
    var row = 0
    while row < count {
      let state = unsafe UnsafeMutableRawPointer(mutating: states) + row &* size
      let saved = unsafe StatePlace(state + SavedState.headSize, phase: plan.savedPhase(state))
      plan.copyState(from: saved, plan, to: place(row))
      row &+= 1
    }
  }
}

extension StateError {
  /// The same of a state that starts at that byte of several.
  fileprivate func moved(by bytes: Int) -> StateError {
    switch self {
    case .invalidField(let offset): .invalidField(offset: offset &+ bytes)
    case .notFinite(let offset): .notFinite(offset: offset &+ bytes)
    default: self
    }
  }
}
