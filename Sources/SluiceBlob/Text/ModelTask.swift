/// What a model's metadata call its task.
package enum ModelTask {
  /// Of a model that gives the probability of speech in a frame of samples.
  @inline(__always)
  package static var voiceActivity: StaticString { "voice-activity" }
  /// Of a model that makes the spectrum of a frame without noise of that with noise.
  @inline(__always)
  package static var denoising: StaticString { "denoising" }
  /// Of a model that gives the probability of each of its labels, words that are said, in a frame of samples.
  @inline(__always)
  package static var keywordSpotting: StaticString { "keyword-spotting" }
}
