import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Delays and gathers, and what they make of bytes that are not as they were validated.
@Suite("Delays and gathers") struct MovingTests {
  @Test("a delay writes what came so many steps before", arguments: InstructionSet.runnable)
  func delay(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 2)
    for (size, count) in [(1, 1), (3, 2), (16, 1), (17, 5), (40, 33)] {
      let contents = SampleBlobs.contents(of: [.delay(size: size, count: count)], &random)
      let bytes = AlignedBytes(try contents.bytes())
      let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
      let steps = 3 * count + 4
      let input = random.floats(steps * size)
      let expected = Array(repeating: 0, count: count * size) + input.dropLast(count * size)
      var stream = try ModelStream(model, blockSize: 7)
      var y = [Float](repeating: 1, count: steps * size)
      stream.process(input, into: &y)
      #expect(y == expected)
      stream.reset()
      var row = [Float](repeating: 1, count: size)
      for step in 0..<steps {
        stream.step(Array(input[step * size..<(step + 1) * size]), into: &row)
        #expect(row == Array(expected[step * size..<(step + 1) * size]))
      }
      withExtendedLifetime(bytes) {}
    }
  }

  @Test("a forged place among a delay's steps is none", arguments: InstructionSet.runnable)
  func forgedPlace(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 3)
    let contents = SampleBlobs.contents(of: [.delay(size: 3, count: 4)], &random)
    let bytes = AlignedBytes(try contents.bytes())
    let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
    var stream = try ModelStream(model)
    var y: [Float] = [0, 0, 0]
    for _ in 0..<3 { stream.step([1, 2, 3], into: &y) }
    let state = stream.saved
    let place = try #require(
      stride(from: 64, to: state.count, by: 4).first { Array(state[$0..<$0 + 4]) == [3, 0, 0, 0] })
    for forged in [[4, 0, 0, 0], [255, 255, 127, 127], [255, 255, 127, 255]] as [[UInt8]] {
      var changed = state
      changed.replaceSubrange(place..<place + 4, with: forged)
      let all = changed.withChecksum
      try unsafe stream.restore(all.span.bytes)
      for _ in 0..<9 { stream.step([1, 2, 3], into: &y) }
      #expect(y == [1, 2, 3])
    }
    withExtendedLifetime(bytes) {}
  }

  @Test(
    "indices that change behind an open model write zeros", arguments: InstructionSet.runnable)
  func changedIndices(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 4)
    var contents = SampleBlobs.contents(of: [.gather(inputSize: 4, outputSize: 19)], &random)
    let indices = (0..<19).map { $0 % 5 - 1 }
    contents.layers[0].weights = Packing.packIndices(indices)
    let bytes = AlignedBytes(try contents.bytes())
    let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
    var stream = try ModelStream(model)
    let x = random.floats(4)
    var y = [Float](repeating: 1, count: 19)
    stream.step(x, into: &y)
    #expect(y == indices.map { $0 < 0 ? 0 : x[$0] })
    let weights = try #require(
      (0..<bytes.count - 8).first { bytes[$0] == 255 && bytes[$0 + 3] == 255 && bytes[$0 + 4] == 0 }
    )
    for (lane, index) in [(0, 4), (1, Int32.max), (2, .min), (18, -2)] as [(Int, Int32)] {
      for byte in 0..<4 {
        bytes[weights + 4 * lane + byte] = UInt8(truncatingIfNeeded: index >> Int32(8 * byte))
      }
    }
    stream.step(x, into: &y)
    #expect(y[0] == 0 && y[1] == 0 && y[2] == 0 && y[18] == 0 && y[4] == x[3])
    withExtendedLifetime(bytes) {}
  }
}
