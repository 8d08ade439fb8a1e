import _SluiceServing

/// A request as it lies in memory, and where its reply is to be written.
@unsafe
package struct Message {
  package let request: UnsafeRawPointer
  /// Bytes that came; -1 for more than a message has.
  package let count: Int
  package let reply: UnsafeMutableRawPointer
  package let connection: Int
  package let user: UInt32

  package static var headSize: Int { MemoryLayout<sluice_head>.size }
  package static var entrySize: Int { MemoryLayout<sluice_entry>.size }

  /// Of a message that has one.
  package var head: sluice_head { unsafe request.load(as: sluice_head.self) }
  package var replyHead: UnsafeMutablePointer<sluice_head> {
    unsafe reply.assumingMemoryBound(to: sluice_head.self)
  }
  package func entry(_ index: Int) -> sluice_entry {
    unsafe request.load(
      fromByteOffset: Self.headSize &+ index &* Self.entrySize, as: sluice_entry.self)
  }
  package func replyEntry(_ index: Int) -> UnsafeMutablePointer<sluice_entry> {
    unsafe (reply + (Self.headSize &+ index &* Self.entrySize))
      .assumingMemoryBound(to: sluice_entry.self)
  }
  /// What is behind the head and so many entries.
  package func body(behind entries: Int) -> UnsafeRawPointer {
    unsafe request + (Self.headSize &+ entries &* Self.entrySize)
  }
  package func replyBody(behind entries: Int) -> UnsafeMutableRawPointer {
    unsafe reply + (Self.headSize &+ entries &* Self.entrySize)
  }
  package func bodyCount(behind entries: Int) -> Int {
    unsafe count &- Self.headSize &- entries &* Self.entrySize
  }
}

extension sluice_outcome {
  /// The name by which refusals are told.
  package var name: String {
    switch self {
    case sluice_done: "done"
    case sluice_malformed: "malformed"
    case sluice_unknown_kind: "unknown_kind"
    case sluice_unknown_model: "unknown_model"
    case sluice_unknown_stream: "unknown_stream"
    case sluice_busy: "busy"
    case sluice_full: "full"
    case sluice_overloaded: "overloaded"
    case sluice_other_sequence: "other_sequence"
    case sluice_wrong_size: "wrong_size"
    case sluice_bad_token: "bad_token"
    case sluice_left_finite: "not_finite"
    case sluice_bad_state: "bad_state"
    case sluice_topology_differs: "other_topology"
    case sluice_too_large: "too_large"
    default: "not_allowed"
    }
  }
}
