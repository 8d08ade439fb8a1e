import SluiceBlob
import TestSupport
import Testing
import _SluiceServing

import SluiceServing

@Suite("What a thread takes on")
struct OverloadTests {
  @Test func promisesAboveTheLoadAreRefused() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.lstm))], streams: 64)
    let size = room.served[0].model.inputSize
    // A row takes a millisecond, its message none: a promise of 10 ms is a tenth of the thread.
    unsafe room.path.batches[0].rowCost = 1e6
    room.path.messageCost = 0
    var streams: [UInt32] = []
    while streams.count < 20, let stream = room.open(period: 10_000, deadline: 10_000) {
      streams.append(stream)
    }
    #expect(streams.count == 8)
    #expect(room.call(.open("m", period: 10_000)).outcome == sluice_overloaded)
    let free = try #require(room.open(), "without a promise there is room")
    let x = [Float](repeating: 0.5, count: size)
    // A quarter of the least deadline is what is left for it in a round: two rows.
    #expect(room.call(.step([(free, 0)], rows: 3, x + x + x)).outcome == sluice_overloaded)
    #expect(room.call(.step([(free, 0)], rows: 2, x + x)).outcome == sluice_done)
    unsafe room.path.batches[0].rowCost = 1e6
    for stream in streams { #expect(room.call(.step([(stream, 0)], x)).outcome == sluice_done) }
    // Who comes more often than was said has no promise: a few at once, then what is left.
    unsafe room.path.batches[0].rowCost = 1e9
    var taken = 1
    while taken < 100, room.call(.step([(streams[0], taken)], x)).outcome == sluice_done {
      unsafe room.path.batches[0].rowCost = 1e9
      taken += 1
    }
    #expect((3...6).contains(taken), "\(taken)")
    #expect(room.call(.about(sluice_kind_close, [(streams[1], 0)])).outcome == sluice_done)
    unsafe room.path.batches[0].rowCost = 1e6
    #expect(room.open(period: 10_000) != nil, "closing gives it back")
  }

  @Test func aRoundThatIsFullTakesNoMore() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.lstm))], streams: 256)
    let size = room.served[0].model.inputSize
    let x = [Float](repeating: 0.5, count: size)
    let streams = try (0..<256).map { _ in try #require(room.open()) }
    room.path.begin()
    var count = 0
    while room.path.hasRoom, count < 1000 {
      let message = [UInt8].step([(streams[count], 0)], x)
      unsafe message.withUnsafeBytes {
        unsafe room.path.room.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
      room.path.take(message.count, from: 0, sluice_peer(), sent: 0)
      count += 1
    }
    #expect(count == DataPath.mostPending)
    room.path.run()
    #expect(room.registry.files[0].sequence(count - 1) == 1)
  }

  @Test func latenciesFallIntoTheirBuckets() {
    #expect(Latency.bucket(of: 0) == 0)
    #expect(Latency.bucket(of: 20_000) == 0)
    #expect(Latency.bucket(of: 20_001) == 1)
    #expect(Latency.bucket(of: .max) == Latency.bounds.count)
    #expect(Latency.bounds.count == 15, "as many as the counters have, and one without a bound")
  }
}
