import Glibc
import _SluiceServing

/// A thread of the data path with its connections.
@safe
final class Worker: @unchecked Sendable {
  private let path: DataPath
  private let settings: ServingSettings
  private let poller: Int32
  private let listener: Int32
  private let wake: Int32
  /// Woken when this thread has taken over what was posted.
  private let taken: Int32
  private let connections: UnsafeMutablePointer<Connection>
  /// One place for each model: a batch to take over, and one that was let go.
  private let posted: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let returned: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let events: UnsafeMutablePointer<UInt64>
  private let counters: UnsafeMutablePointer<sluice_counters>
  private let isStopping: UnsafeMutablePointer<UInt64>
  private var handle = pthread_t()

  private struct Connection {
    var file: Int32 = -1
    var peer = sluice_peer()
  }

  private static var listenerEvent: UInt64 { .max }
  private static var wakeEvent: UInt64 { .max &- 1 }

  init(_ path: DataPath, _ settings: ServingSettings, listener: Int32) throws(ServingError) {
    self.path = path
    self.settings = settings
    self.listener = listener
    unsafe counters = unsafe path.counters
    poller = epoll_create1(Int32(EPOLL_CLOEXEC))
    wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    taken = eventfd(0, Int32(EFD_CLOEXEC))
    unsafe connections = .allocate(capacity: settings.connectionCount)
    unsafe connections.initialize(repeating: Connection(), count: settings.connectionCount)
    let models = path.registry.modelCount
    unsafe posted = .allocate(capacity: models)
    unsafe posted.initialize(repeating: nil, count: models)
    unsafe returned = .allocate(capacity: models)
    unsafe returned.initialize(repeating: nil, count: models)
    unsafe events = .allocate(capacity: DataPath.mostPending)
    unsafe events.initialize(repeating: 0, count: DataPath.mostPending)
    unsafe isStopping = .allocate(capacity: 1)
    unsafe isStopping.initialize(to: 0)
    guard poller >= 0, wake >= 0, taken >= 0,
      sluice_watch(poller, wake, Self.wakeEvent, false) == 0,
      sluice_watch(poller, listener, Self.listenerEvent, true) == 0
    else {
      throw ServingError(.failed, "a thread cannot wait for its sockets: \(errorText(errno))")
    }
  }

  /// Begins to serve in a thread of its own.
  func start() throws(ServingError) {
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    let failure = unsafe pthread_create(
      &handle, nil,
      { context in
        sluice_name_thread()
        unsafe Unmanaged<Worker>.fromOpaque(context!).takeRetainedValue().serve()
        return nil
      }, context)
    guard failure == 0 else { throw ServingError(.failed, "no thread: \(errorText(failure))") }
  }

  /// Ends it after the round that runs, and waits for that.
  func stop() {
    unsafe sluice_count(isStopping, 1)
    sluice_wake(wake)
    pthread_join(handle, nil)
  }

  /// Rounds so far: they go on after each ``poke()``, unless the thread hangs.
  var rounds: UInt64 { unsafe sluice_counted(&counters.pointee.rounds) }

  /// Wakes the thread, which then begins a round.
  func poke() { sluice_wake(wake) }

  /// Lets the thread take over a batch between two rounds; returns when it has.
  func replace(_ model: Int, by modelBatch: ModelBatch) {
    unsafe sluice_exchange(posted + model, Unmanaged.passRetained(modelBatch).toOpaque())
    sluice_wake(wake)
    sluice_woken(taken)
    // What was there is let go of here, and not by the data path.
    if let old = unsafe sluice_exchange(returned + model, nil) {
      unsafe Unmanaged<ModelBatch>.fromOpaque(old).release()
    }
  }

  private func serve() {
    while unsafe sluice_counted(isStopping) == 0 {
      let count = unsafe sluice_wait(poller, events, Int32(DataPath.mostPending), -1)
      if count < 0, count != -EINTR {
        Log.say(.error, "a thread cannot wait any more: \(errorText(-count))")
        abort()
      }
      let start = sluice_nanoseconds(false)
      path.begin()
      var index = 0
      while index < Int(count) {
        handle(unsafe events[index])
        index &+= 1
      }
      finish(start)
      unsafe sluice_count(&counters.pointee.rounds, 1)
    }
  }

