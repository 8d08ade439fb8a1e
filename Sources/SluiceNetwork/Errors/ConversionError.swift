/// Why a source was not converted: what was wrong, in which file, and where in it.
///
/// A tool maps every kind but ``Kind/unwritable`` to the exit status of a bad or unsupported file.
public struct ConversionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it was.
  public enum Kind: Sendable, Hashable {
    /// The file could not be read at all.
    case unreadable
    /// The file breaks the rules of its own format.
    case malformed
    /// The file is well formed, and holds something that is not supported.
    case unsupported
    /// The result could not be written.
    case unwritable
  }

  /// What kind of failure it was.
  public let kind: Kind
  /// The file, as the caller named it.
  public let file: String
  /// The place in the file: a byte offset, a JSON path, a node or a tensor; empty for the whole.
  public let place: String
  /// What was found and what was expected.
  public let reason: String

  /// An error of `kind` at `place` in `file`.
  public init(_ kind: Kind, file: String, place: String = "", reason: String) {
    self.kind = kind
    self.file = file
    self.place = place
    self.reason = reason
  }

  /// One sentence with the file, the place and the reason.
  public var description: String {
    place.isEmpty ? "\(file): \(reason)" : "\(file): \(place): \(reason)"
  }

  package static func malformed(_ file: String, _ place: String, _ reason: String) -> Self {
    Self(.malformed, file: file, place: place, reason: reason)
  }

  package static func unsupported(_ file: String, _ place: String, _ reason: String) -> Self {
    Self(.unsupported, file: file, place: place, reason: reason)
  }
}
