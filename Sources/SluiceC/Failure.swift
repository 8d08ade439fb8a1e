import CSluice
import Sluice
import SluiceBlob
import _SluiceSystem

/// What a function returns instead of SLUICE_OK, and what it says in a `sluice_error`.
@safe
struct Failure: Error, @unchecked Sendable {
  var status: sluice_status
  var systemError: Int32 = 0
  var offset: Int64 = -1
  private let sentence: UnsafePointer<CChar>
  /// What the sentence is about, a constant or the system's, and what follows it.
  private var detail: UnsafePointer<CChar>?
  private var ending: UnsafePointer<CChar>?
  /// What something takes, behind the sentence, and what is allowed, behind the detail.
  private var taken: Int64 = -1
  private var allowed: Int64 = -1

  @inline(__always)
  init(_ status: sluice_status, _ sentence: StaticString) {
    self.status = status
    unsafe self.sentence = unsafe constant(sentence)
  }

  /// A failure of which nothing is to be said but what the status means.
  init(_ status: sluice_status) {
    self.status = status
    unsafe sentence = unsafe text(of: status)
  }

  @inline(__always)
  static func argument(_ sentence: StaticString) -> Failure {
    Failure(SLUICE_BAD_ARGUMENT, sentence)
  }

  init(_ error: ModelError) {
    switch error {
    case .unreadable(let code):
      self.init(SLUICE_SYSTEM_ERROR, "The model cannot be read: ", errno: code)
    case .notLocked(let code):
      self.init(SLUICE_SYSTEM_ERROR, "The memory cannot be locked: ", errno: code)
    case .notARegularFile: self.init(SLUICE_NOT_A_FILE)
    case .invalid(let error):
      self.init(SLUICE_INVALID_MODEL, error.kind.sentence)
      offset = Int64(error.offset)
    case .unknownInstructionSet: self = .instructionSetOfEnvironment
    case .unavailableInstructionSet(let set):
      self.init(cannotRun: set.c, isCompiled: set.isCompiled)
    case .layerDiffers: self.init(SLUICE_BAD_ARGUMENT, "No layer of that kind and those sizes")
    case .notStreamable: self.init(SLUICE_NEEDS_SEQUENCE)
    case .streamTooLarge(let count, let limit): self.init(streamOf: count, limit: limit)
    case .tooManyOperations(let count, let limit):
      self.init("A step takes ", count, " operations; max_step_operations is ", limit)
    case .outOfMemory: self.init(SLUICE_OUT_OF_MEMORY)
    }
  }

  /// A stream that takes more than the options allow.
  init(_ excess: Excess) { self.init(streamOf: excess.byteCount, limit: excess.limit) }

  private init(streamOf count: Int, limit: Int) {
    let head = OpenStream.headSize
    let whole = count > .max &- head ? .max : count &+ head
    self.init("A stream takes ", whole, " bytes; max_stream_bytes is ", limit &+ head)
  }

  /// More than the options allow.
  @inline(__always)
  private init(_ start: StaticString, _ taken: Int, _ middle: StaticString, _ allowed: Int) {
    self.init(SLUICE_ABOVE_LIMIT, start)
    self.taken = Int64(truncatingIfNeeded: taken)
    unsafe detail = unsafe constant(middle)
    self.allowed = Int64(truncatingIfNeeded: allowed)
  }

  /// A refusal of the system, in its own words.
  @inline(__always)
  private init(_ status: sluice_status, _ sentence: StaticString, errno code: Int32) {
    self.init(status, sentence)
    systemError = code
    unsafe detail = unsafe UnsafePointer(strerror(code))
    unsafe ending = unsafe constant(" (errno ")
  }

  /// An instruction set that the CPU, its architecture or the library does not have.
  init(cannotRun isa: sluice_isa, isCompiled: Bool = true) {
    self.init(
      SLUICE_NO_INSTRUCTION_SET,
      isCompiled ? "This CPU cannot run " : "This library was built without ")
    unsafe detail = unsafe sluice_isa_name(isa)
  }

  /// `SLUICE_ISA` is none of this architecture's: another's, or no instruction set at all.
  private static var instructionSetOfEnvironment: Failure {
    let value = unsafe UnsafePointer(getenv(constant("SLUICE_ISA")))
    if let value = unsafe value {
      var isa = SLUICE_ISA_BASELINE.rawValue
      while let name = unsafe sluice_isa_name(sluice_isa(rawValue: isa)) {
        if unsafe strcmp(value, name) == 0 { return Failure(cannotRun: sluice_isa(rawValue: isa)) }
        isa &+= 1
      }
    }
    var failure = Failure(
      SLUICE_NO_INSTRUCTION_SET, "SLUICE_ISA must be baseline, avx2, avx512 or neon, not '")
    unsafe failure.detail = unsafe value
    unsafe failure.ending = unsafe constant("'")
    return failure
  }

  init(_ error: StateError) {
    switch error {
    case .wrongSize: self.init(SLUICE_INVALID_STATE, "The size is not that of this model's states")
    case .notAState:
      self.init(SLUICE_INVALID_STATE, "The bytes do not begin as a saved state does")
      offset = 0
    case .otherVersion:
      self.init(SLUICE_INVALID_STATE, "The state was saved by another version")
      offset = 8
    case .otherModel:
      self.init(SLUICE_INVALID_STATE, "The state was saved from a stream of another model")
      offset = 16
    case .damaged:
      self.init(SLUICE_INVALID_STATE, "The checksum is not that of the state: it was damaged")
      offset = 32
    case .invalidField(let place):
      self.init(SLUICE_INVALID_STATE, "A field of the state has a value that no stream writes")
      offset = Int64(place)
    case .notFinite(let place):
      self.init(SLUICE_INVALID_STATE, "The state holds a NaN or an infinity")
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
        unsafe message.append(constant("Byte "))
        message.append(number: offset)
        unsafe message.append(constant(": "))
      }
      unsafe message.append(sentence)
      if taken >= 0 { message.append(number: taken) }
      if let detail = unsafe detail { unsafe message.append(detail) }
      if allowed >= 0 { message.append(number: allowed) }
      if let ending = unsafe ending { unsafe message.append(ending) }
      if systemError != 0 {
        message.append(number: Int64(systemError))
        unsafe message.append(constant(")"))
      }
      unsafe message.append(constant("."))
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

  mutating func append(_ text: UnsafePointer<CChar>) {
    var index = 0
    while unsafe text[index] != 0 {
      append(UInt8(bitPattern: unsafe text[index]))
      index &+= 1
    }
  }

  /// Appends a number that is not negative, in decimal.
  mutating func append(number: Int64) {
    // From the last digit on: 2^63 has 19.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var rest = UInt64(truncatingIfNeeded: number)
    var first = 20
    repeat {
      first &-= 1
      unsafe digits[unchecked: first] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    while first < 20 {
      append(unsafe digits[unchecked: first])
      first &+= 1
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
