import Sluice
import SluiceBlob

extension ModelStream {
  var saved: [UInt8] {
    var state = [UInt8](repeating: 0, count: stateByteCount)
    var bytes = state.mutableSpan
    var raw = unsafe bytes.mutableBytes
    save(into: &raw)
    return state
  }
}

extension [UInt8] {
  /// The bytes with the checksum that a saved state of theirs has.
  var withChecksum: [UInt8] {
    var copy = self
    let sum = unsafe withUnsafeBytes { bytes in
      let head = unsafe XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<32]))
      return unsafe XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes[40...]), seed: head)
    }
    for index in 0..<8 { copy[32 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
    return copy
  }
}
