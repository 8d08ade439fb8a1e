import Glibc
import Sluice
import SluiceBlob
import SluiceServing
import TestSupport
import _SluiceServing

/// Messages from anywhere: each has a reply of the protocol, and a stream of another connection has the bits that it has
/// without them.
enum MessageAttack {
  /// The input is messages, each behind two bytes of its length; odd ones get a good head first.
  static func run(_ input: [UInt8]) {
    unsafe room.attack(input)
  }

  private nonisolated(unsafe) static let room: AttackedRoom = {
    do { return try AttackedRoom() } catch { finding("\(error)") }
  }()
}

/// A thread's data path with one model of features and one of tokens.
private final class AttackedRoom {
  private let path: DataPath
  private let inputs: Int
  private let outputs: Int
  private var own: ModelStream
  private var stream: UInt32 = 0
  private var sequence: UInt64 = 0

  init() throws {
    var files: [StateFile] = []
    var batches: [ModelBatch] = []
    let drift = UnsafeMutablePointer<sluice_drift>.allocate(capacity: 2)
    unsafe drift.initialize(repeating: sluice_drift(), count: 2)
    let counters = UnsafeMutablePointer<sluice_counters>.allocate(capacity: 1)
    unsafe counters.initialize(to: sluice_counters())
    for (index, sample) in [SampleBlobs.Sample.lstm, .chain].enumerated() {
      let name = "/tmp/sluice-fuzz-\(getpid())-\(index)"
      let bytes = try SampleBlobs.bytes(sample)
      let file = unsafe open(name, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
      _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
      close(file)
      let served = try ServedModel(
        .init(name: "m\(index)", path: name), generation: 1, allowed: nil)
      unsafe unlink(name)
      files.append(
        try StateFile(
          model: "m\(index)", topology: served.model.topologyHash,
          stateFloats: served.model.packedStateCount, slotCount: 16, adopting: nil))
      batches.append(unsafe try ModelBatch(served, batchSize: 4, drift: drift + index))
    }
    let registry = Registry(names: ["m0", "m1"], files: files, slotCount: 16, now: 0)
    path = unsafe DataPath(
      registry: registry, batches: batches, thread: 0, threadCount: 1, counters: counters,
      greatestLoad: 0.8)
    inputs = batches[0].inputSize
    outputs = batches[0].outputSize
    own = try ModelStream(batches[0].served.model)
    stream = number(call(head(1, 0, 0, [UInt8](repeating: 0, count: 144)), 0), 32)
  }

  func attack(_ input: [UInt8]) {
    var at = 0
    var count = 0
    while at + 2 <= input.count, count < 16 {
      let size = Int(input[at]) | Int(input[at + 1] & 0x0F) << 8
      let isHelped = input[at + 1] & 0x80 != 0
      let body = Array(input[(at + 2)..<min(at + 2 + size, input.count)])
      at += 2 + size
      count += 1
      var message = body
      if isHelped, body.count >= 8 {
        // A kind, entries and rows of a few bytes; handles that name streams of this connection.
        message = head(
          UInt16(body[0] % 11), UInt32(body[1] % 8), UInt32(body[2] % 8), Array(body[8...]))
        if body[3] & 1 == 0, message.count >= 36 {
          message.replaceSubrange(32..<36, with: handles[Int(body[4] % 8)])
        }
      }
      if message.isEmpty { continue }
      let reply = call(message, 1)
      if reply.count < 32 || Int(number(reply, 24)) != reply.count
        || number(reply, 0) != UInt32(sluice_message_magic)
      {
        finding("a reply of \(reply.count) bytes")
      }
      if number(reply, 4) == 0x8001 { handles[Int(number(reply, 32) % 8)] = Array(reply[32..<36]) }
    }
    // While a stream is open that was promised a short deadline, one without a promise may be refused: not behind it.
    path.leave(1)
    compare()
  }

  private var handles = [[UInt8]](repeating: [1, 0, 16, 0], count: 8)

  /// A step of the stream that nobody attacks.
  private func compare() {
    let x = (0..<inputs).map { Float($0 + Int(sequence % 7)) / 16 }
    var y = [Float](repeating: 0, count: outputs)
    own.step(x, into: &y)
    let body =
      bytes(stream) + bytes(UInt32(0)) + bytes(sequence) + x.flatMap { bytes($0.bitPattern) }
    let reply = call(head(2, 1, 1, body), 0)
    sequence += 1
    guard reply.count == 48 + 4 * outputs,
      (0..<outputs).allSatisfy({ number(reply, 48 + 4 * $0) == y[$0].bitPattern })
    else { finding("another stream was disturbed") }
  }

  private func call(_ message: [UInt8], _ connection: Int) -> [UInt8] {
    path.begin()
    unsafe message.withUnsafeBytes {
      unsafe path.room.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
    path.take(message.count, from: connection, sluice_peer(), sent: 0)
    path.run()
    let pending = unsafe path.pending[0]
    return unsafe Array(UnsafeRawBufferPointer(start: pending.reply, count: pending.replyCount))
  }

  private func head(_ kind: UInt16, _ streams: UInt32, _ rows: UInt32, _ body: [UInt8]) -> [UInt8] {
    bytes(UInt32(sluice_message_magic)) + bytes(kind) + bytes(UInt16(0)) + bytes(streams)
      + bytes(rows) + bytes(UInt64(0)) + bytes(UInt32(32 + body.count)) + bytes(UInt32(0)) + body
  }

  private func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
  }

  private func number(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    at + 4 <= bytes.count ? bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) } : 0
  }
}
