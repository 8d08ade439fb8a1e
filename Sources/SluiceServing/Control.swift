import Glibc
import Sluice
import _SluiceServing

/// Everything but the data path: signals, reloads, the manager, metrics.
@safe
final class Control {
  let settings: ServingSettings
  let manager: Manager
  let registry: Registry
  var served: [ServedModel]
  var workers: [Worker] = []
  let counters: UnsafeMutablePointer<sluice_counters>
  /// One for each model and thread.
  let drift: UnsafeMutablePointer<sluice_drift>
  var reloads: [UInt64]
  var refusedReloads: [UInt64]
  private let signals: Int32
  private let poller: Int32
  private let watcher: Int32
  private var metrics: MetricsSocket?
  private var ownSockets: [String] = []
  private var roundsBefore: [UInt64]
  private var lastSweep: Int64 = 0

  private static var signalEvent: UInt64 { 1 }
  private static var watcherEvent: UInt64 { 2 }

  init(_ settings: ServingSettings) throws(ServingError) {
    self.settings = settings
    signals = sluice_take_signals()
    poller = epoll_create1(Int32(EPOLL_CLOEXEC))
    watcher = sluice_make_watcher()
    manager = Manager()
    let allowed = try settings.allowedSums.map { (path) throws(ServingError) in
      try ServedModel.allowedSums(path)
    }
    served = try settings.models.map { (file) throws(ServingError) in
      try ServedModel(file, generation: 1, allowed: allowed)
    }
    var files: [StateFile] = []
    for (file, model) in zip(settings.models, served) {
      let name = Self.stateName(file.name)
      let adopted = manager.passed.first { $0.name == name }
      let states = try StateFile(
        model: file.name, topology: model.model.topologyHash,
        stateFloats: model.model.packedStateCount,
        slotCount: settings.streamCount, adopting: adopted?.file)
      if adopted != nil, !states.isAdopted { manager.letGo(name: name) }
      manager.keep(states.file, name: name)
      files.append(states)
    }
    registry = Registry(
      names: settings.models.map(\.name), files: files, slotCount: settings.streamCount,
      now: sluice_nanoseconds(false))
    let (threads, models) = (settings.threadCount, files.count)
    unsafe counters = .allocate(capacity: threads)
    unsafe counters.initialize(repeating: sluice_counters(), count: threads)
    unsafe drift = .allocate(capacity: threads * models)
    unsafe drift.initialize(repeating: sluice_drift(), count: threads * models)
    reloads = [UInt64](repeating: 0, count: models)
    refusedReloads = reloads
    roundsBefore = [UInt64](repeating: 0, count: threads)
    guard signals >= 0, poller >= 0, watcher >= 0 else {
      throw ServingError(.failed, "signals cannot be taken: \(errorText(errno))")
    }
  }

  private static func stateName(_ model: String) -> String { "states-\(model)" }

  /// Serves until a signal ends it.
  func run() throws(ServingError) {
    let (listener, metricsListener) = try sockets()
    sluice_drop_code()
    for thread in 0..<settings.threadCount {
      var batches: [ModelBatch] = []
      for model in served.indices {
        try batches.append(modelBatch(model, of: served[model], thread))
      }
      let path = unsafe DataPath(
        registry: registry, batches: batches, thread: thread, threadCount: settings.threadCount,
        counters: counters, greatestLoad: settings.greatestLoad)
      workers.append(try Worker(path, settings, listener: listener))
    }
    metrics = metricsListener.map { MetricsSocket($0, poller) }
    watchFiles()
    _ = sluice_watch(poller, signals, Self.signalEvent, false)
    _ = sluice_watch(poller, watcher, Self.watcherEvent, false)
    let refusal = sluice_lock_all()
    if refusal != 0 {
      Log.say(
        .notice,
        "memory is not locked (\(errorText(refusal))): a page that was swapped out delays a step")
    }
    for worker in workers { try worker.start() }
    manager.ready(status)
    Log.say(.info, "ready: " + status)
    loop()
    manager.say(["STOPPING=1"])
    for worker in workers { worker.stop() }
    for path in ownSockets where !path.hasPrefix("@") { unsafe unlink(path) }
    Log.say(.info, "stopped")
  }

  func modelBatch(_ model: Int, of served: ServedModel, _ thread: Int) throws(ServingError)
    -> ModelBatch
  {
    unsafe try ModelBatch(
      served, batchSize: settings.batchSize, drift: drift + (model * settings.threadCount + thread))
  }

