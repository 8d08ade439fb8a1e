import Foundation
import Sluice
import SluiceBlob
import TestSupport
import Testing
import _SluiceServing

import SluiceServing

@Suite("States that outlive their process")
struct StateFileTests {
  /// A process that dies at any point of a step leaves the last state that was published, and that before it.
  @Test func aStateThatIsHalfWrittenIsNotSeen() throws {
    let blob = try SampleBlobs.bytes(.lstm)
    let room = try Room([("m", blob)])
    let size = room.served[0].model.inputSize
    let stream = try #require(room.open(name: "a"))
    _ = try #require(room.open())
    let x = (0..<size).map { Float($0) / 8 }
    _ = room.call(.step([(stream, 0)], x))
    let again = room.call(.step([(stream, 1)], x))
    let third = room.call(.step([(stream, 2)], x))
    // The place of the next state, overwritten in part.
    let file = room.registry.files[0]
    unsafe memset(file.next(0), 0x7F, 4 * file.stateFloats / 2)
    let second = try Room([("m", blob)], adopting: [dup(file.file)])
    #expect(second.registry.files[0].isAdopted)
    #expect(second.registry.files[0].isTaken(0) && !second.registry.files[0].isTaken(1))
    let resumed = second.call(.open("m", name: "a"))
    #expect(resumed.number(36) == 1 && resumed.number(40) == 3)
    let handle = resumed.number(32)
    let fourth = second.call(.step([(handle, 3)], x))
    #expect(fourth.outcome == sluice_done)
    var own = try ModelStream(room.served[0].model)
    var y = [Float](repeating: 0, count: room.served[0].model.outputSize)
    var bits: [[UInt32]] = []
    for _ in 0..<4 {
      own.step(x, into: &y)
      bits.append(y.map(\.bitPattern))
    }
    #expect([again.bits, third.bits, fourth.bits] == Array(bits[1...]))
  }

  /// The step whose reply was lost is taken again by the next process.
  @Test func aStepThatWasNotToldCanBeTakenAgain() throws {
    let blob = try SampleBlobs.bytes(.gruResetAfter)
    let room = try Room([("m", blob)])
    let size = room.served[0].model.inputSize
    let stream = try #require(room.open(name: "a"))
    let x = (0..<size).map { Float($0) / 8 }
    _ = room.call(.step([(stream, 0)], x))
    let lost = room.call(.step([(stream, 1)], x))
    let second = try Room([("m", blob)], adopting: [dup(room.registry.files[0].file)])
    let resumed = second.call(.open("m", name: "a"))
    #expect(resumed.number(40) == 2 && resumed.number(48) == 1)
    #expect(second.call(.step([(resumed.number(32), 1)], x)).bits == lost.bits)
  }

  /// Another topology, another number of streams, a file that anyone could shorten: new states take their place.
  @Test func whatDoesNotFitIsLetGo() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.lstm))])
    #expect(
      try Room(
        [("m", try SampleBlobs.bytes(.lstm, seed: 3))], adopting: [dup(room.registry.files[0].file)]
      )
      .registry.files[0].isAdopted, "other weights")
    let others: [(String, [UInt8], Int)] = [
      ("m", try SampleBlobs.bytes(.rnn), 8), ("m", try SampleBlobs.bytes(.lstm), 9),
      ("n", try SampleBlobs.bytes(.lstm), 8),
    ]
    for (name, blob, streams) in others {
      let other = try Room(
        [(name, blob)], streams: streams, adopting: [dup(room.registry.files[0].file)])
      #expect(!other.registry.files[0].isAdopted)
      #expect(other.open() != nil)
    }
    let plain = unsafe open("/proc/self/exe", O_RDONLY)
    #expect(
      !(try Room([("m", try SampleBlobs.bytes(.lstm))], adopting: [plain])).registry.files[0]
        .isAdopted)
  }
}