  private func handle(_ event: UInt64) {
    switch event {
    case Self.wakeEvent:
      sluice_woken(wake)
      takeOver()
    case Self.listenerEvent: welcome()
    default: receive(Int(event))
    }
  }

  private func takeOver() {
    var model = 0
    while model < path.registry.modelCount {
      if let modelBatch = unsafe sluice_exchange(posted + model, nil) {
        let old = unsafe path.batches[model]
        unsafe path.batches[model] = Unmanaged<ModelBatch>.fromOpaque(modelBatch)
          .takeRetainedValue()
        unsafe sluice_exchange(returned + model, Unmanaged.passRetained(old).toOpaque())
        path.reloads &+= 1
        sluice_wake(taken)
      }
      model &+= 1
    }
  }

  private func welcome() {
    var peer = sluice_peer()
    let file = unsafe sluice_accept(listener, &peer)
    guard file >= 0 else { return }
    unsafe sluice_count(&counters.pointee.accepted, 1)
    guard isAllowed(peer) else { return refuse(file, sluice_not_allowed) }
    var index = 0
    while index < settings.connectionCount, unsafe connections[index].file >= 0 { index &+= 1 }
    guard index < settings.connectionCount else { return refuse(file, sluice_full) }
    guard sluice_watch(poller, file, UInt64(index), false) == 0 else {
      return refuse(file, sluice_full)
    }
    unsafe connections[index] = Connection(file: file, peer: peer)
    unsafe sluice_count(&counters.pointee.connections, 1)
  }

  private func isAllowed(_ peer: sluice_peer) -> Bool {
    if settings.groups.contains(peer.group) { return true }
    if let users = settings.users { return users.contains(peer.user) }
    return peer.user == 0 || peer.user == geteuid()
  }

  /// Tells why, in a reply to no request, and closes.
  private func refuse(_ file: Int32, _ outcome: sluice_outcome) {
    path.refused(outcome)
    var head = sluice_head()
    head.magic = UInt32(sluice_message_magic)
    head.kind = UInt16(sluice_is_reply)
    head.status = UInt16(outcome.rawValue)
    head.byte_count = unsafe UInt32(Message.headSize)
    _ = unsafe sluice_send(file, &head, Message.headSize)
    close(file)
  }

  private func receive(_ index: Int) {
    // Where the round is full, the message waits in its socket for the next.
    guard path.hasRoom, unsafe connections[index].file >= 0 else { return }
    var sent: Int64 = 0
    let count = unsafe sluice_receive(
      connections[index].file, path.room, sluice_most_bytes, &sent)
    if count == Int(-EAGAIN) || count == Int(-EINTR) { return }
    guard count > 0 || count == Int(-EMSGSIZE) else { return drop(index) }
    if sent == 0 { sent = sluice_nanoseconds(true) }
    unsafe path.take(max(count, -1), from: index, connections[index].peer, sent: sent)
  }

  /// Takes the steps and sends the replies of a round that began at `start`.
  private func finish(_ start: Int64) {
    let count = path.pendingCount
    guard count > 0 else { return }
    let before = sluice_nanoseconds(false)
    path.run()
    let after = sluice_nanoseconds(false)
    var index = 0
    while index < count {
      let pending = unsafe path.pending[index]
      let connection = unsafe pending.connection
      if unsafe !sluice_send(connections[connection].file, pending.reply, pending.replyCount) {
        // Replies are not kept for who does not read them: its streams with a name can take the step again.
        unsafe sluice_count(&counters.pointee.deaf, 1)
        drop(connection)
      }
      path.note(index, answered: sluice_nanoseconds(true))
      index &+= 1
    }
    let end = sluice_nanoseconds(false)
    unsafe sluice_count(&counters.pointee.busy, UInt64(max(end - start, 0)))
    let cost = Double((before - start) + (end - after)) / Double(count)
    path.messageCost += (cost - path.messageCost) / 64
  }

  private func drop(_ index: Int) {
    let file = unsafe connections[index].file
    unsafe connections[index].file = -1
    close(file)
    path.leave(index)
    unsafe sluice_count(&counters.pointee.connections, .max)
  }
}
