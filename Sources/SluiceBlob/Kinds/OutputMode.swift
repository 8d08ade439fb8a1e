/// Whether a sequence's every step counts or only its last. The raw values are those of the file.
public enum OutputMode: UInt32, Sendable {
  /// One output a step.
  case sequence = 0
  /// The last step's output alone.
  case last = 1
}
