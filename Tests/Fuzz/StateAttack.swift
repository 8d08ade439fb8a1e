import Sluice
import SluiceBlob
import TestSupport

/// States from anywhere: `restore` refuses them and changes nothing, or the stream goes on.
enum StateAttack {
  /// Tries the bytes as they are, then with the checksum made right, so that the rest is looked at.
  static func run(_ input: [UInt8]) {
    restore(input)
    restore(input.withChecksum)
  }

  private nonisolated(unsafe) static let file: AlignedBytes = {
    do { return AlignedBytes(try SampleBlobs.bytes(.chain)) } catch { finding("\(error)") }
  }()

  /// A state of the stream that takes them.
  static func seed() throws -> [UInt8] {
    let model = unsafe try Model(bytes: file.raw, options: .init(checkingHash: false))
    var stream = try ModelStream(model)
    stream.step(token: 1)
    var state = [UInt8](repeating: 0, count: stream.stateByteCount)
    stream.save(into: &state)
    return state
  }

  private static func restore(_ input: [UInt8]) {
    do {
      let model = unsafe try Model(bytes: file.raw, options: .init(checkingHash: false))
      var stream = try ModelStream(model)
      var before = [UInt8](repeating: 0, count: stream.stateByteCount)
      var after = before
      stream.step(token: 1)
      stream.save(into: &before)
      do throws(StateError) {
        try stream.restore(input)
      } catch {
        stream.save(into: &after)
        if before != after { finding("a refused state changed the stream") }
      }
      stream.step(token: 2)
    } catch {
      finding("\(error)")
    }
  }
}

extension ModelStream {
  fileprivate mutating func step(token: Int) {
    var output = [Float](repeating: 0, count: outputSize)
    if !step(token: token, into: &output) { finding("a token was not taken") }
  }

  fileprivate func save(into state: inout [UInt8]) {
    var bytes = state.mutableSpan
    var raw = unsafe bytes.mutableBytes
    save(into: &raw)
  }

  fileprivate mutating func restore(_ state: [UInt8]) throws(StateError) {
    try unsafe restore(state.span.bytes)
  }
}

extension [UInt8] {
  /// The bytes with the checksum that a saved state of their length has.
  fileprivate var withChecksum: [UInt8] {
    guard count >= 40 else { return self }
    var copy = self
    let sum = unsafe withUnsafeBytes { bytes in
      let head = unsafe XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<32]))
      return unsafe XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes[40...]), seed: head)
    }
    copy.store(sum, 8, at: 32)
    return copy
  }
}
