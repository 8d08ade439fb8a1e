import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork
import SluiceSignal
import Testing

@Suite("Voice activity: frames through a model") struct VoiceActivityTests {
  /// A network that says of itself that it reads such frames.
  private func blob(_ operation: Network.Operation, _ metadata: String = "") throws -> OpenBlob {
    var network = Network(
      layers: [Network.Layer(name: "x", operation: operation)],
      provenance: Provenance(source: "test", format: "test", hash: 0))
    network.metadata = metadata
    return try OpenBlob(network.blobContents(), file: "test")
  }

  private static func metadata(_ size: Int) -> String {
    """
    {"task": "voice-activity", "sample_rate": \(size == 576 ? 16000 : 8000), "context": \(size / 9),
     "hop": \(8 * size / 9)}
    """
  }

  /// The mean of what a step reads, and nothing remembered.
  private func mean(of size: Int, _ metadata: String? = nil) throws -> OpenBlob {
    try blob(
      .dense(
        Network.Dense(
          inputSize: size, outputSize: 1, weights: Array(repeating: 1 / Float(size), count: size),
          bias: [0])), metadata ?? Self.metadata(size))
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

  @Test("goes on in another model in the middle of a frame and of speech; not with other frames")
  func carrying() throws {
    let (blob, same, other) = (try mean(of: 576), try mean(of: 576), try mean(of: 288))
    guard var activity = try VoiceActivity(blob.model), var next = try VoiceActivity(same.model),
      let foreign = try VoiceActivity(other.model)
    else {
      Issue.record("no voice-activity model")
      return
    }
    for _ in 0..<20 * 512 + 100 { _ = activity.append(1) }
    next.carry(from: activity)
    let (isCarried, isForeign) = (next.canCarry(from: activity), next.canCarry(from: foreign))
    #expect(isCarried && !isForeign)
    var (found, count) = ([Range<Int>](), 0)
    for index in 0..<10 * 512 where next.append(index < 412 ? 1 : 0) {
      if let segment = next.nextSegment() { found.append(segment) }
      count += 1
    }
    // The frame in which it was carried is complete 412 samples later, and is speech.
    #expect(count == 10 && found == [0..<21 * 512 + 480])
    let (total, isSpeaking) = (next.sampleCount, activity.isSpeaking)
    #expect(total == 30 * 512 + 100 && isSpeaking)
  }

  @Test("reset begins anew, and NaN ends it until then") func anew() throws {
    let blob = try mean(of: 576)
    guard var activity = try VoiceActivity(blob.model) else {
      Issue.record("no voice-activity model")
      return
    }
    var runs: [[Float]] = []
    for round in 0..<3 {
      var found: [Float] = []
      for index in 0..<1024 {
        // The second signal is none.
        if activity.append(round == 1 ? .nan : Float(index)) { found.append(activity.probability) }
      }
      let (isFinite, speaks) = (activity.isFinite, activity.isSpeaking)
      #expect(isFinite == (round != 1) && speaks == (round != 1))
      runs.append(found)
      activity.reset()
      let (count, segment) = (activity.sampleCount, activity.lastSegment())
      #expect(count == 0 && segment == nil)
    }
    #expect(runs[0] == runs[2] && runs[0].count == 2)
  }

  @Test(
    "a model is one where its metadata say so, and fit what it reads",
    arguments: [
      "", "{}", #"{"task": "voice-activity"}"#,
      #"{"task": "voice-activity", "sample_rate": 16000, "hop": 512, "context": 65}"#,
      #"{"task": "voice-activity", "sample_rate": 16000.5, "hop": 512, "context": 64}"#,
      #"{"task": "voice-activity", "sample_rate": "16000", "hop": 512, "context": 64}"#,
      #"{"task": "voice-activit", "sample_rate": 16000, "hop": 512, "context": 64}"#,
      #"{"custom": {"task": "voice-activity", "sample_rate": 16000, "hop": 512, "context": 64}}"#,
    ])
  func others(_ metadata: String) throws {
    let found = try VoiceActivity(mean(of: 576, metadata).model)
    let isNone = found == nil
    #expect(isNone)
  }

  @Test("a number may be spelled otherwise") func spellings() throws {
    let text =
      #"{"hop": 5.12e2, "context":6400E-2 , "sample_rate": 16000.0,"task":"voice\u002dactivity"}"#
    #expect(try SpeechFrame(of: mean(of: 576, text).model)?.hop == 512)
  }
}
