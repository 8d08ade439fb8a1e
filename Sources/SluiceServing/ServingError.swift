/// Why the daemon does not start.
public struct ServingError: Error, Equatable, Sendable {
  /// The exit status that stands for it, as the tool's.
  public enum Kind: Int32, Sendable {
    /// The system refuses something.
    case failed = 1
    /// Unusable arguments.
    case usage = 2
    /// A bad or unsupported file.
    case badFile = 3
  }
  /// What kind of failure it is.
  public let kind: Kind
  /// A sentence that tells what is wrong, and where.
  public let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
