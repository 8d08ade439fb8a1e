import CSluice
import Sluice
import SluiceBlob

/// What a function returns instead of SLUICE_OK, and what it says in a `sluice_error`.
struct Failure: Error {
  var status: sluice_status
  var systemError: Int32 = 0
  var offset: Int64 = -1
  var sentence: StaticString

  init(_ status: sluice_status, _ sentence: StaticString? = nil) {
    self.status = status
    self.sentence = sentence ?? text(of: status)
  }

  static func argument(_ sentence: StaticString) -> Failure {
    Failure(SLUICE_BAD_ARGUMENT, sentence)
  }

  init(_ error: ModelError) {
    switch error {
    case .unreadable(let code):
      self.init(SLUICE_SYSTEM_ERROR, "The model cannot be read: errno ")
      systemError = code
    case .notLocked(let code):
      self.init(SLUICE_SYSTEM_ERROR, "The memory cannot be locked: errno ")
      systemError = code
    case .notARegularFile: self.init(SLUICE_NOT_A_FILE)
    case .invalid(let error):
      self.init(SLUICE_INVALID_MODEL, error.kind.sentence)
      offset = Int64(error.offset)
    case .unknownInstructionSet:
      self.init(SLUICE_NO_INSTRUCTION_SET, "SLUICE_ISA names no instruction set")
    case .unavailableInstructionSet: self.init(SLUICE_NO_INSTRUCTION_SET)
    case .layerDiffers: self.init(SLUICE_BAD_ARGUMENT, "No layer of that kind and those sizes")
    case .notStreamable: self.init(SLUICE_NEEDS_SEQUENCE)
    case .outOfMemory: self.init(SLUICE_OUT_OF_MEMORY)
    }
  }

  init(_ error: StateError) {
    switch error {
    case .wrongSize: self.init(SLUICE_INVALID_STATE, "the size is not that of this model's states")
    case .notAState:
      self.init(SLUICE_INVALID_STATE, "the bytes do not begin as a saved state does")
      offset = 0
    case .otherVersion:
      self.init(SLUICE_INVALID_STATE, "the state was saved by another version")
      offset = 8
    case .otherModel:
      self.init(SLUICE_INVALID_STATE, "the state was saved from a stream of another model")
      offset = 16
    case .damaged:
      self.init(SLUICE_INVALID_STATE, "the checksum is not that of the state: it was damaged")
      offset = 32
    case .notFinite(let place):
      self.init(SLUICE_INVALID_STATE, "the state holds a NaN or an infinity")
      offset = Int64(place)
    }
  }

  /// Writes the failure to the caller's `error`, if there is one; returns the status.
  func report(to error: UnsafeMutablePointer<sluice_error>?) -> sluice_status {
    guard let error = unsafe error else { return status }
    unsafe error.pointee.status = status
    unsafe error.pointee.system_error = systemError
    unsafe error.pointee.offset = offset
    unsafe withUnsafeMutableBytes(of: &error.pointee.message) { bytes in
      var message = unsafe Message(bytes)
      if offset >= 0 {
        message.append("Byte ")
        message.append(number: offset)
        message.append(": ")
      }
      message.append(sentence)
      if systemError != 0 { message.append(number: Int64(systemError)) }
      message.append(".")
      message.end()
    }
    return status
  }
}

/// A sentence written to memory of fixed size, cut where it does not fit.
@safe
private struct Message {
  private let bytes: UnsafeMutableRawBufferPointer
  private var count = 0

  init(_ bytes: UnsafeMutableRawBufferPointer) {
    unsafe self.bytes = unsafe bytes
  }

  mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { append(unsafe text.utf8Start[index]) }
  }

  mutating func append(number: Int64) {
    var divisor: Int64 = 1
    while number / divisor >= 10 { divisor &*= 10 }
    while divisor > 0 {
      append(0x30 &+ UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  mutating func end() {
    unsafe bytes[count] = 0
  }

  private mutating func append(_ byte: UInt8) {
    guard unsafe count < bytes.count &- 1 else { return }
    unsafe bytes[count] = byte
    count &+= 1
  }
}