  private var status: String {
    let models = zip(settings.models, served).map {
      "\($0.name) \($1.sum.prefix(12)) (\($1.generation))"
    }
    let states = registry.files.filter(\.isAdopted).isEmpty ? "" : "; states of an earlier process"
    return models.joined(separator: ", ") + states
  }

  /// The sockets that were passed, by their types, or those that the settings name.
  private func sockets() throws(ServingError) -> (Int32, Int32?) {
    var (data, metrics): (Int32?, Int32?) = (nil, nil)
    for passed in manager.passed {
      switch sluice_socket_type(passed.file) {
      case Int32(SOCK_SEQPACKET.rawValue) where data == nil: data = passed.file
      case Int32(SOCK_STREAM.rawValue) where metrics == nil: metrics = passed.file
      default:
        if settings.models.contains(where: { Self.stateName($0.name) == passed.name }) { continue }
        Log.say(.warning, "the file '\(passed.name)' that was passed is of no use; it is closed")
        if passed.name.hasPrefix("states-") { manager.letGo(name: passed.name) }
        close(passed.file)
      }
    }
    if data == nil, let path = settings.socket { data = try listen(path, packets: true) }
    if metrics == nil, let path = settings.metrics { metrics = try listen(path, packets: false) }
    guard let data else {
      throw ServingError(
        .usage, "no socket: '--socket PATH', or one of SOCK_SEQPACKET from a manager")
    }
    return (data, metrics)
  }

  private func listen(_ path: String, packets: Bool) throws(ServingError) -> Int32 {
    let file = unsafe sluice_listen(path, packets, 128)
    guard file >= 0 else {
      throw ServingError(.failed, "\(path.printable): cannot listen there: \(errorText(-file))")
    }
    // Who may connect is said by ids: then the folder's mode alone is what the file system says.
    if settings.users != nil || !settings.groups.isEmpty, !path.hasPrefix("@") {
      unsafe chmod(path, 0o666)
    }
    ownSockets.append(path)
    return file
  }

  private func watchFiles() {
    var folders: Set<String> = []
    for file in settings.models {
      let parts = file.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      let folder = parts.joined(separator: "/")
      folders.insert(folder.isEmpty ? file.path.hasPrefix("/") ? "/" : "." : folder)
    }
    for folder in folders {
      let failure = unsafe sluice_watch_folder(watcher, folder)
      if failure != 0 {
        Log.say(
          .warning,
          "\(folder.printable): changes are not noticed (\(errorText(failure))); SIGHUP reloads")
      }
    }
  }

  private func loop() {
    var events = [UInt64](repeating: 0, count: 16)
    let interval = Int32(min(max((manager.watchdog ?? 2_000_000) / 2000, 1), 1000))
    while true {
      let count = unsafe events.withUnsafeMutableBufferPointer {
        unsafe sluice_wait(poller, $0.baseAddress!, 16, interval)
      }
      for event in events.prefix(Int(max(count, 0))) {
        switch event {
        case Self.signalEvent:
          while true {
            let signal = sluice_next_signal(signals)
            if signal == SIGTERM || signal == SIGINT { return }
            if signal == SIGHUP { reload(Array(served.indices)) } else { break }
          }
        case Self.watcherEvent: reload(changedModels())
        default: metrics?.handle(event) { self.metricsText }
        }
      }
      let now = sluice_nanoseconds(false)
      if now - lastSweep > 500_000_000 {
        lastSweep = now
        metrics?.sweep(now)
        let count = registry.freeAbandoned(now: now, retention: Int64(settings.retention * 1e9))
        if count > 0 { Log.say(.info, "\(count) streams that nobody came back to were let go") }
      }
      if manager.watchdog != nil, areAlive { manager.say(["WATCHDOG=1"]) }
    }
  }

  /// Whether each thread has begun a round since it was last poked.
  private var areAlive: Bool {
    var alive = true
    for (index, worker) in workers.enumerated() {
      let rounds = worker.rounds
      if rounds == roundsBefore[index] { alive = false }
      roundsBefore[index] = rounds
      worker.poke()
    }
    return alive
  }

  private func changedModels() -> [Int] {
    var names: Set<String> = []
    unsafe withUnsafeMutablePointer(to: &names) { context in
      unsafe sluice_changed_names(watcher, context) { context, name in
        unsafe context!.assumingMemoryBound(to: Set<String>.self).pointee.insert(
          String(cString: name))
      }
    }
    return served.indices.filter { index in
      let last = settings.models[index].path.split(separator: "/").last.map(String.init) ?? ""
      return names.contains(last) || names.contains("")
    }
  }
}
