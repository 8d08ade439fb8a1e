import Glibc
import _SluiceServing

/// What is known of a stream beside its state.
package struct StreamRecord {
  /// The thread and connection that have it open; -1 for none.
  package var thread: Int32 = -1
  package var connection: Int32 = -1
  /// Of its handle, so that a handle of one that is gone names no other.
  package var generation: UInt32 = 1
  /// The message that it was last a part of.
  package var message: UInt64 = 0
  /// Nanoseconds: between requests, 0 where none were promised, and how long one may wait, 0 for any time.
  package var period: Int64 = 0
  package var deadline: Int64 = 0
  package var promisedRows = 1
  /// When the next request is due, at the promised rate.
  package var due: Int64 = 0
  /// Of the thread's time.
  package var load = 0.0
  /// Since when nobody has it open, in nanoseconds.
  package var left: Int64 = 0
}

/// Every stream of every model, of all threads. A lock is taken where streams are opened, closed and listed; a step
/// touches records of its own thread alone.
@safe
package final class Registry: @unchecked Sendable {
  package let modelCount: Int
  package let slotCount: Int
  package let names: [String]
  package let files: [StateFile]
  package let records: UnsafeMutablePointer<StreamRecord>
  private let lock: UnsafeMutablePointer<pthread_mutex_t>

  package init(names: [String], files: [StateFile], slotCount: Int, now: Int64) {
    self.names = names
    self.files = files
    self.slotCount = slotCount
    modelCount = files.count
    unsafe records = .allocate(capacity: modelCount * slotCount)
    unsafe records.initialize(repeating: StreamRecord(left: now), count: modelCount * slotCount)
    unsafe lock = .allocate(capacity: 1)
    unsafe lock.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(lock, nil)
  }

  deinit {
    unsafe records.deallocate()
    unsafe lock.deallocate()
  }

  package func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  private static var indexBits: UInt32 { 20 }

  /// The number by which clients name a stream; never 0.
  package func handle(_ index: Int) -> UInt32 {
    unsafe records[index].generation << Self.indexBits | UInt32(truncatingIfNeeded: index)
  }

  /// The stream of a handle that a connection has open.
  package func index(of handle: UInt32, thread: Int, connection: Int) -> Int? {
    let index = Int(handle & (1 << Self.indexBits &- 1))
    guard index < modelCount &* slotCount, unsafe records[index].connection == Int32(connection),
      unsafe records[index].thread == Int32(thread), self.handle(index) == handle
    else { return nil }
    return index
  }

  /// Its model, and its slot among that model's.
  package func place(_ index: Int) -> (model: Int, slot: Int) {
    (index / slotCount, index % slotCount)
  }

  /// Lets go of a stream, under the lock.
  package func free(_ index: Int) {
    let (model, slot) = place(index)
    files[model].free(slot)
    let generation = unsafe records[index].generation
    unsafe records[index] = StreamRecord(
      generation: generation >= 0xFFF ? 1 : generation &+ 1)
  }

  /// Lets go of streams that nobody has had open for so long; how many.
  package func freeAbandoned(now: Int64, retention: Int64) -> Int {
    locked {
      var count = 0
      for index in 0..<modelCount * slotCount {
        let (model, slot) = place(index)
        guard files[model].isTaken(slot), unsafe records[index].connection < 0,
          unsafe now - records[index].left > retention
        else { continue }
        free(index)
        count += 1
      }
      return count
    }
  }

  /// Streams of a model that a connection has open, and that are kept without one.
  package func counts(_ model: Int) -> (open: Int, kept: Int) {
    locked {
      var (open, kept) = (0, 0)
      for slot in 0..<slotCount where files[model].isTaken(slot) {
        if unsafe records[model * slotCount + slot].connection >= 0 { open += 1 } else { kept += 1 }
      }
      return (open, kept)
    }
  }
}
