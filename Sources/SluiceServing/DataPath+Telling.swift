import Glibc
import _SluiceServing

extension DataPath {
  /// The streams of the peer's user, or for root of all, from the head's `rows`-th on, as many as fit.
  func list(_ message: Message, _ pending: inout Pending) -> sluice_outcome {
    guard unsafe message.head.streams == 0, unsafe message.bodyCount(behind: 0) == 0 else {
      return sluice_wrong_size
    }
    let size = MemoryLayout<sluice_listed>.size
    let first = unsafe Int(message.head.rows)
    let user = unsafe message.user
    var (seen, told) = (0, 0)
    let room = unsafe (sluice_most_bytes - Message.headSize) / size
    registry.locked {
      for index in 0..<registry.modelCount * registry.slotCount where told < room {
        let (model, slot) = registry.place(index)
        let file = registry.files[model]
        guard file.isTaken(slot) else { continue }
        let place = unsafe file.slot(slot)
        guard unsafe user == 0 || place.pointee.user == user else { continue }
        seen += 1
        guard seen > first else { continue }
        var listed = sluice_listed()
        listed.stream = registry.handle(index)
        unsafe listed.is_open = registry.records[index].connection >= 0 ? 1 : 0
        listed.sequence = file.sequence(slot)
        unsafe listed.user = place.pointee.user
        unsafe listed.name = place.pointee.name
        unsafe listed.model = file.head.pointee.model
        unsafe (message.replyBody(behind: 0) + told * size)
          .storeBytes(of: listed, as: sluice_listed.self)
        told += 1
      }
    }
    unsafe message.replyHead.pointee.rows = UInt32(told)
    unsafe pending.replyCount &+= told * size
    return sluice_done
  }

  /// What all threads have counted.
  func stats(_ message: Message, _ pending: inout Pending) -> sluice_outcome {
    guard unsafe message.head.streams == 0, unsafe message.bodyCount(behind: 0) == 0 else {
      return sluice_wrong_size
    }
    var stats = sluice_stats()
    for index in 0..<threadCount {
      let counters = unsafe allCounters + index
      stats.requests += unsafe sluice_counted(&counters.pointee.requests)
      stats.steps += unsafe sluice_counted(&counters.pointee.steps)
      stats.deadline_misses += unsafe sluice_counted(&counters.pointee.deadline_misses)
      stats.connections += unsafe sluice_counted(&counters.pointee.connections)
      unsafe withUnsafeMutablePointer(to: &counters.pointee.refusals) {
        let all = unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self)
        for outcome in 0..<Int(sluice_outcome_count.rawValue) {
          stats.refusals += unsafe sluice_counted(all + outcome)
        }
      }
    }
    stats.reloads = reloads
    for model in 0..<registry.modelCount {
      stats.open_streams += UInt64(registry.counts(model).open)
    }
    stats.up_nanoseconds = UInt64(sluice_nanoseconds(false) - started)
    unsafe message.replyBody(behind: 0).storeBytes(of: stats, as: sluice_stats.self)
    unsafe pending.replyCount &+= MemoryLayout<sluice_stats>.size
    return sluice_done
  }
}
