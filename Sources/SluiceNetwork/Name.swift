/// A name as a file has it: two are one where their bytes of UTF-8 are.
///
/// Swift's `String` counts texts as equal that are canonically equivalent in Unicode, such as U+00E9
/// and "e" with U+0301. A file may well hold both, as names of two tensors or as two words.
public struct Name: Sendable {
  /// The name as text, for messages.
  public let text: String

  /// The name that `text` is.
  public init(_ text: some StringProtocol) {
    self.text = String(text)
  }

  /// Whether it has no bytes.
  public var isEmpty: Bool { text.isEmpty }
}

extension Name: Hashable {
  /// Whether both have the same bytes.
  public static func == (a: Name, b: Name) -> Bool {
    guard a.text.utf8.count == b.text.utf8.count else { return false }
    // As memory: character by character thousands of names would cost more than all else of a file.
    var (first, second) = (a.text, b.text)
    return first.withUTF8 { a in second.withUTF8 { b in unsafe a.elementsEqual(b) } }
  }

  /// Feeds the bytes to `hasher`.
  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension Name: Comparable {
  /// Whether `a` comes first by its bytes.
  public static func < (a: Name, b: Name) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }
}

extension Name: ExpressibleByStringInterpolation {
  /// The name that a literal spells.
  public init(stringLiteral text: String) {
    self.text = text
  }
}

extension Name: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}

extension Sequence<String> {
  /// Whether one of these texts has the bytes of `name`.
  package func hasBytes(of name: String) -> Bool {
    contains { $0.utf8.elementsEqual(name.utf8) }
  }
}
