import Foundation
import Sluice
import SluiceBlob
import TestSupport
import Testing
import _SluiceServing

import SluiceServing

@Suite("Malformed messages")
struct MalformedTests {
  /// Good messages with changed bytes, noise behind good heads, and noise: each has one reply of the protocol, and a stream of
  /// another connection has the bits that it has without them. SLUICE_MESSAGES in the environment says how many.
  @Test func disturbNobody() throws {
    let room = try Room(
      [("m", try SampleBlobs.bytes(.lstm)), ("t", try SampleBlobs.bytes(.chain))], streams: 16)
    let model = room.served[0]
    let calm = try #require(room.open("m", name: "calm"))
    var own = try ModelStream(model.model)
    var y = [Float](repeating: 0, count: model.model.outputSize)
    var random = SeededRandom(seed: 11)
    let count = Int(ProcessInfo.processInfo.environment["SLUICE_MESSAGES"] ?? "") ?? 20_000
    var (taken, steps) = (0, 0)
    for number in 0..<count {
      let message = attack(&random, room)
      let reply = room.call(message, from: 1)
      try #require(reply.bytes.count >= 32 && Int(reply.number(24)) == reply.bytes.count)
      try #require(reply.number(0) == UInt32(sluice_message_magic))
      if reply.outcome == sluice_done { taken += 1 }
      if number % 16 == 0 {
        let x = (0..<model.model.inputSize).map { Float($0 + steps % 7) / 16 }
        own.step(x, into: &y)
        let step = room.call(.step([(calm, steps)], x))
        try #require(step.bits == y.map(\.bitPattern), "after \(number) messages")
        steps += 1
      }
      if number % 64 == 0 { room.path.leave(1) }
    }
    print("\(count) messages, \(taken) of them taken")
    #expect(taken > count / 100, "some are good enough to be taken")
  }

  private func attack(_ random: inout SeededRandom, _ room: Room) -> [UInt8] {
    func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    let size = room.served[0].model.inputSize
    let handle = room.registry.handle([0, 1, 2, 16, 17, 31][below(6)])
    let sequence = [0, 1, 2, .max][below(4)]
    let rows = below(4)
    let streams = (0..<below(4)).map { _ in (handle, sequence) }
    let floats = (0..<streams.count * rows * size).map { _ in
      [UInt8].little(
        [0, 0x3F00_0000, 0x7FC0_0000, UInt32.random(in: 0 ... .max, using: &random)][below(4)])
    }
    var message: [UInt8]
    switch below(8) {
    case 0: message = .open(["m", "t", "", "x"][below(4)], name: ["", "a", "calm"][below(3)])
    case 1, 2: message = .about(sluice_kind_step, streams, rows: rows, floats.flatMap { $0 })
    case 3:
      message = .about(sluice_kind_carry, [(handle, 0), (room.registry.handle(below(32)), 0)])
    case 4: message = .about(sluice_kind_restore, [(handle, 0)], floats.flatMap { $0 })
    case 5:
      message = .about(sluice_kind(UInt32(below(11))), streams, rows: rows)
    case 6: message = (0..<1 + below(200)).map { _ in UInt8(below(256)) }
    default:
      message = .message(
        sluice_kind(UInt32(below(11))), streams: [0, 1, 3, 256, 257][below(5)],
        rows: below(1 << 16),
        (0..<below(300)).map { _ in UInt8(below(4)) })
    }
    for _ in 0..<[0, 0, 1, 3][below(4)] { message[below(message.count)] = UInt8(below(256)) }
    return message
  }
}
