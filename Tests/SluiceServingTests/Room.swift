import Foundation
import Sluice
import SluiceBlob
import TestSupport
import _SluiceServing

import SluiceServing

/// A thread's data path without sockets: requests as bytes in, replies as bytes out.
@safe
final class Room {
  let registry: Registry
  let path: DataPath
  let served: [ServedModel]
  private let counters: UnsafeMutablePointer<sluice_counters>
  private let drift: UnsafeMutablePointer<sluice_drift>

  /// Models of these samples, each called as its file.
  init(
    _ blobs: [(String, [UInt8])], streams: Int = 8, batch: Int = 4, load: Double = 0.8,
    adopting files: [Int32?] = []
  ) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("serving-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    served = try blobs.map { name, bytes in
      let file = folder.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      return try ServedModel(.init(name: name, path: file.path), generation: 1, allowed: nil)
    }
    let states = try zip(blobs, served).enumerated().map { index, pair in
      try StateFile(
        model: pair.0.0, topology: pair.1.model.topologyHash,
        stateFloats: pair.1.model.packedStateCount, slotCount: streams,
        adopting: index < files.count ? files[index] : nil)
    }
    registry = Registry(names: blobs.map(\.0), files: states, slotCount: streams, now: 0)
    unsafe counters = .allocate(capacity: 1)
    unsafe counters.initialize(to: sluice_counters())
    unsafe drift = .allocate(capacity: served.count)
    unsafe drift.initialize(repeating: sluice_drift(), count: served.count)
    var batches: [ModelBatch] = []
    for (index, model) in served.enumerated() {
      batches.append(unsafe try ModelBatch(model, batchSize: batch, drift: drift + index))
    }
    path = unsafe DataPath(
      registry: registry, batches: batches, thread: 0, threadCount: 1, counters: counters,
      greatestLoad: load)
  }

  /// One round of these messages, each of the connection beside it: their replies.
  func round(_ messages: [(connection: Int, bytes: [UInt8])]) -> [[UInt8]] {
    path.begin()
    for message in messages {
      let bytes = message.bytes
      unsafe bytes.withUnsafeBytes {
        unsafe path.room.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
      path.take(bytes.count, from: message.connection, sluice_peer(), sent: 0)
    }
    path.run()
    return (0..<path.pendingCount).map { index in
      let pending = unsafe path.pending[index]
      return unsafe Array(
        UnsafeRawBufferPointer(start: pending.reply, count: pending.replyCount))
    }
  }

  func call(_ message: [UInt8], from connection: Int = 0) -> Reply {
    Reply(round([(connection, message)])[0])
  }

  /// Opens a stream; nil where that is refused.
  func open(
    _ model: String = "", name: String = "", period: UInt32 = 0, deadline: UInt32 = 0,
    from connection: Int = 0
  ) -> UInt32? {
    let reply = call(
      .open(model, name: name, period: period, deadline: deadline), from: connection)
    return reply.outcome == sluice_done ? reply.number(32) : nil
  }
}

/// A reply, taken apart.
struct Reply {
  let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  func number(_ at: Int) -> UInt32 {
    bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
  var outcome: sluice_outcome { sluice_outcome(number(4) >> 16) }
  var streams: Int { Int(number(8)) }
  func status(_ entry: Int) -> sluice_outcome { sluice_outcome(number(36 + 16 * entry)) }
  func sequence(_ entry: Int) -> UInt64 {
    UInt64(number(40 + 16 * entry)) | UInt64(number(44 + 16 * entry)) << 32
  }
  /// Behind the entries.
  var body: [UInt8] { Array(bytes[(32 + 16 * streams)...]) }
  var bits: [UInt32] {
    let start = 32 + 16 * streams
    return stride(from: start, to: bytes.count, by: 4).map { number($0) }
  }
}

extension [UInt8] {
  static func little<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
  }

  /// A message.
  static func message(
    _ kind: sluice_kind, streams: Int = 0, rows: Int = 0, tag: UInt64 = 7, _ body: [UInt8] = []
  ) -> [UInt8] {
    little(UInt32(sluice_message_magic)) + little(UInt16(kind.rawValue)) + little(UInt16(0))
      + little(UInt32(streams)) + little(UInt32(rows)) + little(tag)
      + little(UInt32(32 + body.count)) + little(UInt32(0)) + body
  }

  static func open(
    _ model: String, name: String = "", period: UInt32 = 0, deadline: UInt32 = 0, rows: UInt32 = 1
  ) -> [UInt8] {
    func field(_ text: String) -> [UInt8] {
      let bytes = [UInt8](text.utf8)
      return bytes + [UInt8](repeating: 0, count: 64 - bytes.count)
    }
    return message(
      sluice_kind_open,
      little(period) + little(deadline) + little(rows) + little(UInt32(0)) + field(model)
        + field(name))
  }

  /// A message about streams, each with the steps that it has taken.
  static func about(
    _ kind: sluice_kind, _ streams: [(UInt32, Int)], rows: Int = 0, _ body: [UInt8] = []
  ) -> [UInt8] {
    let entries = streams.flatMap { little($0.0) + little(UInt32(0)) + little(UInt64($0.1)) }
    return message(kind, streams: streams.count, rows: rows, entries + body)
  }

  static func step(_ streams: [(UInt32, Int)], rows: Int = 1, _ x: [Float]) -> [UInt8] {
    about(sluice_kind_step, streams, rows: rows, x.flatMap { little($0.bitPattern) })
  }
}
