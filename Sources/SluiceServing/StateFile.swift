import Glibc
import _SluiceServing

/// The states of a model's streams in memory that outlives the process: `sluice_slots_head`, then slots.
///
/// Each slot holds the state after the last request and the one before it. A request writes over the older, then
/// publishes which is the last: a kill at any instant leaves a whole state, and the step that nobody was
/// told of can be taken again.
@safe
package final class StateFile: @unchecked Sendable {
  package let file: Int32
  package let slotCount: Int
  package let stateFloats: Int
  /// Slots that were taken when the memory came from an earlier process.
  package let isAdopted: Bool
  fileprivate let start: UnsafeMutableRawPointer
  private let slotBytes: Int
  private let byteCount: Int

  /// No steps, where a slot has no such state.
  package static var none: UInt64 { .max }

  private static func slotBytes(_ stateFloats: Int) -> Int {
    sluice_slot_head_size + 2 * stateBytes(stateFloats)
  }
  private static func stateBytes(_ stateFloats: Int) -> Int { (stateFloats * 4 + 63) / 64 * 64 }

  /// New memory, or that of an earlier process.
  ///
  /// - Parameter adopted: a memfd that an earlier process had made; it is closed where it is not of this model's
  ///   topology, slots and name, and others take its place.
  package init(
    model name: String, topology: UInt64, stateFloats: Int, slotCount: Int, adopting adopted: Int32?
  ) throws(ServingError) {
    self.slotCount = slotCount
    self.stateFloats = stateFloats
    slotBytes = Self.slotBytes(stateFloats)
    byteCount = sluice_slots_head_size + slotCount * slotBytes
    var head = sluice_slots_head()
    head.magic = UInt32(sluice_slots_magic)
    head.version = UInt32(sluice_slots_version)
    head.topology = topology
    head.state_floats = UInt32(stateFloats)
    head.slot_bytes = UInt32(slotBytes)
    head.slot_count = UInt64(slotCount)
    unsafe withUnsafeMutableBytes(of: &head.model) { unsafe copyName(name, to: $0) }
    if let adopted {
      if sluice_memory_size(adopted) == Int64(byteCount),
        let start = unsafe Self.map(adopted, byteCount)
      {
        let isSame = unsafe withUnsafeBytes(of: &head) {
          unsafe memcmp($0.baseAddress!, start, $0.count) == 0
        }
        if isSame {
          file = adopted
          unsafe self.start = start
          isAdopted = true
          mend()
          return
        }
        unsafe munmap(start, byteCount)
      }
      close(adopted)
      Log.say(
        .warning,
        "\(name): the states of an earlier process are of another topology or number of streams; they are let go"
      )
    }
    let made = unsafe sluice_make_memory("sluice-states", byteCount)
    guard made >= 0, let start = unsafe Self.map(made, byteCount) else {
      throw ServingError(
        .failed,
        "no memory of \(byteCount) bytes for states: \(errorText(made < 0 ? -made : errno))")
    }
    file = made
    unsafe self.start = start
    isAdopted = false
    unsafe withUnsafeBytes(of: &head) {
      unsafe start.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
  }

  private static func map(_ file: Int32, _ byteCount: Int) -> UnsafeMutableRawPointer? {
    // Every page now: none is faulted in later.
    let start = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0)
    return unsafe start == MAP_FAILED ? nil : start
  }

  /// Frees what no earlier process could have left: a stream without a name ended with its connection.
  private func mend() {
    for index in 0..<slotCount {
      let slot = unsafe slot(index)
      let isWhole =
        unsafe slot.pointee.is_taken == 1 && slot.pointee.current <= 1
        && slot.pointee.name.0 != 0 && slot.pointee.name.63 == 0
      if !isWhole { free(index) }
    }
  }

  package func slot(_ index: Int) -> UnsafeMutablePointer<sluice_slot> {
    unsafe (start + (sluice_slots_head_size &+ index &* slotBytes))
      .assumingMemoryBound(to: sluice_slot.self)
  }

  /// One of a slot's two states, `[stateFloats]`.
  package func state(_ index: Int, _ which: UInt32) -> UnsafeMutablePointer<Float> {
    let offset = sluice_slot_head_size &+ Int(which & 1) &* Self.stateBytes(stateFloats)
    return unsafe (UnsafeMutableRawPointer(slot(index)) + offset).assumingMemoryBound(
      to: Float.self)
  }

  /// The state after the last request.
  package func state(_ index: Int) -> UnsafePointer<Float> {
    unsafe UnsafePointer(state(index, slot(index).pointee.current))
  }

  /// Steps after the last request.
  package func sequence(_ index: Int) -> UInt64 { sequence(index, slotCurrent(index)) }

  /// Steps before it; ``none`` where that state is not there.
  package func previousSequence(_ index: Int) -> UInt64 { sequence(index, 1 &- slotCurrent(index)) }

  private func slotCurrent(_ index: Int) -> UInt32 { unsafe slot(index).pointee.current & 1 }

  private func sequence(_ index: Int, _ which: UInt32) -> UInt64 {
    let slot = unsafe slot(index)
    return unsafe which == 0 ? slot.pointee.sequences.0 : slot.pointee.sequences.1
  }

  private func setSequence(_ index: Int, _ which: UInt32, _ value: UInt64) {
    let slot = unsafe slot(index)
    if which == 0 {
      unsafe slot.pointee.sequences.0 = value
    } else {
      unsafe slot.pointee.sequences.1 = value
    }
  }

  /// Goes back to the state before the last request.
  package func goBack(_ index: Int) {
    let slot = unsafe slot(index)
    let last = slotCurrent(index)
    unsafe sluice_publish(&slot.pointee.current, 1 &- last)
    setSequence(index, last, Self.none)
  }

  /// Where the next state is to be written; ``publish(_:sequence:keepingPrevious:)`` makes it the last.
  package func next(_ index: Int) -> UnsafeMutablePointer<Float> {
    unsafe state(index, 1 &- slotCurrent(index))
  }

  package func publish(_ index: Int, sequence: UInt64, keepingPrevious keeps: Bool = true) {
    let slot = unsafe slot(index)
    let last = slotCurrent(index)
    setSequence(index, 1 &- last, sequence)
    unsafe sluice_publish(&slot.pointee.current, 1 &- last)
    if !keeps { setSequence(index, last, Self.none) }
  }

  /// Takes a free slot with a state at 0 steps.
  package func take(
    _ index: Int, name: UnsafeRawBufferPointer, user: UInt32, initial: UnsafePointer<Float>
  ) {
    let slot = unsafe slot(index)
    unsafe slot.pointee.current = 0
    unsafe slot.pointee.sequences = (0, Self.none)
    unsafe slot.pointee.user = user
    unsafe withUnsafeMutableBytes(of: &slot.pointee.name) { unsafe $0.copyMemory(from: name) }
    unsafe memcpy(state(index, 0), initial, 4 &* stateFloats)
    unsafe sluice_publish(&slot.pointee.is_taken, 1)
  }

  package func free(_ index: Int) {
    let slot = unsafe slot(index)
    unsafe sluice_publish(&slot.pointee.is_taken, 0)
    unsafe slot.pointee.name.0 = 0
  }

  package func isTaken(_ index: Int) -> Bool { unsafe slot(index).pointee.is_taken == 1 }

  /// Whether a slot's stream has a name.
  package func isNamed(_ index: Int) -> Bool { unsafe slot(index).pointee.name.0 != 0 }

  package func isNamed(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
    unsafe withUnsafeBytes(of: &slot(index).pointee.name) {
      unsafe memcmp($0.baseAddress!, name.baseAddress!, name.count) == 0
    }
  }
}

extension StateFile {
  /// The head.
  package var head: UnsafeMutablePointer<sluice_slots_head> {
    unsafe start.assumingMemoryBound(to: sluice_slots_head.self)
  }

  package func isOfModel(_ name: UnsafeRawBufferPointer) -> Bool {
    unsafe withUnsafeBytes(of: &head.pointee.model) {
      unsafe memcmp($0.baseAddress!, name.baseAddress!, name.count) == 0
    }
  }
}

/// A name, filled up with NUL.
package func copyName(_ name: String, to bytes: UnsafeMutableRawBufferPointer) {
  unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
  for (index, byte) in name.utf8.prefix(bytes.count - 1).enumerated() { unsafe bytes[index] = byte }
}
