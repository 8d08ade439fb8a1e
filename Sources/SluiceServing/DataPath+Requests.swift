import Glibc
import Sluice
import _SluiceServing

extension DataPath {
  /// Answers all but the rows of steps, which `run` computes: writes the reply, and to `pending` how long it is.
  func answer(_ message: Message, _ pending: inout Pending) -> sluice_outcome {
    unsafe message.replyHead.pointee = sluice_head()
    unsafe message.replyHead.pointee.magic = UInt32(sluice_message_magic)
    unsafe message.replyHead.pointee.kind = UInt16(sluice_is_reply)
    if unsafe message.count < 0 { return sluice_too_large }
    guard unsafe message.count >= Message.headSize else { return sluice_malformed }
    let head = unsafe message.head
    guard head.magic == UInt32(sluice_message_magic), head.kind & UInt16(sluice_is_reply) == 0,
      unsafe Int(head.byte_count) == message.count, head.status == 0, head.reserved == 0
    else { return sluice_malformed }
    unsafe message.replyHead.pointee.kind = head.kind | UInt16(sluice_is_reply)
    unsafe message.replyHead.pointee.tag = head.tag
    guard head.streams <= UInt32(sluice_most_entries) else { return sluice_wrong_size }
    let streams = Int(head.streams)
    guard unsafe message.bodyCount(behind: streams) >= 0 else { return sluice_wrong_size }
    switch sluice_kind(UInt32(head.kind)) {
    case sluice_kind_open: return unsafe open(message, &pending)
    case sluice_kind_list: return unsafe list(message, &pending)
    case sluice_kind_stats: return unsafe stats(message, &pending)
    case sluice_kind_step: return unsafe step(message, &pending)
    case sluice_kind_reset, sluice_kind_close, sluice_kind_carry, sluice_kind_save,
      sluice_kind_restore:
      return unsafe change(message, sluice_kind(UInt32(head.kind)), &pending)
    default: return sluice_unknown_kind
    }
  }

  /// Copies the entries to the reply, of which none has gone well yet.
  func repeatEntries(_ message: Message, _ streams: Int, _ pending: inout Pending) {
    unsafe message.replyHead.pointee.streams = UInt32(streams)
    unsafe memcpy(
      message.replyBody(behind: 0), message.body(behind: 0), streams &* Message.entrySize)
    var index = 0
    while index < streams {
      unsafe message.replyEntry(index).pointee.status = 0
      index &+= 1
    }
    unsafe pending.replyCount = Message.headSize &+ streams &* Message.entrySize
  }

  /// Reset, close, carry, save and restore.
  private func change(
    _ message: Message, _ kind: sluice_kind, _ pending: inout Pending
  ) -> sluice_outcome {
    let streams = unsafe Int(message.head.streams)
    let wanted =
      kind == sluice_kind_carry
      ? 2 : kind == sluice_kind_save || kind == sluice_kind_restore ? 1 : streams
    guard streams == wanted, streams > 0,
      unsafe kind == sluice_kind_restore || message.bodyCount(behind: streams) == 0
    else { return sluice_wrong_size }
    unsafe repeatEntries(message, streams, &pending)
    if kind == sluice_kind_carry { return unsafe carry(message) }
    var (outcome, index) = (sluice_done, 0)
    while index < streams {
      let entry = unsafe message.replyEntry(index)
      var one = sluice_unknown_stream
      if let stream = unsafe registry.index(
        of: entry.pointee.stream, thread: thread, connection: message.connection)
      {
        switch kind {
        case sluice_kind_reset: one = reset(stream)
        case sluice_kind_close: one = close(stream)
        case sluice_kind_save: one = unsafe save(stream, message, &pending)
        default: one = unsafe restore(stream, message)
        }
        let (model, slot) = registry.place(stream)
        unsafe entry.pointee.sequence = registry.files[model].sequence(slot)
      }
      unsafe entry.pointee.status = one.rawValue
      if outcome == sluice_done { outcome = one }
      index &+= 1
    }
    return outcome
  }

  private func reset(_ stream: Int) -> sluice_outcome {
    let (model, slot) = registry.place(stream)
    let (modelBatch, file) = unsafe (batches[model], registry.files[model])
    unsafe memcpy(file.next(slot), modelBatch.initial, 4 &* modelBatch.stateFloats)
    file.publish(slot, sequence: 0, keepingPrevious: false)
    return sluice_done
  }

  private func close(_ stream: Int) -> sluice_outcome {
    let hadPromise = unsafe registry.records[stream].load > 0
    registry.locked { registry.free(stream) }
    if hadPromise { sumPromises() }
    return sluice_done
  }

  private func save(_ stream: Int, _ message: Message, _ pending: inout Pending) -> sluice_outcome {
    let (model, slot) = registry.place(stream)
    let modelBatch = unsafe batches[model]
    let file = registry.files[model]
    unsafe modelBatch.save(file.state(slot), to: message.replyBody(behind: 1))
    unsafe pending.replyCount &+= modelBatch.served.model.stateByteCount
    return sluice_done
  }

  /// The stream goes on from the state behind its entry, at the entry's number of steps.
  private func restore(_ stream: Int, _ message: Message) -> sluice_outcome {
    let (model, slot) = registry.place(stream)
    let file = registry.files[model]
    let sequence = unsafe message.entry(0).sequence
    guard sequence < 1 << 62 else { return sluice_other_sequence }
    let state = unsafe UnsafeRawBufferPointer(
      start: message.body(behind: 1), count: message.bodyCount(behind: 1))
    guard unsafe batches[model].restore(state, to: file.next(slot)) else { return sluice_bad_state }
    file.publish(slot, sequence: sequence, keepingPrevious: false)
    return sluice_done
  }

  /// The first stream goes on from where the second is, of the same model or one of its topology.
  private func carry(_ message: Message) -> sluice_outcome {
    let (target, source) = unsafe (message.replyEntry(0), message.replyEntry(1))
    // The stream of an entry, which is told where there is none.
    func stream(_ entry: UnsafeMutablePointer<sluice_entry>) -> Int? {
      let found = unsafe registry.index(
        of: entry.pointee.stream, thread: thread, connection: message.connection)
      if found == nil { unsafe entry.pointee.status = sluice_unknown_stream.rawValue }
      return found
    }
    guard let to = unsafe stream(target), let from = unsafe stream(source) else {
      return sluice_unknown_stream
    }
    let ((model, slot), (otherModel, otherSlot)) = (registry.place(to), registry.place(from))
    let (file, other) = (registry.files[model], registry.files[otherModel])
    guard
      unsafe model == otherModel
        || batches[model].served.model.hasTopology(of: batches[otherModel].served.model)
    else {
      unsafe target.pointee.status = sluice_topology_differs.rawValue
      return sluice_topology_differs
    }
    let sequence = other.sequence(otherSlot)
    if to != from {
      unsafe memcpy(file.next(slot), other.state(otherSlot), 4 &* file.stateFloats)
      file.publish(slot, sequence: sequence, keepingPrevious: false)
    }
    unsafe target.pointee.sequence = sequence
    unsafe source.pointee.sequence = sequence
    return sluice_done
  }
}
