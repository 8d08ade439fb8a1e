import Glibc
import Sluice
import _SluiceServing

/// A request that came in this round, and its reply.
@unsafe
package struct Pending {
  package var connection: Int
  package var reply: UnsafeMutableRawPointer
  package var replyCount: Int
  /// When it was sent, in nanoseconds of the day; and how long it may wait, the greatest number where it may for
  /// any time.
  package var sent: Int64
  package var deadline: Int64
  package var isStep: Bool
}

/// A thread's part of the work: messages in, replies out, without sockets. Rounds of `take` for each message, one of a
/// connection at most, `run`, and `finish` once the replies are sent.
///
/// Everything that a round needs is there from the start: steps neither allocate nor lock. Where a round has no room
/// for another message, ``hasRoom`` is false, and the message waits in its socket.
@safe
package final class DataPath {
  package let registry: Registry
  package let thread: Int
  package let counters: UnsafeMutablePointer<sluice_counters>
  /// One for each model.
  package let batches: UnsafeMutablePointer<ModelBatch>
  package let greatestLoad: Double
  /// Of all threads, for `stats`; this one's is `counters`.
  package let allCounters: UnsafeMutablePointer<sluice_counters>
  package let threadCount: Int
  package let started: Int64
  /// Models that were replaced since the start, of all threads: set with the batches.
  package var reloads: UInt64 = 0

  package let pending: UnsafeMutablePointer<Pending>
  package private(set) var pendingCount = 0
  package let works: UnsafeMutablePointer<Work>
  package var workCount = 0
  /// The works of one call of a batch.
  package let chunk: UnsafeMutablePointer<Work>
  private let requests: UnsafeMutableRawPointer
  private let replies: UnsafeMutableRawPointer
  private var requestEnd = 0
  package var replyEnd = 0

  /// The messages so far, by which a stream knows that it stands twice in one.
  package var messageCount: UInt64 = 0
  /// Of this thread's time, what streams were promised; and the least of their deadlines.
  package var promisedLoad = 0.0
  package var leastDeadline = Int64.max
  /// Nanoseconds of work without a promise that this round still takes.
  package var slack = 0.0
  /// Nanoseconds of a message beside its rows, lately.
  package var messageCost = 3000.0

  package static var mostPending: Int { 64 }
  package static var mostWorks: Int { 2048 }
  private static var arenaSize: Int { 2 * sluice_most_bytes }
  package static var batchLimit: Int { 256 }

  package init(
    registry: Registry, batches: [ModelBatch], thread: Int, threadCount: Int,
    counters: UnsafeMutablePointer<sluice_counters>, greatestLoad: Double
  ) {
    self.registry = registry
    self.thread = thread
    self.threadCount = threadCount
    self.greatestLoad = greatestLoad
    unsafe allCounters = counters
    unsafe self.counters = counters + thread
    started = sluice_nanoseconds(false)
    unsafe self.batches = .allocate(capacity: batches.count)
    for (index, modelBatch) in batches.enumerated() {
      unsafe (self.batches + index).initialize(to: modelBatch)
    }
    unsafe pending = .allocate(capacity: Self.mostPending)
    unsafe works = .allocate(capacity: Self.mostWorks)
    unsafe chunk = .allocate(capacity: Self.batchLimit)
    unsafe requests = .allocate(byteCount: Self.arenaSize, alignment: 64)
    unsafe replies = .allocate(byteCount: Self.arenaSize, alignment: 64)
    // Pages that are there when a request is.
    unsafe memset(pending, 0, Self.mostPending * MemoryLayout<Pending>.stride)
    unsafe memset(works, 0, Self.mostWorks * MemoryLayout<Work>.stride)
    unsafe memset(chunk, 0, Self.batchLimit * MemoryLayout<Work>.stride)
    unsafe memset(requests, 0, Self.arenaSize)
    unsafe memset(replies, 0, Self.arenaSize)
  }

  deinit {
    unsafe batches.deinitialize(count: registry.modelCount)
    unsafe batches.deallocate()
    unsafe pending.deallocate()
    unsafe works.deallocate()
    unsafe chunk.deallocate()
    unsafe requests.deallocate()
    unsafe replies.deallocate()
  }

  /// Whether this round can take another message, whatever it holds.
  package var hasRoom: Bool {
    pendingCount < Self.mostPending && workCount &+ sluice_most_entries <= Self.mostWorks
      && requestEnd &+ sluice_most_bytes <= Self.arenaSize
      && replyEnd &+ sluice_most_bytes <= Self.arenaSize
  }

  /// Where the next message is to be received: `sluice_most_bytes`, 64-byte aligned.
  package var room: UnsafeMutableRawPointer { unsafe requests + requestEnd }

  /// A round begins.
  package func begin() {
    (pendingCount, workCount, requestEnd, replyEnd) = (0, 0, 0, 0)
    slack = .infinity
    guard promisedLoad > 0 else { return }
    // Nobody who was promised a time waits longer for who was not than a quarter of it.
    slack = Double(leastDeadline) / 4
  }

  /// Takes a message that lies at ``room``.
  ///
  /// - Parameters:
  ///   - count: its bytes, at most `sluice_most_bytes`; -1 where it has more.
  ///   - connection: who sent it.
  ///   - peer: as whom.
  ///   - sent: when, in nanoseconds of the day.
  package func take(_ count: Int, from connection: Int, _ peer: sluice_peer, sent: Int64) {
    let request = unsafe room
    let reply = unsafe replies + replyEnd
    requestEnd &+= (max(count, 0) &+ 63) / 64 &* 64
    messageCount &+= 1
    unsafe pending[pendingCount] = unsafe Pending(
      connection: connection, reply: reply, replyCount: MemoryLayout<sluice_head>.size, sent: sent,
      deadline: .max, isStep: false)
    unsafe sluice_count(&counters.pointee.requests, 1)
    let message = unsafe Message(
      request: UnsafeRawPointer(request), count: count, reply: reply, connection: connection,
      user: peer.user)
    let outcome = unsafe answer(message, &pending[pendingCount])
    unsafe message.replyHead.pointee.status = UInt16(outcome.rawValue)
    if outcome != sluice_done { refused(outcome) }
    let replyCount = unsafe pending[pendingCount].replyCount
    unsafe message.replyHead.pointee.byte_count = UInt32(truncatingIfNeeded: replyCount)
    replyEnd &+= (replyCount &+ 63) / 64 &* 64
    pendingCount &+= 1
  }

  package func refused(_ outcome: sluice_outcome) {
    unsafe withUnsafeMutablePointer(to: &counters.pointee.refusals) {
      let all = unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self)
      unsafe sluice_count(all + Int(outcome.rawValue % sluice_outcome_count.rawValue), 1)
    }
  }

  /// Takes the steps of all messages of the round.
  package func run() {
    var model = 0
    while workCount > 0, model < registry.modelCount {
      runModel(model)
      model &+= 1
    }
  }

  private func runModel(_ model: Int) {
    let modelBatch = unsafe batches[model]
    var (index, count) = (0, 0)
    while index < workCount {
      if unsafe works[index].model == model {
        // In the order of their rows, most first.
        var place = count
        while place > 0, unsafe chunk[place &- 1].rows < works[index].rows {
          unsafe chunk[place] = unsafe chunk[place &- 1]
          place &-= 1
        }
        unsafe chunk[place] = unsafe works[index]
        count &+= 1
        if count == modelBatch.batchSize {
          runChunk(modelBatch, model, count)
          count = 0
        }
      }
      index &+= 1
    }
    if count > 0 { runChunk(modelBatch, model, count) }
  }

  private func runChunk(_ modelBatch: ModelBatch, _ model: Int, _ count: Int) {
    unsafe modelBatch.run(chunk, count, registry.files[model])
    var index = 0
    while index < count {
      if unsafe chunk[index].entry.pointee.status == sluice_done.rawValue {
        unsafe sluice_count(&counters.pointee.steps, UInt64(chunk[index].rows))
      } else {
        refused(sluice_left_finite)
        if unsafe chunk[index].head.pointee.status == 0 {
          unsafe chunk[index].head.pointee.status = UInt16(sluice_left_finite.rawValue)
        }
      }
      index &+= 1
    }
  }

  /// Notes how long a request took that was answered now, in nanoseconds of the day.
  package func note(_ index: Int, answered now: Int64) {
    guard unsafe pending[index].isStep else { return }
    let took = unsafe max(now &- pending[index].sent, 0)
    if unsafe took > pending[index].deadline {
      unsafe sluice_count(&counters.pointee.deadline_misses, 1)
    }
    unsafe sluice_count(&counters.pointee.latency_sum, UInt64(took))
    unsafe withUnsafeMutablePointer(to: &counters.pointee.latencies) {
      let all = unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self)
      unsafe sluice_count(all + Latency.bucket(of: took), 1)
    }
  }
}

/// The buckets of latencies.
package enum Latency {
  /// Microseconds, up to and with; the last bucket has none.
  package static let bounds: [Int64] = [
    20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100_000, 200_000, 500_000,
    1_000_000,
  ]

  /// The bucket of so many nanoseconds.
  package static func bucket(of nanoseconds: Int64) -> Int {
    var index = 0
    while index < bounds.count, nanoseconds > bounds[index] &* 1000 { index &+= 1 }
    return index
  }
}
