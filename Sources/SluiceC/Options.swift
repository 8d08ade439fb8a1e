import CSluice
import Sluice
import _SluiceSystem

/// Copies a program's structure, which begins with its size and is of whatever version, to one of `size` bytes, all 0:
/// what it lacks stays so, and what is not known must be so.
@inline(__always)
func copyOptions(
  _ options: UnsafeRawPointer, to known: UnsafeMutableRawPointer, size: Int, leastSize: Int,
  _ wrongSize: StaticString
) throws(Failure) {
  // More than any version will have: a size above it was never set.
  let greatestSize = 4096
  let given = unsafe options.loadUnaligned(as: Int.self)
  guard given >= leastSize, given <= greatestSize else {
    throw .argument(wrongSize)
  }
  unsafe memcpy(known, options, min(given, size))
  var at = size
  while at < given {
    guard unsafe options.load(fromByteOffset: at, as: UInt8.self) == 0 else {
      throw .argument("The options have a field that this version of the library does not know")
    }
    at &+= 1
  }
}

extension Model.Options {
  /// Bytes of the first version's `sluice_options`: there is no shorter one.
  private static var leastSize: Int { 32 }

  /// What a program's options say, of whatever version they are; the defaults for NULL.
  init(_ options: UnsafePointer<sluice_options>?) throws(Failure) {
    self.init()
    guard let options = unsafe options else { return }
    var known = sluice_options()
    unsafe try copyOptions(
      options, to: &known, size: MemoryLayout<sluice_options>.size, leastSize: Self.leastSize,
      "The size of the options is not sizeof(sluice_options)")
    try readFlags(known.flags)
    instructionSet = try Self.instructionSet(known.isa)
    maximumStreamByteCount = Self.limit(known.max_stream_bytes).map { $0 &- OpenStream.headSize }
    maximumStepOperationCount = Self.limit(known.max_step_operations)
  }

  private mutating func readFlags(_ flags: UInt32) throws(Failure) {
    guard flags < 32 else { throw .argument("A flag is unknown") }
    if flags & SLUICE_OPEN_COPY != 0 { memory = .copied }
    if flags & SLUICE_OPEN_SEALED != 0 { memory = .sealed }
    checkingHash = flags & SLUICE_OPEN_NO_HASH == 0
    locking = flags & SLUICE_OPEN_LOCK != 0
    prefaulting = flags & SLUICE_OPEN_LAZY == 0
  }

  private static func instructionSet(_ isa: sluice_isa) throws(Failure) -> InstructionSet? {
    if isa == SLUICE_ISA_BEST { return nil }
    if let set = InstructionSet(isa) { return set }
    guard unsafe sluice_isa_name(isa) != nil else {
      throw .argument("The instruction set is unknown")
    }
    throw Failure(cannotRun: isa)
  }

  /// A limit, of which 0 is none.
  private static func limit(_ value: UInt64) -> Int? {
    value == 0 ? nil : Int(clamping: value)
  }
}
