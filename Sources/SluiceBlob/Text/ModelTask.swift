/// What a model's metadata call its task.
package enum ModelTask {
  /// Of a model that gives the probability of speech in a frame of samples.
  @inline(__always)
  package static var voiceActivity: StaticString { "voice-activity" }
}
