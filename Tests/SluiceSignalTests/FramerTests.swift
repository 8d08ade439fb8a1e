import SluiceSignal
import Testing

@Suite struct FramerTests {
  /// The frames of 1, 2, 3 and so on, the last filled up.
  private func frames(_ size: Int, _ hop: Int, lead: Int, count: Int) -> [[Float]] {
    var framer = Framer(size: size, hop: hop, lead: lead)
    var runs: [[[Float]]] = []
    for _ in 0..<2 {
      var frames: [[Float]] = []
      for value in 0..<count where framer.append(Float(value + 1)) { frames.append(framer.frame) }
      if framer.complete() { frames.append(framer.frame) }
      let isLeft = framer.complete()
      #expect(!isLeft)
      runs.append(frames)
      framer.reset()
    }
    #expect(runs[0] == runs[1], "reset begins anew")
    return runs[0]
  }

  @Test func aFrameBeginsWithTheEndOfTheOneBefore() {
    #expect(frames(3, 2, lead: 1, count: 5) == [[0, 1, 2], [2, 3, 4], [4, 5, 0]])
    #expect(frames(3, 2, lead: 1, count: 4) == [[0, 1, 2], [2, 3, 4]])
    #expect(frames(3, 1, lead: 0, count: 4) == [[1, 2, 3], [2, 3, 4]])
  }

  @Test func framesMayStandApart() {
    #expect(frames(2, 3, lead: 0, count: 7) == [[1, 2], [4, 5], [7, 0]])
    #expect(frames(2, 3, lead: 0, count: 6) == [[1, 2], [4, 5]])
    #expect(frames(2, 2, lead: 0, count: 3) == [[1, 2], [3, 0]])
  }

  @Test func withoutASampleThereIsNoFrame() {
    #expect(frames(3, 2, lead: 1, count: 0).isEmpty)
    #expect(frames(3, 2, lead: 1, count: 1) == [[0, 1, 0]])
  }

  @Test func aFrameOfVoiceActivityHasNewSamples() {
    let frame = SpeechFrame(rate: 16000, context: 64, hop: 512)
    #expect(frame?.rate == 16000 && frame?.context == 64 && frame?.hop == 512)
    for (rate, context, hop) in [(0, 64, 512), (16000, -1, 512), (16000, 64, 0), (1 << 21, 1, 1)] {
      #expect(SpeechFrame(rate: rate, context: context, hop: hop) == nil)
    }
  }
}
