import Glibc
import _SluiceServing

extension DataPath {
  /// Puts the rows of a request among the round's works: of each stream that can take them.
  ///
  /// Its body is x, `[streams, rows, inputSize]`, and of the reply y, `[streams, rows, outputSize]`, zeros where a stream
  /// was refused.
  func step(_ message: Message, _ pending: inout Pending) -> sluice_outcome {
    let head = unsafe message.head
    let (streams, rows) = (Int(head.streams), Int(head.rows))
    guard streams > 0, rows > 0, rows <= sluice_most_bytes / 4 else { return sluice_wrong_size }
    unsafe repeatEntries(message, streams, &pending)
    unsafe message.replyHead.pointee.rows = head.rows
    // All streams of a message are of one model, the first's that is known.
    var model = -1
    var index = 0
    while index < streams, model < 0 {
      if let stream = unsafe stream(message, index) { model = registry.place(stream).model }
      index &+= 1
    }
    guard model >= 0 else {
      unsafe refuseAll(message, streams, sluice_unknown_stream)
      return sluice_unknown_stream
    }
    let modelBatch = unsafe batches[model]
    let (inputs, outputs) = (rows &* modelBatch.inputSize, rows &* modelBatch.outputSize)
    // Rows, sizes and streams are at most 2^16, 2^16 and 2^8: no product wraps.
    guard unsafe message.bodyCount(behind: streams) == 4 &* streams &* inputs else {
      return sluice_wrong_size
    }
    let replyCount = unsafe pending.replyCount &+ 4 &* streams &* outputs
    guard replyCount <= sluice_most_bytes else { return sluice_too_large }
    unsafe pending.replyCount = replyCount
    unsafe pending.isStep = true
    let x = unsafe message.body(behind: streams).assumingMemoryBound(to: Float.self)
    let y = unsafe message.replyBody(behind: streams).assumingMemoryBound(to: Float.self)
    unsafe memset(y, 0, 4 &* streams &* outputs)
    var outcome = sluice_done
    let now = sluice_nanoseconds(false)
    index = 0
    while index < streams {
      let work = unsafe Work(
        model: model, slot: 0, rows: rows, x: x + index &* inputs, y: y + index &* outputs,
        entry: message.replyEntry(index), head: message.replyHead)
      let one = unsafe add(work, message, index, modelBatch, now, &pending)
      if one != sluice_done {
        unsafe message.replyEntry(index).pointee.status = one.rawValue
        if outcome == sluice_done { outcome = one }
      }
      index &+= 1
    }
    return outcome
  }

  private func stream(_ message: Message, _ index: Int) -> Int? {
    unsafe registry.index(
      of: message.entry(index).stream, thread: thread, connection: message.connection)
  }

  private func refuseAll(_ message: Message, _ streams: Int, _ outcome: sluice_outcome) {
    var index = 0
    while index < streams {
      unsafe message.replyEntry(index).pointee.status = outcome.rawValue
      index &+= 1
    }
  }

  private func add(
    _ work: Work, _ message: Message, _ index: Int, _ modelBatch: ModelBatch, _ now: Int64,
    _ pending: inout Pending
  ) -> sluice_outcome {
    guard let stream = unsafe stream(message, index) else { return sluice_unknown_stream }
    let (model, slot) = registry.place(stream)
    guard unsafe model == work.model else { return sluice_wrong_size }
    let file = registry.files[model]
    let record = unsafe registry.records + stream
    // What is told where it is refused: how far the stream is.
    unsafe work.entry.pointee.sequence = file.sequence(slot)
    guard unsafe record.pointee.message != messageCount else { return sluice_busy }
    let sequence = unsafe message.entry(index).sequence
    let isRepeated = sequence != file.sequence(slot)
    guard !isRepeated || sequence == file.previousSequence(slot), sequence < 1 << 62 else {
      return sluice_other_sequence
    }
    guard unsafe !modelBatch.readsTokens || hasTokens(work, modelBatch) else {
      return sluice_bad_token
    }
    guard unsafe isAdmitted(record, work.rows, modelBatch, now) else { return sluice_overloaded }
    if isRepeated { file.goBack(slot) }
    unsafe record.pointee.message = messageCount
    if unsafe record.pointee.deadline > 0 {
      unsafe pending.deadline = min(pending.deadline, record.pointee.deadline)
    }
    unsafe works[workCount] = unsafe work
    unsafe works[workCount].slot = slot
    workCount &+= 1
    return sluice_done
  }

  private func hasTokens(_ work: Work, _ modelBatch: ModelBatch) -> Bool {
    let ids = unsafe UnsafeRawPointer(work.x).assumingMemoryBound(to: Int32.self)
    var row = 0
    while unsafe row < work.rows {
      guard unsafe modelBatch.served.model.hasToken(Int(ids[row])) else { return false }
      row &+= 1
    }
    return true
  }

  /// Whether a stream may take rows now: those that keep to what they promised always may; the others may use what
  /// those leave of a round.
  private func isAdmitted(
    _ record: UnsafeMutablePointer<StreamRecord>, _ rows: Int, _ modelBatch: ModelBatch,
    _ now: Int64
  ) -> Bool {
    let period = unsafe record.pointee.period
    if period > 0 {
      let share = unsafe Double(rows) / Double(record.pointee.promisedRows)
      let step = Int64(min(Double(period) * share, 1e15))
      // A few that come late and then at once keep to it, too.
      if unsafe record.pointee.due &- now <= 4 &* max(period, step) {
        unsafe record.pointee.due = max(record.pointee.due, now) &+ step
        return true
      }
    }
    let cost = Double(rows) * modelBatch.rowCost + messageCost
    guard cost <= slack else { return false }
    slack -= cost
    return true
  }
}
