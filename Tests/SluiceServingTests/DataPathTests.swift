import Sluice
import SluiceBlob
import TestSupport
import Testing
import _SluiceServing

import SluiceServing

@Suite("The data path")
struct DataPathTests {
  /// What a stream of its own gives: bits of all outputs.
  private func expected(_ model: borrowing Model, _ x: [Float]) throws -> [UInt32] {
    var stream = try ModelStream(model)
    var (bits, y): ([UInt32], [Float]) = ([], [Float](repeating: 0, count: model.outputSize))
    for row in 0..<x.count / model.inputSize {
      stream.step(Array(x[row * model.inputSize..<(row + 1) * model.inputSize]), into: &y)
      bits += y.map(\.bitPattern)
    }
    return bits
  }

  private func inputs(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
  }

  /// Streams of different numbers of rows, more than a batch holds, in messages of one stream and of several.
  @Test(arguments: [SampleBlobs.Sample.lstm, .gruResetAfter, .rnn, .convolution, .sparse, .bands])
  func everyStreamHasItsOwnBits(_ sample: SampleBlobs.Sample) throws {
    let room = try Room([("m", try SampleBlobs.bytes(sample))])
    let size = room.served[0].model.inputSize
    let x = (0..<6).map { inputs(12 * size, seed: UInt64($0) + 1) }
    var found = [[UInt32]](repeating: [], count: 6)
    let streams = try (0..<6).map { try #require(room.open(from: $0 / 2)) }
    var taken = 0
    for rows in [1, 3, 1, 2, 5] {
      // Two streams a message; every second message has its rows one by one in later rounds.
      let messages = (0..<3).map { pair in
        let both = [2 * pair, 2 * pair + 1]
        return (
          connection: pair,
          bytes: [UInt8].step(
            both.map { (streams[$0], taken) }, rows: rows,
            both.flatMap { x[$0][taken * size..<(taken + rows) * size] })
        )
      }
      for (pair, bytes) in room.round(messages).enumerated() {
        let reply = Reply(bytes)
        #expect(reply.outcome == sluice_done)
        #expect(reply.sequence(0) == UInt64(taken + rows))
        let bits = reply.bits
        found[2 * pair] += bits[..<(bits.count / 2)]
        found[2 * pair + 1] += bits[(bits.count / 2)...]
      }
      taken += rows
    }
    for index in 0..<6 {
      #expect(found[index] == (try expected(room.served[0].model, x[index])))
    }
  }

  @Test func aRequestCanBeTakenAgainAndNoOther() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.lstm))])
    let size = room.served[0].model.inputSize
    let x = inputs(3 * size, seed: 3)
    let stream = try #require(room.open())
    let rows = (0..<3).map { Array(x[$0 * size..<($0 + 1) * size]) }
    _ = room.call(.step([(stream, 0)], rows[2]))
    let first = room.call(.step([(stream, 0)], rows[0]))
    #expect(first.outcome == sluice_done, "in the place of the one before")
    let second = room.call(.step([(stream, 1)], rows[1]))
    #expect(room.call(.step([(stream, 1)], rows[1])).bits == second.bits)
    #expect(first.bits + second.bits == (try expected(room.served[0].model, rows[0] + rows[1])))
    for wrong in [0, 3, .max, 1 << 62] {
      let reply = room.call(.step([(stream, wrong)], rows[2]))
      #expect(reply.outcome == sluice_other_sequence)
      #expect(reply.sequence(0) == 2)
    }
  }

  @Test func whatIsNotFiniteIsNotKept() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.lstm))])
    let size = room.served[0].model.inputSize
    let x = inputs(2 * size, seed: 4)
    let (bad, good) = (try #require(room.open()), try #require(room.open()))
    var rows = Array(x[..<size]) + Array(x[..<size])
    rows[0] = .nan
    let reply = room.call(.step([(bad, 0), (good, 0)], rows))
    #expect(reply.outcome == sluice_left_finite)
    #expect(reply.status(0) == sluice_left_finite)
    #expect(reply.status(1) == sluice_done)
    #expect(reply.sequence(0) == 0)
    let outputs = room.served[0].model.outputSize
    #expect(reply.bits[..<outputs].allSatisfy { $0 == 0 })
    #expect(
      Array(reply.bits[outputs...]) == (try expected(room.served[0].model, Array(x[..<size]))))
    #expect(
      room.call(.step([(bad, 0)], x, rows: 2)).bits == (try expected(room.served[0].model, x)))
  }

  @Test func statesMoveBetweenStreamsAndModelsOfOneTopology() throws {
    let room = try Room([
      ("a", try SampleBlobs.bytes(.lstm)), ("b", try SampleBlobs.bytes(.lstm, seed: 2)),
      ("c", try SampleBlobs.bytes(.rnn)),
    ])
    let size = room.served[0].model.inputSize
    let x = inputs(2 * size, seed: 5)
    let (a, b) = (try #require(room.open("a")), try #require(room.open("b")))
    let (a2, c) = (try #require(room.open("a")), try #require(room.open("c")))
    _ = room.call(.step([(a, 0)], Array(x[..<size])))
    let saved = room.call(.about(sluice_kind_save, [(a, 0)]))
    #expect(saved.body.count == room.served[0].model.stateByteCount)
    #expect(room.call(.about(sluice_kind_restore, [(a2, 9)], saved.body)).sequence(0) == 9)
    let next = Array(x[size...])
    let continued = room.call(.step([(a, 1)], next)).bits
    #expect(continued == Array(try expected(room.served[0].model, x).suffix(continued.count)))
    #expect(room.call(.step([(a2, 9)], next)).bits == continued)
    #expect(
      room.call(.about(sluice_kind_restore, [(b, 0)], saved.body)).outcome == sluice_bad_state)
    #expect(room.call(.about(sluice_kind_carry, [(b, 0), (a, 0)])).sequence(0) == 2)
    // What the library's own carrying gives.
    var source = try ModelStream(room.served[0].model)
    var target = try ModelStream(room.served[1].model)
    var y = [Float](repeating: 0, count: room.served[0].model.outputSize)
    source.step(Array(x[..<size]), into: &y)
    source.step(next, into: &y)
    target.carryState(of: source)
    target.step(next, into: &y)
    #expect(room.call(.step([(b, 2)], next)).bits == y.map(\.bitPattern))
    let refused = room.call(.about(sluice_kind_carry, [(c, 0), (a, 0)]))
    #expect(refused.outcome == sluice_topology_differs)
    #expect(room.call(.about(sluice_kind_reset, [(a, 0)])).sequence(0) == 0)
    #expect(
      room.call(.step([(a, 0)], x, rows: 2)).bits == (try expected(room.served[0].model, x)))
  }

  @Test func aStreamIsItsConnectionsAlone() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.rnn))], streams: 2)
    let size = room.served[0].model.inputSize
    let x = inputs(size, seed: 6)
    let stream = try #require(room.open(name: "kept", from: 1))
    #expect(room.call(.step([(stream, 0)], x), from: 2).outcome == sluice_unknown_stream)
    #expect(room.call(.open("m", name: "kept"), from: 2).outcome == sluice_busy)
    let other = try #require(room.open(from: 2))
    #expect(room.call(.open("m"), from: 3).outcome == sluice_full)
    _ = room.call(.step([(stream, 0)], x), from: 1)
    room.path.leave(1)
    room.path.leave(2)
    let resumed = room.call(.open("m", name: "kept"), from: 3)
    #expect(resumed.number(36) == 1, "it goes on")
    #expect(resumed.number(40) == 1, "after one step")
    #expect(try #require(room.open(from: 3)) != other, "an old handle names no new stream")
    #expect(
      room.call(.about(sluice_kind_close, [(resumed.number(32), 0)]), from: 3).outcome
        == sluice_done)
    let anew = room.call(.open("m", name: "kept"), from: 3)
    #expect(anew.number(36) == 0 && anew.number(40) == 0)
  }

  @Test func aStreamTwiceInAMessageIsTakenOnce() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.rnn))])
    let size = room.served[0].model.inputSize
    let stream = try #require(room.open())
    let x = inputs(size, seed: 7)
    let reply = room.call(.step([(stream, 0), (stream, 0)], x + x))
    #expect(reply.status(0) == sluice_done && reply.status(1) == sluice_busy)
    #expect(reply.sequence(0) == 1)
  }

  @Test func tokensThatTheModelLacksAreRefused() throws {
    let room = try Room([("m", try SampleBlobs.bytes(.chain))])
    let stream = try #require(room.open())
    let count = Int32(room.served[0].model.inputSize)
    for id in [-1, count, .max, .min] {
      let message = [UInt8].about(sluice_kind_step, [(stream, 0)], rows: 1, .little(id))
      #expect(room.call(message).outcome == sluice_bad_token)
    }
    let taken = room.call(.about(sluice_kind_step, [(stream, 0)], rows: 1, .little(count - 1)))
    #expect(taken.outcome == sluice_done)
  }
}

extension [UInt8] {
  fileprivate static func step(
    _ streams: [(UInt32, Int)], _ x: [Float], rows: Int
  ) -> [UInt8] { step(streams, rows: rows, x) }
}
