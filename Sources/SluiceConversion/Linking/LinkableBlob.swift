import SluiceImport
import SluiceNetwork

/// A blob as a part of a program: two named constants, for models without a file system.
///
///     extern const unsigned char NAME[];   // 64-byte aligned: sluice_open_memory takes it as it lies
///     extern const size_t NAME_size;
public struct LinkableBlob: Sendable {
  /// The blob.
  public let bytes: [UInt8]
  /// The name of the constant that holds the bytes; that of their number ends in `_size`.
  public let symbol: String

  /// The alignment that a model's bytes need.
  static let alignment = 64

  /// A blob under a name.
  ///
  /// - Precondition: ``isName(_:)`` of `symbol`.
  public init(_ bytes: [UInt8], symbol: String) {
    precondition(LinkableBlob.isName(symbol), "No name for a constant in C")
    self.bytes = bytes
    self.symbol = symbol
  }

  /// A name made from a file's: its last part without extensions, other characters as `_`.
  public static func symbol(forFile path: String) -> String {
    let last = path.split(separator: "/").last ?? ""
    let stem = last.split(separator: ".", omittingEmptySubsequences: false).first ?? ""
    let name = String(stem.unicodeScalars.map { isLetter($0) ? Character($0) : "_" })
    return isName(name) ? name : "model_\(name)"
  }

  /// Whether a program in C or C++ may have a constant of that name.
  public static func isName(_ name: String) -> Bool {
    let scalars = name.unicodeScalars
    guard let first = scalars.first, !("0"..."9").contains(first) else { return false }
    // Names that begin with an underscore are the implementation's.
    return first != "_" && scalars.allSatisfy(isLetter) && !keywords.contains(name)
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
      || scalar == "_"
  }

  /// The words of C17 and C++20 that a file might well be called by, `main` among them.
  private static let keywords: Set<String> = [
    "alignas", "alignof", "and", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch",
    "char", "class", "compl", "concept", "const", "consteval", "constexpr", "constinit", "continue",
    "decltype", "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern",
    "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "main", "mutable",
    "namespace", "new", "noexcept", "not", "nullptr", "operator", "or", "private", "protected",
    "public", "register", "requires", "restrict", "return", "short", "signed", "sizeof", "static",
    "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typeid", "typename",
    "union", "unsigned", "using", "virtual", "void", "volatile", "while", "xor",
  ]
}
