import Glibc
import Sluice
import _SluiceServing

extension DataPath {
  private static var requestSize: Int { MemoryLayout<sluice_open_request>.size }

  /// Opens a stream: a new one, or one of that name that nobody has open.
  func open(_ message: Message, _ pending: inout Pending) -> sluice_outcome {
    guard unsafe message.head.streams == 0, unsafe message.bodyCount(behind: 0) == Self.requestSize
    else { return sluice_wrong_size }
    let body = unsafe message.body(behind: 0)
    let request = unsafe body.load(as: sluice_open_request.self)
    let nameSize = sluice_name_size
    let modelName = unsafe UnsafeRawBufferPointer(start: body + 16, count: nameSize)
    let name = unsafe UnsafeRawBufferPointer(start: body + 16 + nameSize, count: nameSize)
    guard request.reserved == 0, unsafe isName(modelName), unsafe isName(name) else {
      return sluice_malformed
    }
    guard let model = unsafe model(named: modelName) else { return sluice_unknown_model }
    let promise = unsafe Promise(request, batches[model].rowCost, messageCost)
    let user = unsafe message.user
    let connection = unsafe message.connection
    var (found, isResumed) = (-1, false)
    let outcome = registry.locked { () -> sluice_outcome in
      let file = registry.files[model]
      var free = -1
      var slot = 0
      while slot < registry.slotCount {
        if !file.isTaken(slot) {
          if free < 0 { free = slot }
        } else if unsafe name[0] != 0, unsafe file.isNamed(slot, name),
          unsafe file.slot(slot).pointee.user == user
        {
          found = model &* registry.slotCount &+ slot
          break
        }
        slot &+= 1
      }
      isResumed = found >= 0
      if isResumed, unsafe registry.records[found].connection >= 0 { return sluice_busy }
      if !isResumed, free < 0 { return sluice_full }
      if promise.load > 0, promisedLoad + promise.load > greatestLoad { return sluice_overloaded }
      if !isResumed {
        found = model &* registry.slotCount &+ free
        unsafe file.take(free, name: name, user: user, initial: batches[model].initial)
      }
      unsafe promise.enter(&registry.records[found])
      unsafe registry.records[found].thread = Int32(thread)
      unsafe registry.records[found].connection = Int32(connection)
      return sluice_done
    }
    guard outcome == sluice_done else { return outcome }
    if promise.load > 0 {
      promisedLoad += promise.load
      if promise.deadline > 0 { leastDeadline = min(leastDeadline, promise.deadline) }
    }
    unsafe tell(found, isResumed, message, &pending)
    return sluice_done
  }

  private func tell(_ stream: Int, _ isResumed: Bool, _ message: Message, _ pending: inout Pending)
  {
    let (model, slot) = registry.place(stream)
    let (modelBatch, file) = unsafe (batches[model], registry.files[model])
    var reply = sluice_open_reply()
    reply.stream = registry.handle(stream)
    reply.resumed = isResumed ? 1 : 0
    reply.sequence = file.sequence(slot)
    reply.previous = file.previousSequence(slot)
    reply.model_hash = modelBatch.served.model.hash
    reply.inputs = UInt32(modelBatch.inputSize)
    reply.outputs = UInt32(modelBatch.outputSize)
    reply.reads_tokens = modelBatch.readsTokens ? 1 : 0
    reply.state_bytes = UInt32(modelBatch.served.model.stateByteCount)
    reply.generation = modelBatch.served.generation
    unsafe message.replyBody(behind: 0).storeBytes(of: reply, as: sluice_open_reply.self)
    unsafe pending.replyCount &+= MemoryLayout<sluice_open_reply>.size
  }

  /// A name that ends with a NUL, with nothing behind it.
  private func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count, unsafe bytes[index] != 0 {
      // What can stand in a log and in a label of metrics.
      guard unsafe bytes[index] > 32, unsafe bytes[index] < 127 else { return false }
      index &+= 1
    }
    guard index < bytes.count else { return false }
    while index < bytes.count {
      guard unsafe bytes[index] == 0 else { return false }
      index &+= 1
    }
    return true
  }

  /// The model of a name; the first where there is no name.
  private func model(named name: UnsafeRawBufferPointer) -> Int? {
    guard unsafe name[0] != 0 else { return 0 }
    var index = 0
    while index < registry.modelCount {
      if unsafe registry.files[index].isOfModel(name) { return index }
      index &+= 1
    }
    return nil
  }

  /// What streams of this thread were promised, summed anew, and the least of their deadlines.
  package func sumPromises() {
    leastDeadline = .max
    var total = 0.0
    var index = 0
    while index < registry.modelCount &* registry.slotCount {
      let record = unsafe registry.records + index
      if unsafe record.pointee.thread == Int32(thread), unsafe record.pointee.connection >= 0,
        unsafe record.pointee.load > 0
      {
        unsafe total += record.pointee.load
        let deadline = unsafe record.pointee.deadline
        if deadline > 0 { leastDeadline = min(leastDeadline, deadline) }
      }
      index &+= 1
    }
    promisedLoad = total
  }

  /// A connection is gone: its streams with a name are kept, the others end.
  package func leave(_ connection: Int) {
    let now = sluice_nanoseconds(false)
    var hadPromise = false
    var index = 0
    while index < registry.modelCount &* registry.slotCount {
      if unsafe registry.records[index].thread == Int32(thread),
        unsafe registry.records[index].connection == Int32(connection)
      {
        let (model, slot) = registry.place(index)
        if unsafe registry.records[index].load > 0 { hadPromise = true }
        registry.locked {
          let generation = unsafe registry.records[index].generation
          unsafe registry.records[index] = StreamRecord(generation: generation, left: now)
          if !registry.files[model].isNamed(slot) { registry.free(index) }
        }
      }
      index &+= 1
    }
    if hadPromise { sumPromises() }
  }
}

/// What a client says of its requests to come.
private struct Promise {
  let period: Int64
  let deadline: Int64
  let rows: Int
  /// Of a thread's time.
  let load: Double

  init(_ request: sluice_open_request, _ rowCost: Double, _ messageCost: Double) {
    period = 1000 * Int64(request.period)
    deadline = 1000 * Int64(request.deadline)
    rows = max(Int(request.rows), 1)
    load = period > 0 ? (Double(rows) * rowCost + messageCost) / Double(period) : 0
  }

  func enter(_ record: inout StreamRecord) {
    record.period = period
    record.deadline = deadline
    record.promisedRows = rows
    record.load = load
    record.due = 0
    record.message = 0
  }
}
