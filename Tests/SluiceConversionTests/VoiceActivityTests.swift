import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork
import SluiceSignal
import Testing

@Suite("Voice activity: frames through a model") struct VoiceActivityTests {
  private func blob(_ operation: Network.Operation) throws -> OpenBlob {
    let network = Network(
      layers: [Network.Layer(name: "x", operation: operation)],
      provenance: Provenance(source: "test", format: "test", hash: 0))
    return try OpenBlob(network.blobContents(), file: "test")
  }

  /// The mean of what a step reads, and nothing remembered.
  private func mean(of size: Int) throws -> OpenBlob {
    try blob(
      .dense(
        Network.Dense(
          inputSize: size, outputSize: 1, weights: Array(repeating: 1 / Float(size), count: size),
          bias: [0])))
  }

  @Test("of 16 and 8 kHz, each with the end of the one before, the last filled with silence")
  func frames() throws {
    for (size, rate, context, hop) in [(576, 16000, 64, 512), (288, 8000, 32, 256)] {
      let blob = try mean(of: size)
      guard var activity = try VoiceActivity(blob.model) else {
        Issue.record("no voice-activity model")
        return
      }
      let frame = activity.frame
      #expect(frame.rate == rate && frame.hop == hop)
      var found: [Float] = []
      for _ in 0..<hop + hop / 2 where activity.append(1) { found.append(activity.probability) }
      if activity.complete() { found.append(activity.probability) }
      let (isLeft, count) = (activity.complete(), activity.sampleCount)
      #expect(!isLeft && count == hop + hop / 2)
      let share = [Float(hop), Float(context + hop / 2)].map { $0 / Float(size) }
      #expect(zip(found, share).allSatisfy { abs($0 - $1) < 1e-5 } && found.count == 2)
    }
  }

  @Test("segments come with the frame that settles them, the last at the end")
  func segments() throws {
    let blob = try mean(of: 576)
    guard var activity = try VoiceActivity(blob.model) else {
      Issue.record("no voice-activity model")
      return
    }
    var (found, left): ([Range<Int>], [Range<Int>]) = ([], [])
    for (value, count) in [(1 as Float, 20), (0, 20), (1, 20)] {
      for _ in 0..<count * 512 where activity.append(value) {
        if let segment = activity.nextSegment() { found.append(segment) }
        let again = activity.nextSegment()
        #expect(again == nil)
      }
    }
    while let segment = activity.lastSegment() { left.append(segment) }
    // A frame's context of 64 samples moves its mean, not over the threshold.
    #expect(found == [0..<20 * 512 + 480])
    #expect(left == [40 * 512 - 480..<60 * 512])
  }

  @Test("another model is none") func others() throws {
    let blob = try blob(.activation(.tanh, size: 1))
    let activity = try VoiceActivity(blob.model)
    let isNone = activity == nil
    #expect(isNone)
  }
}
